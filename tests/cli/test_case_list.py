"""`intake case list`: rows from one request for all cases, the marks of the browser's desk, and a table that fits."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import httpx2 as httpx
import pytest
from msgspec import structs
from typer.testing import CliRunner

from crypto import on_behalf
from crypto.content import Recipients, Request
from crypto.encoding import CaseId, new_id
from crypto.entry import Kind, Progress, Summary, Text
from crypto.signing import Author, Signed
from intake.cli.desk import Desk
from intake.cli.main import app
from intake.cli.member import Member
from intake.cli.rows import Row, Turn, is_handed_over, turn_of
from intake.service.service import utc_now
from tests.support import requester, world
from tests.support.forked_server import started
from tests.support.requester import send
from tests.support.terminal import PASSPHRASE, enrol

ARRIVED = "2026-11-20"


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[str]:
    with started(environment) as (_, link):
        enrol(link, PASSPHRASE, "Sam")
        yield link.split("/en/")[0]


def run(server: str, *arguments: str) -> str:
    options = ["--server", server, "--handle", "sam", "--passphrase-file", "-"]
    result = CliRunner().invoke(app, ["case", *arguments, *options], input=PASSPHRASE)
    assert result.exit_code == 0, result.output
    return result.output


class Recording(httpx.HTTPTransport):
    """Records the addresses that a client asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        return super().handle_request(request)


async def test_all_cases_are_listed_with_one_request_for_cases(server: str) -> None:
    for number in range(5):
        await send(server, f"words {number}")
    transport = Recording()
    with httpx.Client(base_url=server, transport=transport, timeout=60) as client:
        desk = Desk(Member.sign_in(client, "sam", PASSPHRASE))
        transport.asked.clear()
        rows, broken = desk.opened_rows()
    assert {row.summary.line for row in rows} == {f"words {number}" for number in range(5)}
    assert broken == 0
    assert transport.asked == ["/api/desk/cases"]


async def test_a_host_that_swaps_the_entries_of_two_cases_shows_neither(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in ("milk", "a ride"):
        await send(server, words)
    with httpx.Client(base_url=server, timeout=60) as client:
        desk = Desk(Member.sign_in(client, "sam", PASSPHRASE))
        first, second = desk.rows()
        swapped = [{**first, "entry": second["entry"]}, {**second, "entry": first["entry"]}]
        monkeypatch.setattr(Desk, "rows", lambda _: iter(swapped))
        assert desk.opened_rows() == ([], 2)


async def test_a_case_is_marked_until_it_is_shown_and_answered(server: str) -> None:
    case = (await send(server, "milk")).body["case"]

    def marks() -> tuple[bool, bool]:
        (row,) = json.loads(run(server, "list", "--json"))
        return row["unread"], row["needs_reply"]

    assert marks() == (True, True)
    run(server, "show", case)
    assert marks() == (False, True)
    run(server, "reply", case, "Tomorrow at six")
    assert marks() == (False, False)


async def test_the_table_fits_eighty_columns_and_gives_a_long_request_two_lines(server: str) -> None:
    await send(server, "a very long story " * 30)
    printed = run(server, "list").splitlines()
    assert max(map(len, printed)) <= 80
    assert len([line for line in printed if "long" in line or "story" in line]) == 2


@dataclass
class FakeEntry:
    """The part of an entry that decides whose turn it is."""

    author: str
    kind: Kind
    content: object
    day: str = "2026-11-25"


REQUESTER = FakeEntry("", Kind.MESSAGE, Text(text="?"))
REPLY = FakeEntry("sam", Kind.MESSAGE, Text(text="!"))
READ = FakeEntry("sam", Kind.PROGRESS, Progress(stage="read"))
WORKED_ON = FakeEntry("sam", Kind.PROGRESS, Progress(stage="in-progress"))


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ([], Turn(ARRIVED, 0)),
        ([READ], Turn(ARRIVED, 0)),
        ([WORKED_ON], Turn("", 0)),
        ([REPLY], Turn("", 0)),
        ([REQUESTER, REPLY], Turn("2026-11-25", 2)),
        ([REPLY, REQUESTER], Turn("", 0)),
        ([None, REPLY], Turn(ARRIVED, 2)),  # a message that cannot be opened
    ],
)
def test_the_requester_waits_unless_the_group_spoke_last(newest: list[Any], expected: Turn) -> None:
    numbered = [(len(newest) - index, shared) for index, shared in enumerate(newest)]
    assert turn_of(numbered, ARRIVED) == expected


@pytest.mark.parametrize(
    ("status", "is_open", "read_up_to", "expected"),
    [("new", True, 3, True), ("done", True, 3, False), ("done", True, 1, True), ("new", False, 1, False)],
)
def test_a_settled_case_needs_a_reply_only_until_its_newest_message_is_read(
    status: str, is_open: bool, read_up_to: int, expected: bool
) -> None:
    summary: Summary = SimpleNamespace()  # type: ignore[assignment]  # not asked for
    row = Row(CaseId("A" * 22), "2026-12-20", is_open, status, summary, Turn("2026-11-25", 2))
    assert row.needs_reply(read_up_to) == expected


@pytest.mark.parametrize(
    ("author", "holders", "expected"),
    [
        ("kim", ["sam"], True),
        ("kim", ["sam", "kim"], False),  # shared, not handed over
        ("sam", ["lee"], False),  # the reader's own entry
        ("", ["sam"], False),  # the requester's
    ],
)
def test_a_case_whose_last_author_no_longer_holds_it_was_handed_over(author: str, holders: list[str], expected: bool) -> None:
    assert is_handed_over(author, holders, "sam") is expected


async def test_a_request_that_a_member_wrote_down_names_them_in_the_list_and_a_forged_one_names_nobody(server: str) -> None:
    with httpx.Client(base_url=server, timeout=60) as client:
        me = Member.sign_in(client, "sam", PASSPHRASE)
        author = Author(me.id, me.ring.signing_key, me.keys.head)
        me.sign_out()
    for forged in (False, True):
        case = CaseId(new_id())
        mark = on_behalf.sign(CaseId(new_id()) if forged else case, "phone", author)

        def content(words: str, deletion: dt.date, to: Recipients, mark: Signed = mark) -> Request:
            return structs.replace(world.request(words, deletion, to), on_behalf=mark)

        async with httpx.AsyncClient(base_url=server, timeout=30) as requester_client:
            sealed = await requester.seal(requester_client, "milk", utc_now().date(), case=case, content=content)
            assert (await requester.submit(requester_client, sealed.body)).status_code == 201
        writer = {row["case"]: row["written_down"] for row in json.loads(run(server, "list", "--json"))}[case]
        assert writer == (None if forged else {"member": me.id, "channel": "phone"})
        shown = run(server, "show", case)
        assert ("written down by sam (by phone)" in shown) is not forged
    # The first opening wrote a status: its summary repeats the mark.
    assert "written down by" in " ".join(run(server, "list").split())
