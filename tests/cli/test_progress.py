"""A coordinator's commands write the requester how far their request is. docs/reference/format.md, Progress."""

import json

import httpx2 as httpx
import pytest

from crypto.entry import Kind
from intake.cli.answers import RefusedError
from intake.cli.desk import Desk
from intake.service.service import utc_now
from tests.support import requester
from tests.support.forked_server import started
from tests.support.requester import Sealed, send, sent
from tests.support.terminal import PASSPHRASE, Terminal, enrol


async def seen(server: str, sealed: Sealed) -> tuple[list[str], int]:
    """Return the stage and its day as the requester reads them, and the number of progress entries."""
    async with httpx.AsyncClient(base_url=server, timeout=30) as client:
        own = await requester.returned(client, sealed, utc_now().date())
    assert own.warnings == ()
    return [own.progress.stage, own.progress.day], sum(entry.kind is Kind.PROGRESS for entry in own.entries)


async def test_a_request_is_waiting_read_worked_on_answered_and_closed(environment: dict[str, str]) -> None:
    with started(environment) as (_, link):
        server = link.split("/en/")[0]
        enrol(link, PASSPHRASE, "Sam")
        sealed = await send(server, "milk")
        case, sam, today = sealed.body["case"], Terminal(server, "sam", PASSPHRASE), utc_now().date().isoformat()
        assert await seen(server, sealed) == (["waiting", ""], 0)
        for command, stage, entries in (
            (("note", case, "ring twice"), "waiting", 0),
            (("show", case), "read", 1),
            (("show", case), "read", 1),
            (("status", case, "done"), "read", 1),
            (("status", case, "in-progress"), "in-progress", 2),
            (("status", case, "call-back"), "in-progress", 2),
            (("reply", case, "at six"), "answered", 2),
            (("status", case, "ongoing"), "answered", 2),
            (("show", case), "answered", 2),
            (("close", case), "closed", 3),
            (("close", case), "closed", 3),
            (("show", case), "closed", 3),
        ):
            sam("case", *command)
            expected = [stage, "" if stage == "waiting" else today]
            assert await seen(server, sealed) == (expected, entries), command
        shown = json.loads(sam("case", "show", case, "--json"))
        assert shown["requester_sees"] == "closed"
        assert [entry["text"] for entry in shown["entries"] if entry["kind"] == "progress"] == ["read", "in-progress", "closed"]


async def test_a_list_tells_no_requester_that_their_request_was_read(environment: dict[str, str]) -> None:
    with started(environment) as (_, link):
        server = link.split("/en/")[0]
        enrol(link, PASSPHRASE, "Sam")
        cases = await sent(server, 4)
        sam = Terminal(server, "sam", PASSPHRASE)
        assert len(json.loads(sam("case", "list", "--json"))) == 4
        sam("case", "show", cases[0].body["case"])
        assert [(await seen(server, sealed))[1] for sealed in cases] == [1, 0, 0, 0]


async def test_a_case_is_shown_and_closed_although_its_progress_entry_is_refused(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(environment) as (_, link):
        server = link.split("/en/")[0]
        enrol(link, PASSPHRASE, "Sam")
        sealed = await send(server, "milk")
        case, sam, write = sealed.body["case"], Terminal(server, "sam", PASSPHRASE), Desk._write

        def full(self: Desk, case: str, kind: Kind, *more: object) -> None:
            if kind is Kind.PROGRESS:
                raise RefusedError("full", "the store is full", [])
            write(self, case, kind, *more)  # type: ignore[arg-type]

        with monkeypatch.context() as broken:
            broken.setattr(Desk, "_write", full)
            assert "milk" in sam("case", "show", case)
            assert "expires on" in sam("case", "close", case)
        assert await seen(server, sealed) == (["waiting", ""], 0)
