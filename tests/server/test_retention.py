"""The monitor's address, a key store that is missing, and a write whose caller is cancelled."""

import asyncio
import datetime as dt
import shutil
import time

from tests.support import requester
from tests.support.api import refused
from tests.support.installation import Installation

DAY = dt.timedelta(days=1)


async def test_the_monitor_address_reports_a_day_overdue_and_a_missing_key_store(
    open_for_requests: Installation,
) -> None:
    installation = open_for_requests

    async with installation.client() as client:
        health = "/healthz/retention"
        assert (await client.get(health)).json() == {"status": "up"}
        installation.clock.now += 1 * DAY
        assert (await client.get(health)).status_code == 200  # the day that ended at midnight is not overdue yet
        installation.clock.now += 1 * DAY
        late = await client.get(health)
        assert (late.status_code, late.json()) == (503, {"status": "overdue"})
        assert (await client.get("/api/form/deletions")).json()["overdue"] is True
        installation.service.job.run(installation.service.today)
        installation.clock.forward(seconds=11)
        assert (await client.get(health)).status_code == 200
        key_store = installation.service.settings.key_store
        shutil.move(key_store, key_store.with_name("away"))
        assert (await client.get(health)).status_code == 200  # the server caches this answer for some seconds
        installation.clock.forward(seconds=11)
        assert (await client.get(health)).status_code == 503
        shutil.move(key_store.with_name("away"), key_store)


async def test_a_server_without_its_key_store_refuses_submissions_loses_nothing_and_recovers(
    open_for_requests: Installation,
) -> None:
    installation = open_for_requests

    async with installation.client() as client:
        kept = await requester.seal(client, "milk", installation.clock.today)
        assert (await requester.submit(client, kept.body)).status_code == 201
        key_store = installation.service.settings.key_store
        shutil.move(key_store, key_store.with_name("away"))
        refused_one = await requester.seal(client, "bread", installation.clock.today)
        refused(await requester.submit(client, refused_one.body), 503, "unavailable")
        key_store.mkdir()  # the mount point without its disk
        refused(await requester.submit(client, refused_one.body), 503, "unavailable")
        key_store.rmdir()
        shutil.move(key_store.with_name("away"), key_store)
        assert (await requester.submit(client, refused_one.body)).status_code == 201
        for sealed in (kept, refused_one):
            assert (await client.post("/api/form/return", json={"token": sealed.token})).status_code == 200


async def test_a_cancelled_caller_does_not_stop_the_write(open_for_requests: Installation) -> None:
    service = open_for_requests.service

    waiting = asyncio.create_task(service.write(lambda tx: time.sleep(0.2)))
    await asyncio.sleep(0.05)
    given_up = asyncio.create_task(service.write(lambda tx: None))
    await asyncio.sleep(0.05)
    given_up.cancel()
    await waiting
    assert await asyncio.wait_for(service.write(lambda tx: 7), 5) == 7
