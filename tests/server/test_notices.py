"""Notices: no content, in batches, sealed addresses. Sent to a real listener."""

import asyncio
import dataclasses
import datetime as dt
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import select

from crypto import notice
from crypto.secret import Secret
from intake.desk.notices import seconds_until_batch, tell
from intake.desk.reach import service_at
from intake.store import tables
from tests.server.conftest import Installation, rendered
from tests.server.test_desk_api import a_case, holders
from tests.server.test_form_api import refused, run
from tests.server.test_group_api import desks


@pytest.fixture
def heard() -> Iterator[tuple[str, list[bytes]]]:
    """Where a service listens, and what it was sent."""
    found: list[bytes] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}/told", found
    server.shutdown()
    server.server_close()


@pytest.fixture
def place(empty: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    empty.found(3)
    changed = dataclasses.replace(empty.service.settings, notice_kinds=("json",), notice_hosts=("127.0.0.1",))
    monkeypatch.setattr(empty.service, "settings", changed)
    return empty


def test_who_holds_a_new_case_is_told_once_without_a_word_of_it(place: Installation, heard: tuple[str, list[bytes]]) -> None:
    url, told = heard

    async def story() -> None:
        async with desks(place) as found, place.client() as person:
            for desk in found:
                added = await desk.client.post("/api/desk/notices", json={"url": url, "language": "ar"})
                assert added.status_code == 201
            await a_case(place, person)
            sealed = await a_case(place, person)
            assert told == []  # not when it comes: with the batch
            sent = await tell(place.service, rendered().languages)
            assert sent == len(told) >= 2
            for body in told:
                assert "هناك ما ينتظر في المكتب".encode() in body or b"\\u0647\\u0646\\u0627\\u0643" in body
                assert sealed.body["case"].encode() not in body
                assert b"milk" not in body
            assert await tell(place.service, rendered().languages) == 0

    run(story())


def test_an_address_lies_sealed_and_can_be_removed(place: Installation, heard: tuple[str, list[bytes]]) -> None:
    url, told = heard

    async def story() -> None:
        async with desks(place, *place.members[:2]) as (ana, ben):
            id_ = (await ana.client.post("/api/desk/notices", json={"url": url, "language": "en"})).json()["id"]
            with place.service.database.transaction() as tx:
                row = tx.execute(select(tables.notices)).one()
            assert b"127.0.0.1" not in row.file
            assert notice.open_(row.file, ana.member.id, notice.key(place.service.secret)).url == url
            assert (await ana.client.get("/api/desk/notices")).json()["notices"] == [{"id": id_, "kind": "json"}]
            assert (await ben.client.get("/api/desk/notices")).json()["notices"] == []
            refused(await ben.client.post(f"/api/desk/notices/{id_}/try"), 400, "invalid")
            assert (await ana.client.post(f"/api/desk/notices/{id_}/try")).json() == {"told": True}
            assert len(told) == 1
            await ben.client.delete(f"/api/desk/notices/{id_}")
            assert len((await ana.client.get("/api/desk/notices")).json()["notices"]) == 1
            await ana.client.delete(f"/api/desk/notices/{id_}")
            assert (await ana.client.get("/api/desk/notices")).json()["notices"] == []

    run(story())


def test_an_address_that_another_secret_of_the_server_sealed_can_still_be_removed(
    place: Installation, heard: tuple[str, list[bytes]]
) -> None:
    async def story() -> None:
        async with desks(place, place.members[0]) as (ana,):
            id_ = (await ana.client.post("/api/desk/notices", json={"url": heard[0], "language": "en"})).json()["id"]
            place.service.secret = Secret(b"n" * 32)
            assert (await ana.client.get("/api/desk/notices")).json()["notices"] == [{"id": id_, "kind": "?"}]
            await ana.client.delete(f"/api/desk/notices/{id_}")
            assert (await ana.client.get("/api/desk/notices")).json()["notices"] == []

    run(story())


def test_only_services_that_the_operator_allows_and_only_a_few_addresses(place: Installation) -> None:
    async def story() -> None:
        async with desks(place, place.members[0]) as (ana,):
            for url in ("ntfys://example.org/topic", "nonsense", "json://", "file:///etc/passwd", "json://x/" + "a" * 3000):
                refused(await ana.client.post("/api/desk/notices", json={"url": url, "language": "en"}), 400, "invalid")
            for _ in range(8):
                answer = await ana.client.post("/api/desk/notices", json={"url": "json://127.0.0.1:9/x", "language": "en"})
            refused(answer, 400, "invalid")

    run(story())


def test_a_service_that_does_not_answer_stops_nobody(place: Installation, heard: tuple[str, list[bytes]]) -> None:
    async def story() -> None:
        async with desks(place, *place.members) as found, place.client() as person:
            for desk in found:
                for url in ("json://127.0.0.1:9/closed", heard[0]):
                    await desk.client.post("/api/desk/notices", json={"url": url, "language": "en"})
            sealed = await a_case(place, person)
            with place.service.database.transaction() as tx:
                # one address is sealed to a key that this server has not: its member gives it again
                tx.execute(tables.notices.update().where(tables.notices.c.member == "nobody").values(file=b"x"))
            assert await tell(place.service, rendered().languages) == len(holders(place, sealed))

    run(story())


def test_batches_stand_at_full_steps_of_the_day_and_tell_nothing_of_when_someone_wrote() -> None:
    at = dt.datetime(2026, 11, 20, 13, 7, 30, tzinfo=dt.UTC)
    assert seconds_until_batch(at, 60) == 52 * 60 + 30
    assert seconds_until_batch(at.replace(minute=0, second=0), 60) == 3600
    assert asyncio.iscoroutinefunction(tell)


KINDS = ("ntfys", "mailtos", "matrixs", "gotifys")


@pytest.mark.parametrize(
    "url",
    [
        "ntfys://127.0.0.1:8443/topic",
        "ntfys://localhost/topic",
        "ntfys://[::1]/topic",
        "matrixs://u:p@169.254.169.254/#room",
        "gotifys://10.0.0.1/token12345678901",
        "mailtos://a:b@192.168.1.1",
        "mailtos://a:b@198.51.100.7?smtp=127.0.0.1",
        "ntfys://93.184.216.34/topic?verify=no",
        "json://93.184.216.34/topic",
        "ntfys:/93.184.216.34",
    ],
)
def test_a_stolen_session_cannot_make_the_server_knock_at_its_neighbours(url: str) -> None:
    assert service_at(url, KINDS, ()) is None


def test_notices_go_to_the_internet_or_to_the_hosts_that_are_named() -> None:
    assert service_at("ntfys://93.184.216.34/topic", KINDS, ()) is not None
    assert service_at("ntfys://10.0.0.5/topic", KINDS, ("10.0.0.5",)) is not None
    assert service_at("ntfys://93.184.216.34/topic", KINDS, ("10.0.0.5",)) is None
    found = service_at("ntfys://93.184.216.34/topic", KINDS, ())
    assert found is not None
    assert found.asset.http_redirects is False
