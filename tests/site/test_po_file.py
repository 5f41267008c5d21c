"""The reader of catalogues agrees with Babel's on each catalogue, and on what a translator may leave in one."""

from gettext import c2py
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from intake.site import po_file
from intake.site.languages import SOURCE, languages, path_of, read_catalogue

TRANSLATED = [code for code in languages() if code != SOURCE]


def by_babel(catalogue: Catalog) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Return what Babel read: the translations, and those with a number."""
    messages: dict[str, str] = {}
    forms: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, str):
            messages |= {message.id: str(message.string)} if message.string else {}
        elif all(strings := tuple(message.string or ())):
            forms[message.id[0]] = strings
    return messages, forms


@pytest.mark.parametrize("code", TRANSLATED)
def test_both_readers_find_the_same_translations(code: str) -> None:
    read = po_file.read(path_of(code))
    assert (read.messages, read.forms) == by_babel(read_catalogue(code))


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_number_takes_the_form_that_the_catalogues_rule_says(code: str) -> None:
    form_of, rule = po_file.read(path_of(code)).form_of, c2py(read_catalogue(code).plural_expr)
    assert [form_of(number) for number in range(200)] == [rule(number) for number in range(200)]


@pytest.fixture
def left_over(tmp_path: Path) -> Path:
    """Write a catalogue with signs that are escaped, long lines, and translations that are missing, fuzzy or unused."""
    catalogue = Catalog(locale="ar")
    catalogue.add('Say "yes"\tor\\no\n', 'قل "نعم"\tأو\\لا\n')
    catalogue.add("long " * 40, "طويل " * 40)
    catalogue.add("missing", "")
    catalogue.add("fuzzy", "غير مؤكد", flags=["fuzzy", "python-format"], auto_comments=["a comment"], locations=[("a.py", 1)])
    catalogue.add(("%(num)s case", "%(num)s cases"), ["أ", "ب", "ت", "ث", "ج", "ح"])
    catalogue.add(("%(num)s day", "%(num)s days"), ["أ", "ب", "ت", "ث", "ج", ""])
    catalogue.obsolete["unused"] = catalogue.get("missing")  # type: ignore[assignment]
    path = tmp_path / "site.po"
    with path.open("wb") as file:
        write_po(file, catalogue)
    return path


def test_both_readers_find_the_same_in_an_unfinished_catalogue(left_over: Path) -> None:
    read = po_file.read(left_over)
    with left_over.open("rb") as file:
        assert (read.messages, read.forms) == by_babel(read_po(file, locale="ar"))
    assert (len(read.messages), len(read.forms)) == (2, 1)


def test_a_message_without_a_complete_translation_is_english(left_over: Path) -> None:
    read = po_file.read(left_over)
    assert read.gettext("fuzzy") == "fuzzy"
    assert [read.ngettext("%(num)s day", "%(num)s days", number) for number in (1, 2)] == ["%(num)s day", "%(num)s days"]
