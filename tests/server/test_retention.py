"""The monitor's address, proofs of deletion, and a key store that is missing."""

import asyncio
import datetime as dt
import shutil
import time
from hashlib import sha256

import pytest

from crypto import certificate
from crypto.age import Identity
from crypto.encoding import b64
from crypto.signing import SigningKey
from retention import proof
from retention.errors import ProofError
from tests.support import requester
from tests.support.api import refused
from tests.support.installation import Installation

DAY = dt.timedelta(days=1)
ANYONE = Identity.generate()


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


def test_certificates_that_are_altered_left_out_or_signed_by_another_are_found_out(open_for_requests: Installation) -> None:
    installation, today = open_for_requests, open_for_requests.clock.today
    job = installation.service.job
    for n in range(1, 4):
        job.run(today + n * DAY)
    certificates, key = list(job.store.certificates()), job.signing_key.verifying_key
    checked = proof.chain(certificates, key, job.store.store_id)
    assert [record.number for record in checked] == [0, 1, 2, 3]
    assert proof.contradictions(checked, job.key_store, job.store, today + 3 * DAY) == []
    other = SigningKey.generate()
    forged = certificate.sign(certificate.read(certificates[1][0]), other)
    for wrong in (
        [certificates[0], certificates[2]],
        certificates[1:],
        [certificates[1], certificates[0]],
        [certificates[0], forged],
        [(certificates[0][0].replace(b'"cases":0', b'"cases":1'), certificates[0][1])],
    ):
        with pytest.raises(ProofError):
            proof.chain(wrong, key, job.store.store_id)
    with pytest.raises(ProofError, match="another store"):
        proof.chain(certificates, key, "B" * 22)


async def test_an_undestroyed_key_and_an_undeleted_row_are_found(open_for_requests: Installation) -> None:
    installation, job = open_for_requests, open_for_requests.service.job
    day = (installation.clock.today + DAY).isoformat()
    copied = job.key_store.key(f"day {day}", 1)

    async with installation.client() as client:
        sealed = await requester.seal(client, "milk", installation.clock.today, days=1)
        assert (await requester.submit(client, sealed.body)).status_code == 201
    job.run(installation.clock.today + DAY)
    checked = proof.chain(job.store.certificates(), job.signing_key.verifying_key, job.store.store_id)
    assert b64(sha256(copied.reveal()).digest()) in checked[-1].keys
    (installation.service.settings.key_store / f"day.{day}.1.key").write_bytes(copied.reveal())
    contradictions = proof.contradictions(checked, job.key_store, job.store, installation.clock.today + 2 * DAY)
    assert len(contradictions) == 2
    assert "exists although" in contradictions[0]
    assert "still stored" in contradictions[1]
    job.store.add_day(job.roots.new(day))
    assert any(
        "still exists although" in line
        for line in proof.contradictions(checked, job.key_store, job.store, installation.clock.today + DAY)
    )


async def test_a_cancelled_caller_does_not_stop_the_write(open_for_requests: Installation) -> None:
    service = open_for_requests.service

    waiting = asyncio.create_task(service.write(lambda tx: time.sleep(0.2)))
    await asyncio.sleep(0.05)
    given_up = asyncio.create_task(service.write(lambda tx: None))
    await asyncio.sleep(0.05)
    given_up.cancel()
    await waiting
    assert await asyncio.wait_for(service.write(lambda tx: 7), 5) == 7
