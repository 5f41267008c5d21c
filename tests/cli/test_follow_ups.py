"""`intake case follow-up`: set, replace and end a follow-up, and see it in the list."""

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from crypto.encoding import CaseId, new_id
from crypto.entry import FollowUp, Summary
from intake.cli.clocks import local_day
from intake.cli.due import due_in_words
from intake.cli.main import app
from intake.cli.rows import Row, Turn
from tests.support.forked_server import started
from tests.support.requester import send
from tests.support.terminal import PASSPHRASE, enrol

SAM, KIM = new_id(), new_id()
TODAY = dt.date(2026, 12, 3)


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[str]:
    with started(environment) as (_, link):
        enrol(link, PASSPHRASE, "Sam")
        yield link.split("/en/")[0]


def run(server: str, *arguments: str, fails: bool = False) -> str:
    options = ["--server", server, "--handle", "sam", "--passphrase-file", "-"]
    result = CliRunner().invoke(app, ["case", *arguments, *options], input=PASSPHRASE)
    assert (result.exit_code != 0) == fails, result.output
    return str(result.exception) if fails else result.output


async def test_a_follow_up_is_listed_replaced_and_ended(server: str) -> None:
    case = (await send(server, "milk")).body["case"]
    today, tomorrow = local_day().isoformat(), (local_day() + dt.timedelta(days=1)).isoformat()
    run(server, "follow-up", case, tomorrow, "--text", "visit")
    run(server, "follow-up", case, today, "--text", "call back")
    run(server, "note", case, "not at home")
    (row,) = json.loads(run(server, "list", "--json"))
    assert row["follow_up"] == {"day": today, "text": "call back"}
    assert "due today" in run(server, "list")
    expires = row["expires"]
    refusal = run(server, "follow-up", case, expires, fails=True)
    assert f"the case is deleted on {expires}" in refusal
    assert "due today: call back" in run(server, "show", case)
    assert "done" in run(server, "follow-up", case, "--done")
    (row,) = json.loads(run(server, "list", "--json"))
    assert row["follow_up"] is None


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["2020-01-01"], "its day is over"),
        (["Thursday"], "YYYY-MM-DD"),
        (["8999-01-01", "--text", "a" * 101], "at most 100 characters"),
        ([], "either a day or --done"),
        (["8999-01-01", "--done"], "either a day or --done"),
    ],
)
def test_a_follow_up_that_cannot_be_is_refused_before_the_sign_in(arguments: list[str], why: str) -> None:
    assert why in run("http://127.0.0.1:9", "follow-up", "A" * 22, *arguments, fails=True)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-12-04", "follow up on 2026-12-04"),
        ("2026-12-03", "due today"),
        ("2026-12-02", "1 day late"),
        ("2026-11-30", "3 days late"),
    ],
)
def test_the_words_say_when_a_follow_up_is_due(day: str, words: str) -> None:
    assert due_in_words(FollowUp(day=day, text="", member=""), TODAY) == words


@pytest.mark.parametrize(
    ("member", "is_open", "is_shown"),
    [("", True, True), (SAM, True, True), (KIM, True, False), (new_id(), True, True), ("", False, False)],
    ids=["for all", "for me", "for a colleague", "for somebody who lost the case", "closed"],  # the members' ids are random
)
def test_a_follow_up_for_a_colleague_is_not_mine_unless_they_lost_the_case(member: str, is_open: bool, is_shown: bool) -> None:
    summary = Summary(
        arrived="", name="", kinds=[], line="", language="", direction="", deletion="", area="", urgency="", contact=""
    )
    follow_up = FollowUp(day="2026-12-04", text="", member=member)
    row = Row(CaseId("A" * 22), "2026-12-20", is_open, "new", summary, Turn("", 0), follow_up, frozenset({SAM, KIM}))
    assert (row.own_follow_up(SAM) is not None) == is_shown
