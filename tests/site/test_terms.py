"""The catalogues use the words of their language's TERMS.md."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from intake.site.languages import languages, read_catalogue
from tests.support import terms

CODES = [code for code in languages() if code != "en"]


@pytest.mark.parametrize("code", CODES)
def test_each_language_has_a_word_for_each_term(code: str) -> None:
    rows = terms.read(terms.path(code).read_text("utf-8")).rows
    assert [row.english for row in rows] == list(terms.TERMS)
    assert all(row.use for row in rows)


@pytest.mark.parametrize("code", CODES)
def test_a_catalogue_uses_its_languages_terms(code: str) -> None:
    assert list(terms.deviations(terms.read(terms.path(code).read_text("utf-8")), read_catalogue(code))) == []


@pytest.mark.parametrize("code", CODES)
def test_an_exception_names_a_message_that_exists(code: str) -> None:
    messages = {message.id if isinstance(message.id, str) else message.id[-1] for message in read_catalogue(code)}
    assert {message for _, message in terms.read(terms.path(code).read_text("utf-8")).exempt} <= messages


TABLE = "| English | use | never | note |\n|---|---|---|---|\n| receipt | resguardo | recibo | |\n"


def catalogue(text: str) -> Catalog:
    made = Catalog()
    made.add("Your receipt", text)
    return made


def test_another_word_for_a_term_is_found() -> None:
    assert list(terms.deviations(terms.read(TABLE), catalogue("Su papel"))) == [
        "receipt: 'Your receipt' is 'Su papel', without resguardo"
    ]


def test_a_word_that_the_terms_rule_out_is_found() -> None:
    assert list(terms.deviations(terms.read(TABLE), catalogue("Su resguardo o recibo"))) == [
        "receipt: 'Su resguardo o recibo' has 'recibo'"
    ]


def test_an_exempt_message_needs_no_term() -> None:
    exempt = TABLE + "\n- receipt: “Your receipt”\n"
    assert list(terms.deviations(terms.read(exempt), catalogue("Su papel"))) == []


def test_the_translators_page_says_of_each_language_who_has_read_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "translate.md").read_text("utf-8")
    listed = re.findall(r"^\| [^|]+ \| `([\w-]+)` \| ([^|]+) \|$", page, re.M)
    assert sorted(code for code, _ in listed) == sorted(languages())
