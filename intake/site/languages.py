"""Languages: catalogues (gettext), direction, plural forms, dates, and the choice for a browser."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from unicodedata import bidirectional

from babel import Locale
from babel.dates import format_date, get_date_format
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LOCALES = Path(__file__).parent / "locales"
SOURCE = "en"
# Code (BCP 47, as in addresses and `lang`), CLDR locale and own name. Sorted by own name, as in the language list.
NAMES = (
    ("en", "en", "English"),
    ("es", "es", "Español"),
    ("fr", "fr", "Français"),
    ("ht", "ht", "Kreyòl ayisyen"),
    ("sw", "sw", "Kiswahili"),
    ("pl", "pl", "Polski"),
    ("pt", "pt", "Português"),
    ("so", "so", "Soomaali"),
    ("tl", "fil", "Tagalog"),
    ("vi", "vi", "Tiếng Việt"),
    ("ru", "ru", "Русский"),
    ("uk", "uk", "Українська"),
    ("ar", "ar", "العربية"),
    ("ur", "ur", "اردو"),
    ("ps", "ps", "پښتو"),
    ("fa-AF", "fa_AF", "دری"),
    ("fa", "fa", "فارسی"),
    ("am", "am", "አማርኛ"),
    ("ne", "ne", "नेपाली"),
    ("hi", "hi", "हिन्दी"),
    ("bn", "bn", "বাংলা"),
    ("pa", "pa", "ਪੰਜਾਬੀ"),
    ("ko", "ko", "한국어"),
    ("zh-Hans", "zh_Hans", "简体中文"),
    ("zh-Hant", "zh_Hant", "繁體中文"),
)
# Other names that browsers use: old codes, regions that imply a script, and a neighbouring language that its speakers read.
_ALIASES = {
    "fil": "tl", "prs": "fa-AF", "zh-cn": "zh-Hans", "zh-sg": "zh-Hans", "zh-my": "zh-Hans", "zh-tw": "zh-Hant",
    "zh-hk": "zh-Hant", "zh-mo": "zh-Hant", "zh": "zh-Hans", "pbu": "ps", "pst": "ps", "swh": "sw", "arb": "ar",
}  # fmt: skip
# Where CLDR has no month names of a language's own.
_MONTHS = {"ht": "janvye fevriye mas avril me jen jiyè out septanm oktòb novanm desanm"}
_ISOLATES = frozenset("\N{LEFT-TO-RIGHT ISOLATE}\N{RIGHT-TO-LEFT ISOLATE}\N{FIRST STRONG ISOLATE}")
_PERIOD = 100  # from which plural forms repeat
_PART = re.compile(r"'([^']*)'|MMMM|d|M|y")  # the parts of CLDR's long dates
_MAX_ACCEPT = 200  # characters of Accept-Language that are parsed


@dataclass(frozen=True)
class Language:
    """A language of the pages. Messages are looked up by their English words."""

    code: str
    locale: str
    name: str
    direction: str
    catalogue: Translations
    translated: frozenset[str]
    forms: Mapping[str, tuple[str, ...]]
    plurals: str
    months: tuple[str, ...]
    pattern: str

    def gettext(self, message: str) -> str:
        """Return the message in this language."""
        return str(self.catalogue.gettext(message)) if message else ""

    def filled(self, message: str, **values: str) -> str:
        """Return the message in this language, with values in it."""
        return self.gettext(message) % {name: self.isolated(value) for name, value in values.items()}

    def isolated(self, value: str) -> str:
        """Isolate a value, so that a name, a date or a number does not change the order of the words around it.

        A page that is written from the right needs this for every value, and another page for a value with letters of such a
        script (Unicode Bidirectional Algorithm, 2.4). `isolate` in client/src/page/i18n.ts does the same for right-to-left
        pages.
        """
        if _ISOLATES.intersection(value) or (self.direction == "ltr" and not _has_letters_from_the_right(value)):
            return value
        return f"\N{FIRST STRONG ISOLATE}{value}\N{POP DIRECTIONAL ISOLATE}"

    def has_translation(self, message: str) -> bool:
        """Return whether the message has a translation."""
        return self.code == SOURCE or message in self.translated

    def ngettext(self, singular: str, many: str, number: int) -> str:
        """Return the message in the plural form of a number."""
        return str(self.catalogue.ngettext(singular, many, number))

    def plural_forms(self, singular: str) -> tuple[str, ...]:
        """Return a message's plural forms in the catalogue's order. Return none if it has no translation."""
        return self.forms.get(singular, ())

    def day(self, day: dt.date) -> str:
        """Return a day as people write it."""
        parts = {"d": str(day.day), "M": str(day.month), "MMMM": self.months[day.month - 1], "y": str(day.year)}
        return _PART.sub(lambda part: parts.get(part[0], part[1]), self.pattern)


def _has_letters_from_the_right(value: str) -> bool:
    return any(bidirectional(character) in ("R", "AL") for character in value)


def path_of(code: str) -> Path:
    """Return the path of a language's catalogue."""
    return LOCALES / code.replace("-", "_") / "LC_MESSAGES" / "site.po"


def read_catalogue(code: str) -> Catalog:
    """Return the catalogue as stored, to update or check it."""
    locale = next(locale for known_code, locale, _ in NAMES if known_code == code)
    with path_of(code).open("rb") as file:
        return read_po(file, locale=locale, domain="site", abort_invalid=True)


@cache
def languages() -> dict[str, Language]:
    """Return all languages by code: English, then those with a catalogue."""
    return {code: _language(code, locale, name) for code, locale, name in NAMES if code == SOURCE or path_of(code).exists()}


def negotiate(accept: str, codes: list[str]) -> str:
    """Return the first of `codes` that an Accept-Language header asks for. Otherwise return English, or the first."""
    wanted: list[tuple[float, str]] = []
    for part in accept[:_MAX_ACCEPT].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), tag.lower()))
        except ValueError:
            continue
    for preference, requested in sorted(wanted, key=lambda item: item[0]):
        if preference < 0 and (code := _closest(requested, {code.lower(): code for code in codes})):
            return code
    return SOURCE if SOURCE in codes else codes[0]


def _closest(tag: str, codes: dict[str, str]) -> str:
    """Return the code for a tag or its longest prefix (RFC 4647, Lookup), aliases included."""
    while tag:
        code = codes.get(_ALIASES.get(tag, tag).lower())
        if code:
            return code
        tag = tag.rpartition("-")[0]
    return ""


def _language(code: str, locale: str, name: str) -> Language:
    compiled = BytesIO()
    catalogue = Catalog(locale=locale) if code == SOURCE else read_catalogue(code)
    write_mo(compiled, catalogue)
    compiled.seek(0)
    translated = frozenset(message.id for message in catalogue if isinstance(message.id, str) and message.id and message.string)
    months = _MONTHS.get(code, "").split() or [format_date(dt.date(2001, month, 1), "MMMM", locale) for month in range(1, 13)]
    pattern = get_date_format("long", locale).pattern
    direction = Locale.parse(locale).text_direction
    forms = {message.id[0]: said for message in catalogue if message.id and all(said := _forms(message)) and said}
    translations = Translations(compiled)
    plurals = _plurals(translations.plural)
    return Language(code, locale, name, direction, translations, translated, forms, plurals, tuple(months), pattern)


def _forms(message: Message) -> tuple[str, ...]:
    return () if isinstance(message.id, str) or isinstance(message.string, str) else tuple(message.string or ())


def _plurals(form_of: Callable[[int], int]) -> str:
    """Return the number of the plural form for each number from 0, as digits. The last digit counts for all that follow.

    Every rule of gettext repeats after 100, so the numbers up to 199 are enough. client/src/page/i18n.ts reads them.
    """
    digits = "".join(str(int(form_of(number))) for number in range(2 * _PERIOD))
    return digits.rstrip(digits[-1]) + digits[-1]
