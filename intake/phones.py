"""The phone number to call in danger, with numbers of its own for some languages (`INTAKE_DANGER_PHONE`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from intake.errors import SettingsError

_HIDDEN = "off"
_MAX_LENGTH = 60  # characters of a number, with a word or two beside it
_LANGUAGE = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?)\s*=\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DangerPhones:
    """What the pages say before the first question.

    Attributes:
        shown: whether they say what to do in danger at all.
        number: the number of all languages without one of their own. Empty: the line names no number.
        by_language: the numbers of some languages, by their codes.
    """

    shown: bool = True
    number: str = ""
    by_language: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, language: str) -> str:
        """Return the number for a language, or an empty text."""
        return self.by_language.get(language, self.number)


NO_NUMBER = DangerPhones()


def parse(text: str) -> DangerPhones:
    """Read numbers separated by semicolons: `112; es=+34 900 000 000`. `off` hides the line.

    Raises:
        SettingsError: A part is not a phone number, or a language is named twice.
    """
    if text.strip() == _HIDDEN:
        return DangerPhones(shown=False)
    numbers: dict[str, str] = {}
    for part in text.split(";"):
        named = _LANGUAGE.fullmatch(part.strip())
        language, number = (named[1], named[2]) if named else ("", part.strip())
        if not number and not language:
            continue
        if not re.search(r"\d", number) or len(number) > _MAX_LENGTH or not number.isprintable():
            raise SettingsError("INTAKE_DANGER_PHONE must be like 112 or 112; es=+34 900 000 000, or off")
        if language in numbers:
            raise SettingsError(f"INTAKE_DANGER_PHONE has two numbers for {language or 'all languages'}. Keep one")
        numbers[language] = number
    return DangerPhones(number=numbers.pop("", ""), by_language=MappingProxyType(numbers))


def link(number: str) -> str:
    """Return the `tel:` address of a number, or an empty text if it is more than a number."""
    dialled = re.sub(r"[\s().\u2011-]", "", number)
    return f"tel:{dialled}" if re.fullmatch(r"\+?[0-9*#]{2,20}", dialled) else ""
