"""The lines of the server's log: their fields, and what they never contain."""

import json
import re
from collections.abc import Iterator

import pytest

from intake.service import operator_log
from intake.service.operator_log import Event
from intake.settings import LogFormat
from intake.store.errors import StoreError


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    operator_log._written.clear()
    yield
    operator_log.configure(LogFormat.PLAIN)
    operator_log._written.clear()


def test_a_plain_line_has_the_hour_and_a_level(capsys: pytest.CaptureFixture[str]) -> None:
    operator_log.log(Event.UNAVAILABLE, StoreError("the store cannot be read"))
    line = capsys.readouterr().err
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:00Z error intake: unavailable: StoreError at elsewhere: the store cannot be read\n", line
    )


def test_a_json_line_has_the_same_fields_and_the_host(capsys: pytest.CaptureFixture[str]) -> None:
    operator_log.configure(LogFormat.JSON)
    operator_log.log(Event.BACKUP, StoreError("no space left"))
    fields = json.loads(capsys.readouterr().err)
    assert list(fields) == ["time", "level", "host", "event", "error", "at", "message"]
    assert (fields["level"], fields["event"], fields["message"]) == ("critical", "the backup failed", "no space left")


@pytest.mark.parametrize("chosen", LogFormat)
def test_the_message_of_an_unknown_error_is_never_logged(chosen: LogFormat, capsys: pytest.CaptureFixture[str]) -> None:
    operator_log.configure(chosen)
    operator_log.log(Event.FAILED, ValueError("milk for Sam, 5 Elm Street"))
    assert "Elm" not in capsys.readouterr().err


def test_the_same_line_is_written_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        operator_log.log(Event.FAILED, ValueError())
    assert len(capsys.readouterr().err.splitlines()) == 1
