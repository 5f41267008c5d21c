"""A command that fails prints one line, and never the content of an unforeseen error."""

import httpx2 as httpx
import pytest

from crypto.errors import KeyListError
from intake.cli import answers, enrolment, main
from intake.cli.answers import RefusedError
from intake.cli.errors import CommandError
from intake.errors import SettingsError
from intake.store.errors import StoreError
from retention.errors import PolicyError

WORDS = "milk for two, after six"


@pytest.fixture(autouse=True)
def not_hardened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "harden", lambda: None)


def said(error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    def fail() -> None:
        raise error

    monkeypatch.setattr(main, "app", fail)
    with pytest.raises(SystemExit) as ended:
        main.main()
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize("error", [ValueError(WORDS), KeyError(WORDS), RuntimeError(WORDS), UnicodeError(WORDS)])
def test_an_unforeseen_error_is_one_line_without_content(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = said(error, monkeypatch, capsys)
    assert (code, line.count("\n")) == (2, 1)
    assert line.startswith(f"intake: internal error: {type(error).__name__} at main.py:")
    assert WORDS not in line


@pytest.mark.parametrize("kind", [CommandError, SettingsError, StoreError, PolicyError, KeyListError, httpx.InvalidURL])
def test_an_error_that_a_person_can_act_on_is_its_own_line(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(kind(WORDS), monkeypatch, capsys) == (2, f"intake: {WORDS}\n")


def test_an_answer_that_is_not_json_names_the_address_as_the_cause() -> None:
    with pytest.raises(RefusedError, match="INTAKE_SERVER"):
        answers.answer(httpx.Response(200, text="<!doctype html>"))


def test_a_link_that_is_no_address_is_refused() -> None:
    with pytest.raises(CommandError, match="not an address"):
        enrolment.parts_of("http://[help.example/en/desk/enrol/#token")
