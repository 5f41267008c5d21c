"""Read a catalogue as `make messages` writes it.

Babel reads all of gettext's format. For 24 catalogues that takes most of a second, in each process that renders a page.
tests/site/test_po_file.py compares both readers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from gettext import c2py
from pathlib import Path

_LINES = r'((?:"[^\n]*"\n)+)'
_MESSAGE = re.compile(
    rf"^(?:#,([^\n]*)\n)?msgid {_LINES}(?:msgid_plural {_LINES})?((?:msgstr(?:\[\d\])? {_LINES})+)", re.MULTILINE
)
_TRANSLATION = re.compile(rf"^msgstr(?:\[\d\])? {_LINES}", re.MULTILINE)
_PLURAL = re.compile(r"^Plural-Forms:.*\bplural=(.*?);?$", re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class PoFile:
    """The translations of a catalogue by their English words. Those that are fuzzy or incomplete are left out."""

    messages: Mapping[str, str]
    forms: Mapping[str, tuple[str, ...]]  # of messages with a number; by the English singular
    form_of: Callable[[int], int]  # which of these forms a number takes

    def gettext(self, message: str) -> str:
        """Return a message's translation, or the message."""
        return self.messages.get(message, message)

    def ngettext(self, singular: str, many: str, number: int) -> str:
        """Return the translation in the plural form of a number. Without a translation, return the English form."""
        forms = self.forms.get(singular)
        return forms[self.form_of(number)] if forms else singular if number == 1 else many


ENGLISH = PoFile({}, {}, lambda number: int(number != 1))


def read(path: Path) -> PoFile:
    """Read a catalogue."""
    messages: dict[str, str] = {}
    forms: dict[str, tuple[str, ...]] = {}
    plural = None
    for flags, lines, many, translations, _ in _MESSAGE.findall(path.read_text("utf-8") + "\n"):
        message, strings = _text(lines), tuple(_text(lines) for lines in _TRANSLATION.findall(translations))
        if not message:
            plural = _PLURAL.search(strings[0])
        elif "fuzzy" in flags or not all(strings):
            continue
        elif many:
            forms[message] = strings
        else:
            messages[message] = strings[0]
    return PoFile(messages, forms, c2py(plural[1]) if plural else ENGLISH.form_of)


def _text(lines: str) -> str:
    """Return the text of strings in quotes, one on each line."""
    joined = lines[1:-2].replace('"\n"', "")
    return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), joined) if "\\" in joined else joined
