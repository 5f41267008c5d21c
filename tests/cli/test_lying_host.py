"""A dishonest host answers the terminal client, which compares every answer with the id that it asked for."""

import json

import httpx2 as httpx
import pytest

from crypto.encoding import b64
from crypto.errors import BindingError, StaleSnapshotError
from crypto.held import Changed
from intake.cli import rotation
from intake.cli.desk import Desk
from intake.cli.member import Member
from tests.support.forked_server import started
from tests.support.requester import send
from tests.support.terminal import PASSPHRASE, Terminal, enrol


class AnswersWith(httpx.BaseTransport):
    """A host that answers a request for one case with another case, and records what it receives."""

    def __init__(self, asked: str, other: str) -> None:
        self._inner = httpx.HTTPTransport()
        self._asked = asked
        self._other = other
        self.written: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        if request.method == "GET":
            request.url = request.url.copy_with(
                raw_path=path.replace(f"/cases/{self._asked}", f"/cases/{self._other}").encode()
            )
        elif "/cases/" in path:
            self.written.append(path)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


async def test_a_host_that_answers_with_its_own_case_gets_no_reply_note_or_grant(environment: dict[str, str]) -> None:
    with started(environment) as (_, link):
        server = link.split("/en/")[0]
        enrol(link, PASSPHRASE, "Sam")
        asked, its_own = [(await send(server, words)).body["case"] for words in ("milk", "the host's own")]
        host = AnswersWith(asked, its_own)
        with httpx.Client(base_url=server, transport=host, timeout=60) as client:
            desk = Desk(Member.sign_in(client, "sam", PASSPHRASE))
            for act in (
                lambda: desk.reply(asked, "for the asker's eyes"),
                lambda: desk.note(asked, "for colleagues' eyes"),
                lambda: desk.set_status(asked, "in-progress"),
                lambda: desk.files(asked),
                lambda: desk.open(asked),
            ):
                with pytest.raises(BindingError):
                    act()
        assert host.written == []


class HoldsBack(httpx.BaseTransport):
    """A host that drops one of a member's cases and replaces the request of another."""

    def __init__(self, dropped: str, replaced: str) -> None:
        self._inner = httpx.HTTPTransport()
        self._dropped = dropped
        self._replaced = replaced

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if request.url.path != "/api/desk/held":
            return answer
        rows = json.loads(answer.read())["held"]
        changed = {self._replaced: {"request": b64(bytes(32))}}
        held = [{**row, **changed.get(row["case"], {})} for row in rows if row["case"] != self._dropped]
        return httpx.Response(200, json={"held": held})

    def close(self) -> None:
        self._inner.close()


async def test_a_host_that_drops_or_replaces_a_case_that_nobody_opened_is_noticed_at_the_next_sign_in(
    environment: dict[str, str],
) -> None:
    with started(environment) as (_, link):
        server = link.split("/en/")[0]
        enrol(link, PASSPHRASE, "Sam")
        dropped, replaced, kept = [(await send(server, words)).body["case"] for words in ("milk", "bread", "rent")]
        sam = Terminal(server, "sam", PASSPHRASE)
        sam("keys", "rotate")  # Sam signs the day's snapshot again, now with these cases
        with httpx.Client(base_url=server, timeout=60) as client:
            assert Member.sign_in(client, "sam", PASSPHRASE).changed == Changed((), ())
        with httpx.Client(base_url=server, transport=HoldsBack(dropped, replaced), timeout=60) as client:
            changed = Member.sign_in(client, "sam", PASSPHRASE).changed
        assert changed is not None
        assert changed == Changed((dropped,), (replaced,))
        assert kept not in (*changed.missing, *changed.replaced)


class ReplaysASnapshot(httpx.BaseTransport):
    """A host that accepts new snapshots and still shows the first one."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self._first: object = None
        self.taken = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.taken += (request.method, request.url.path) == ("PUT", "/api/desk/snapshot")
        answer = self._inner.handle_request(request)
        if request.url.path != "/api/form/keylist":
            return answer
        body = json.loads(answer.read())
        self._first = self._first or body["snapshot"]
        return httpx.Response(200, json={**body, "snapshot": self._first})

    def close(self) -> None:
        self._inner.close()


def test_a_host_that_shows_an_older_snapshot_than_the_member_signed_is_refused_and_not_signed_for_again(
    environment: dict[str, str],
) -> None:
    with started(environment) as (_, link):
        server = link.split("/en/")[0]
        enrol(link, PASSPHRASE, "Sam")
        host = ReplaysASnapshot()
        with httpx.Client(base_url=server, transport=host, timeout=60) as client:
            me = Member.sign_in(client, "sam", PASSPHRASE)
            rotation.rotate(me, lambda done, of: None)
            before = host.taken
            with pytest.raises(StaleSnapshotError, match="older than one seen before"):
                Member.sign_in(client, "sam", PASSPHRASE)
        assert host.taken == before + 1
