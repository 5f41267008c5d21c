"""Collect the messages of templates, form files, no-JavaScript pages and client, and update the catalogues (`make messages`).

A message is identified by its English words. A missing translation stays empty until a person writes it, and a test fails.
"""

import datetime as dt
import json
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from intake.site import form_file
from intake.site.languages import SOURCE, languages, path_of, read_catalogue
from intake.site.render import CLIENT, HERE

_OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
_WIDTH = 130  # characters of a line
_HEADER = "# Sealed Intake. The message is its English words; make messages keeps the list. AGPL-3.0-or-later."
_WRITTEN = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def collect() -> Catalog:
    """Return every message of the software."""
    catalogue = Catalog(fuzzy=False)
    for path in sorted((HERE / "templates").rglob("*.html")):
        _add(catalogue, "jinja2.ext:babel_extract", path)
    for path in sorted((HERE.parent / "form" / "nojs").glob("*.py")):
        _add(catalogue, "python", path)
    for path in (HERE.parent / "desk" / "notices.py", HERE / "flyer.py"):
        _add(catalogue, "python", path)
    for path in sorted(form_file.FORMS.glob("*.toml")):
        for message in form_file.read(path).messages:
            catalogue.add(message)
    for path in sorted(CLIENT.glob("*.words.json")):
        for message in json.loads(path.read_text("utf-8")):
            catalogue.add(tuple(message) if isinstance(message, list) else message)
    return catalogue


def update(code: str) -> Catalog:
    """Return a language's catalogue with the present messages. Translations are kept, and unused messages removed."""
    catalogue, now = read_catalogue(code), collect()
    catalogue.update(now, no_fuzzy_matching=True)
    catalogue.project, catalogue.version, catalogue.msgid_bugs_address = "Sealed Intake", "0.1.0", "the issues of the project"
    catalogue.last_translator, catalogue.language_team = "the Sealed Intake authors", code
    catalogue.header_comment = _HEADER
    # The same messages give the same file.
    catalogue.creation_date = catalogue.revision_date = _WRITTEN
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    """Return messages without a translation, in whole or in one of their plural forms."""
    translations = {
        str(message.id): [message.string] if isinstance(message.string, str) else list(message.string or [""])
        for message in catalogue
    }
    return [message for message, forms in translations.items() if message and not all(forms)]


def main() -> None:
    """Update every catalogue and report what is missing."""
    for code in languages():
        if code == SOURCE:
            continue
        catalogue = update(code)
        write(code, catalogue)
        print(f"{code}: {len(untranslated(catalogue))} messages to write")


def write(code: str, catalogue: Catalog) -> None:
    """Write a catalogue."""
    with path_of(code).open("wb") as file:
        write_po(file, catalogue, width=_WIDTH, no_location=True, sort_output=True, ignore_obsolete=True)


def _add(catalogue: Catalog, method: str, path: Path) -> None:
    with path.open("rb") as file:
        for _, message, _, _ in extract(method, file, keywords=_KEYWORDS, options=_OPTIONS):
            catalogue.add(message)


if __name__ == "__main__":
    main()
