"""Languages: catalogues (gettext), direction, plural forms, dates; and which one a browser asks for."""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LOCALES = Path(__file__).parent / "locales"
SOURCE = "en"
_MAX_ACCEPT = 200  # characters of Accept-Language that are looked at


@dataclass(frozen=True)
class Language:
    """One language of the pages; messages are looked up by their English words."""

    code: str
    name: str
    direction: str
    catalogue: Translations

    def gettext(self, message: str) -> str:
        """The message in this language."""
        return str(self.catalogue.gettext(message)) if message else ""

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The message for a number of things."""
        return str(self.catalogue.ngettext(one, many, number))

    def day(self, day: dt.date) -> str:
        """A day as people write it."""
        return format_date(day, "long", self.code)


def path_of(code: str) -> Path:
    """A language's catalogue."""
    return LOCALES / code / "LC_MESSAGES" / "site.po"


def read_catalogue(code: str) -> Catalog:
    """The catalogue as it is kept, for whoever updates or checks it."""
    with path_of(code).open("rb") as file:
        return read_po(file, locale=code, domain="site", abort_invalid=True)


@cache
def languages() -> dict[str, Language]:
    """All languages by code: English, then those with a catalogue."""
    codes = [SOURCE, *sorted(path.name for path in LOCALES.iterdir() if path_of(path.name).exists())]
    return {code: _language(code) for code in codes}


def negotiate(accept: str, codes: list[str]) -> str:
    """The first of `codes` that an Accept-Language header asks for; English if none."""
    wanted: list[tuple[float, str]] = []
    for part in accept[:_MAX_ACCEPT].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), tag.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((code for weight, code in sorted(wanted, key=lambda one: one[0]) if weight < 0 and code in codes), SOURCE)


def _language(code: str) -> Language:
    locale = Locale.parse(code)
    compiled = BytesIO()
    write_mo(compiled, Catalog(locale=code) if code == SOURCE else read_catalogue(code))
    compiled.seek(0)
    name = locale.get_display_name(code) or code
    return Language(code, name[0].upper() + name[1:], locale.text_direction, Translations(compiled))
