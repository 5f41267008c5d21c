"""The daily reminder: it goes to everybody who wants it, once a day, whether or not anything is due."""

import dataclasses
import datetime as dt
import json

import pytest

from intake.desk.notices import send_due
from intake.store.members import notices
from tests.support.desks import desks
from tests.support.installation import Installation
from tests.support.rendered import rendered
from tests.support.services import Service

REMINDER, WAITING = "Daily reminder: please look at the desk.", "Something is waiting at the desk."


@pytest.fixture
def installation(empty: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    empty.found(3)
    changed = dataclasses.replace(empty.service.settings, notice_kinds=("ntfy",), notice_hosts=("127.0.0.1",), reminder_hour=7)
    monkeypatch.setattr(empty.service, "settings", changed)
    return empty


def sentences(service: Service) -> list[str]:
    return sorted(json.loads(request.partition(b"\r\n\r\n")[2])["message"] for request in service.received)


async def test_the_reminder_is_sent_once_a_day_to_those_who_want_it_though_nothing_is_due(
    installation: Installation, heard: tuple[str, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, service = heard
    today = installation.service.clock().replace(hour=0, minute=0)
    times = iter(today + dt.timedelta(hours=hours) for hours in (6, 7, 8, 24 + 7))
    async with desks(installation) as everyone:
        for desk, daily in zip(everyone, (True, True, False), strict=True):
            body = {"url": url, "language": "en", "daily": daily}
            assert (await desk.client.post("/api/desk/notices", json=body)).status_code == 201
        assert [address["daily"] for address in (await everyone[0].client.get("/api/desk/notices")).json()["notices"]] == [True]
        counts = []
        for time in times:
            monkeypatch.setattr(installation.service, "clock", lambda time=time: time)
            counts.append(await send_due(installation.service, rendered().languages))
    assert counts == [0, 2, 0, 2]
    assert sentences(service) == [REMINDER] * 4


async def test_a_member_for_whom_something_waits_gets_no_reminder_as_well(
    installation: Installation, heard: tuple[str, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, service = heard
    async with desks(installation) as everyone:
        for desk in everyone:
            await desk.client.post("/api/desk/notices", json={"url": url, "language": "en", "daily": True})
        with installation.service.database.transaction() as tx:
            notices.mark(tx, [everyone[0].member.id])
        noon = installation.service.clock().replace(hour=12)
        monkeypatch.setattr(installation.service, "clock", lambda: noon)
        assert await send_due(installation.service, rendered().languages) == 3
    assert sentences(service) == [REMINDER, REMINDER, WAITING]
