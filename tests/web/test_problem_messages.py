"""Every refusal of the API has words: in the browser client, on the pages without JavaScript, and in every catalogue."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from intake import errors
from intake.errors import FullError, GoneError, IntakeError, MissingError, WorkError
from intake.form.nojs.messages import in_words
from intake.site.languages import SOURCE, languages, read_catalogue
from tests.support.openapi import SPEC

pytestmark = pytest.mark.uncounted

CLIENT = Path(__file__).parents[2] / "intake" / "client" / "src"
MODULES = ("page/error_messages.ts", "page/case_error_messages.ts", "desk/error_messages.ts")
UNKNOWN = "Something went wrong. Nothing was sent."
KINDS = [
    kind.removeprefix("urn:sealed-intake:") for kind in SPEC["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
]
# Refusals that only a coordinator's client or another site's page can get.
NOT_FOR_REQUESTERS = {
    "sign-in", "second-factor", "foreign-origin", "invite", "busy", "missing", "group-full", "misdirected", "work", "failed",
    "about:blank",
}  # fmt: skip
_TOKEN = re.compile(r'case "([\w:-]+)":|(default):|return (\w+)\(\);|\bt\(\s*"((?:[^"\\]|\\.)*)"')


def sentences(source: str) -> dict[str, str]:
    """The first sentence of each kind of problem in a module of the client."""
    by_kind: dict[str, str] = {}
    waiting: list[str] = []
    for case, default, called, sentence in _TOKEN.findall(source):
        if case:
            waiting.append(case)
            continue
        if called:
            body = source.partition(f"{called} = ")[2] or source.partition(f"function {called}(")[2]
            written = _TOKEN.search(body)
            sentence = written[4] if written else ""
        if not default and sentence:
            by_kind |= dict.fromkeys(waiting, sentence)
        waiting = []
    return by_kind


SENTENCES = {kind: words for name in MODULES for kind, words in sentences((CLIENT / name).read_text("utf-8")).items()}


@pytest.fixture(scope="module")
def catalogues() -> dict[str, Catalog]:
    """Read all catalogues once, which takes longer than these tests."""
    return {code: read_catalogue(code) for code in languages() if code != SOURCE}


@pytest.mark.parametrize("kind", KINDS)
def test_the_browser_says_what_happened_and_what_to_do(catalogues: dict[str, Catalog], kind: str) -> None:
    words = SENTENCES.get(kind, "")
    assert words, f"{kind} is only said to have gone wrong"
    assert words != UNKNOWN
    for code, catalogue in catalogues.items():
        assert catalogue.get(words) is not None, (code, words)


def error_of(kind: str) -> IntakeError:
    """An error of this kind."""
    made: dict[type[IntakeError], IntakeError] = {
        FullError: FullError(""),
        GoneError: GoneError("2026-11-30"),
        MissingError: MissingError([]),
        WorkError: WorkError("", 1),
    }
    error = next(
        member
        for member in vars(errors).values()
        if isinstance(member, type)
        and issubclass(member, IntakeError)
        and member.problem == kind
        and member is not errors.SettingsError
    )
    return made.get(error) or error("why")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in NOT_FOR_REQUESTERS])
def test_a_page_without_javascript_says_what_happened_and_what_to_do(kind: str) -> None:
    assert in_words(error_of(kind), languages()[SOURCE]) != UNKNOWN
