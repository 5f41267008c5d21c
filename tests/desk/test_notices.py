"""Notices to coordinators: they have no content and are sent in batches to a real listener; addresses are stored encrypted."""

import asyncio
import dataclasses
import datetime as dt
import json
import socket
import time

import pytest
from sqlalchemy import select

from crypto import notice
from crypto.labels import Label
from crypto.secret import Secret
from intake import settings
from intake.desk import notices as desk_notices
from intake.desk.notices import seconds_until_batch, send_due
from intake.errors import SettingsError
from intake.notices import delivery
from intake.store import schema
from intake.store.members import notices
from tests.support.api import refused
from tests.support.desk_bodies import a_case, holders
from tests.support.desks import Desk, desks
from tests.support.installation import Installation
from tests.support.rendered import rendered
from tests.support.services import Service, listening, silent


@pytest.fixture
def installation(empty: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    empty.found(3)
    changed = dataclasses.replace(empty.service.settings, notice_kinds=("ntfy", "ntfys"), notice_hosts=("127.0.0.1",))
    monkeypatch.setattr(empty.service, "settings", changed)
    return empty


async def test_the_holders_of_a_new_case_get_one_notice_without_content(
    installation: Installation, heard: tuple[str, Service]
) -> None:
    url, service = heard

    async with desks(installation) as everyone, installation.client() as person:
        for desk in everyone:
            added = await desk.client.post("/api/desk/notices", json={"url": url, "language": "ar"})
            assert added.status_code == 201
        await a_case(installation, person)
        sealed = await a_case(installation, person)
        assert service.connections == 0  # nothing is sent before the batch
        sent = await send_due(installation.service, rendered().languages)
        assert sent == service.connections >= 2
        for request in service.received:
            assert json.loads(request.partition(b"\r\n\r\n")[2])["message"] == "هناك ما ينتظر في المكتب."
            assert sealed.body["case"].encode() not in request
            assert b"milk" not in request
        assert await send_due(installation.service, rendered().languages) == 0


async def addresses_of(desk: Desk) -> list[dict[str, str]]:
    """The addresses that a member has, as their client shows them."""
    addresses: list[dict[str, str]] = (await desk.client.get("/api/desk/notices")).json()["notices"]
    return addresses


async def test_an_address_is_stored_encrypted(installation: Installation, heard: tuple[str, Service]) -> None:
    url, _ = heard
    async with desks(installation, installation.members[0]) as (ana,):
        await ana.client.post("/api/desk/notices", json={"url": url, "language": "en"})
        with installation.service.database.transaction() as tx:
            row = tx.execute(select(schema.notices)).one()
        assert b"127.0.0.1" not in row.file
        assert notice.open_(row.file, ana.member.id, notice.key(installation.service.secret)).url == url


async def test_a_member_tries_and_removes_their_address(installation: Installation, heard: tuple[str, Service]) -> None:
    url, service = heard
    async with desks(installation, installation.members[0]) as (ana,):
        id_ = (await ana.client.post("/api/desk/notices", json={"url": url, "language": "en"})).json()["id"]
        assert await addresses_of(ana) == [{"id": id_, "kind": "ntfy", "fault": "", "daily": False}]
        assert (await ana.client.post(f"/api/desk/notices/{id_}/try")).json() == {"sent": True}
        assert service.connections == 1
        await ana.client.delete(f"/api/desk/notices/{id_}")
        assert await addresses_of(ana) == []


async def test_a_member_neither_sees_nor_tries_nor_removes_a_colleagues_address(
    installation: Installation, heard: tuple[str, Service]
) -> None:
    url, service = heard
    async with desks(installation, *installation.members[:2]) as (ana, ben):
        id_ = (await ana.client.post("/api/desk/notices", json={"url": url, "language": "en"})).json()["id"]
        assert await addresses_of(ben) == []
        refused(await ben.client.post(f"/api/desk/notices/{id_}/try"), 400, "invalid")
        assert service.connections == 0
        await ben.client.delete(f"/api/desk/notices/{id_}")
        assert len(await addresses_of(ana)) == 1


async def test_an_address_that_another_secret_of_the_server_sealed_can_still_be_removed(
    installation: Installation, heard: tuple[str, Service]
) -> None:
    async with desks(installation, installation.members[0]) as (ana,):
        id_ = (await ana.client.post("/api/desk/notices", json={"url": heard[0], "language": "en"})).json()["id"]
        installation.service.secret = Secret(b"n" * 32)
        assert (await ana.client.get("/api/desk/notices")).json()["notices"] == [
            {"id": id_, "kind": "?", "fault": "", "daily": False}
        ]
        await ana.client.delete(f"/api/desk/notices/{id_}")
        assert (await ana.client.get("/api/desk/notices")).json()["notices"] == []


async def test_an_address_of_a_service_or_host_that_the_operator_does_not_allow_is_refused(installation: Installation) -> None:
    async with desks(installation, installation.members[0]) as (ana,):
        for url, fault in (
            ("mailtos://a:b@example.org", "kind"), ("file:///etc/passwd", "kind"), ("nonsense", "form"),
            ("ntfy://", "form"),
            ("ntfys://10.0.0.1/t", "host"), ("ntfys://example.org/t", "host"), ("ntfy://127.0.0.1/t?rto=9", "option"),
            ("ntfy://x/" + "a" * 3000, "form"),
        ):  # fmt: skip
            answer = await ana.client.post("/api/desk/notices", json={"url": url, "language": "en"})
            refused(answer, 400, "invalid")
            assert answer.json()["fault"] == fault


async def test_a_member_has_a_few_addresses_at_most(installation: Installation) -> None:
    async with desks(installation, installation.members[0]) as (ana,):
        for _ in range(desk_notices.MAX_ADDRESSES + 1):
            answer = await ana.client.post("/api/desk/notices", json={"url": "ntfy://127.0.0.1:9/x", "language": "en"})
        refused(answer, 400, "invalid")
        assert len(await addresses_of(ana)) == desk_notices.MAX_ADDRESSES


async def test_a_service_that_does_not_answer_stops_nobody(installation: Installation, heard: tuple[str, Service]) -> None:
    async with desks(installation, *installation.members) as everyone, installation.client() as person:
        for desk in everyone:
            for url in ("ntfy://127.0.0.1:9/closed", heard[0]):
                await desk.client.post("/api/desk/notices", json={"url": url, "language": "en"})
        sealed = await a_case(installation, person)
        with installation.service.database.transaction() as tx:
            # this server lacks the key of one address: the server skips it until its member enters it again
            tx.execute(schema.notices.update().where(schema.notices.c.member == "nobody").values(file=b"x"))
        assert await send_due(installation.service, rendered().languages) == len(holders(installation, sealed))


def test_batches_are_sent_at_fixed_times_that_do_not_reveal_when_someone_wrote() -> None:
    at = dt.datetime(2026, 11, 20, 13, 7, 30, tzinfo=dt.UTC)
    assert seconds_until_batch(at, 60) == 52 * 60 + 30
    assert seconds_until_batch(at.replace(minute=0, second=0), 60) == 3600
    assert asyncio.iscoroutinefunction(send_due)


def add(installation: Installation, member: str, url: str) -> str:
    """Store an address as an earlier version did."""
    made = notice.Address(format=Label.NOTICES.value, member=member, url=url, language="en")
    sealed = notice.seal(made, notice.key(installation.service.secret))
    return installation.service.database.run(lambda tx: notices.add(tx, member, sealed))


@pytest.mark.parametrize(
    ("url", "kind", "fault"),
    [
        ("ntfys://127.0.0.1/t?redirect=yes", "ntfys", "option"),
        ("ntfys://127.0.0.1/t?cto=90000&rto=90000", "ntfys", "option"),
        ("json://127.0.0.1/t", "json", "kind"),
        ("ntfys://10.0.0.1/t", "ntfys", "host"),
        ("ntfys://127.0.0.1/t/t/t/t/t/t", "ntfys", "form"),
        ("ntfys://127.0.0.1/t", "ntfys", ""),
    ],
)
async def test_an_address_of_an_earlier_version_that_is_refused_now_says_why_and_can_be_removed(
    url: str, kind: str, fault: str, installation: Installation
) -> None:
    async with desks(installation, installation.members[0]) as (ana,):
        id_ = add(installation, ana.member.id, url)
        assert (await ana.client.get("/api/desk/notices")).json()["notices"] == [
            {"id": id_, "kind": kind, "fault": fault, "daily": False}
        ]
        await ana.client.delete(f"/api/desk/notices/{id_}")
        assert (await ana.client.get("/api/desk/notices")).json()["notices"] == []


async def test_a_refused_address_is_never_contacted(
    installation: Installation, heard: tuple[str, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 0.2)

    async with desks(installation, installation.members[0]) as (ana,):
        id_ = add(installation, ana.member.id, f"{heard[0]}?redirect=yes")
        assert (await ana.client.post(f"/api/desk/notices/{id_}/try")).json() == {"sent": False}
        with installation.service.database.transaction() as tx:
            notices.mark(tx, [ana.member.id])
        assert await send_due(installation.service, rendered().languages) == 0
    assert heard[1].connections == 0


async def test_adding_an_address_neither_resolves_nor_contacts_its_host(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = dataclasses.replace(installation.service.settings, notice_hosts=())
    monkeypatch.setattr(installation.service, "settings", changed)
    asked: list[object] = []

    def resolve(*what: object, **_: object) -> list[object]:
        asked.append(what)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    async with desks(installation, installation.members[0]) as (ana,):
        for host in ("exists.example.org", "missing.example.org"):
            answer = await ana.client.post("/api/desk/notices", json={"url": f"ntfys://{host}/t", "language": "en"})
            assert answer.status_code == 201
    assert asked == []


@pytest.mark.alone
async def test_a_trial_that_fails_has_one_answer_after_one_time_whatever_failed(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 0.6)
    monkeypatch.setattr(delivery, "GRACE", 0.1)

    with listening(silent) as service:
        async with desks(installation, *installation.members) as everyone:
            said = []
            for desk, address in zip(everyone, ("127.0.0.1:9", f"127.0.0.1:{service.port}", "[::1]:9"), strict=True):
                id_ = add(installation, desk.member.id, f"ntfy://{address}/t")
                began = time.monotonic()
                answer = await desk.client.post(f"/api/desk/notices/{id_}/try")
                said.append(answer.content)
                assert answer.status_code == 200
                assert 0.65 < time.monotonic() - began < 3
            assert set(said) == {b'{"sent":false}'}


async def test_trials_are_few_and_one_at_a_time(installation: Installation, heard: tuple[str, Service]) -> None:
    async with desks(installation, *installation.members[:2]) as (ana, ben):
        hers, his = (add(installation, desk.member.id, heard[0]) for desk in (ana, ben))
        for _ in range(desk_notices.TRIES):
            assert (await ana.client.post(f"/api/desk/notices/{hers}/try")).json() == {"sent": True}
        refused(await ana.client.post(f"/api/desk/notices/{hers}/try"), 409, "busy")
        assert (await ben.client.post(f"/api/desk/notices/{his}/try")).json() == {"sent": True}
    assert heard[1].connections == desk_notices.TRIES + 1


@pytest.mark.alone
async def test_a_batch_ends_before_the_next_is_due_however_slow_a_service_is(
    installation: Installation, heard: tuple[str, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_notices, "BATCH_SECONDS", 0.6)
    assert desk_notices.BATCH_SECONDS < 60

    with listening(silent) as slow:
        for member in installation.members[:2]:
            for _ in range(desk_notices.MAX_ADDRESSES):
                add(installation, member.id, f"ntfy://127.0.0.1:{slow.port}/t")
        add(installation, installation.members[2].id, heard[0])
        with installation.service.database.transaction() as tx:
            notices.mark(tx, [member.id for member in installation.members])
        began = time.monotonic()
        assert await send_due(installation.service, rendered().languages) == 1
        assert time.monotonic() - began < 5
        assert heard[1].connections == 1


def test_a_kind_that_the_server_cannot_send_to_is_refused_at_start() -> None:
    with pytest.raises(
        SettingsError, match=r"INTAKE_NOTICE_KINDS has unknown kinds: json, xmpps. Use: gotify, gotifys, mailto"
    ):
        settings.read({"INTAKE_NOTICE_KINDS": "ntfys,json,xmpps"})
    read = settings.read({"INTAKE_NOTICE_KINDS": "ntfys, tgram", "INTAKE_NOTICE_HOSTS": "NTFY.example.org, 10.0.0.5"})
    assert (read.notice_kinds, read.notice_hosts) == (("ntfys", "tgram"), ("ntfy.example.org", "10.0.0.5"))
