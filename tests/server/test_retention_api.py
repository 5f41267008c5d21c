"""Holds, what everyone is told of deletions, the watchman's check; attacks on them."""

import asyncio
import datetime as dt
import shutil
import time
from hashlib import sha256

import httpx2 as httpx
import pytest

from crypto import age, certificate, entry, hold
from crypto.age import Identity
from crypto.certificate import Certificate
from crypto.encoding import CaseId, b64
from crypto.errors import BindingError, SignatureError
from crypto.sheet import Sizes
from crypto.signing import Author, SigningKey
from intake.form import deletions
from retention import proof
from retention.errors import ProofError
from tests.support import requester
from tests.support.desk_bodies import a_case, holders
from tests.support.installation import Installation, Member

DAY = dt.timedelta(days=1)
ANYONE = Identity.generate()


def refused(answer: httpx.Response, status: int, kind: str) -> None:
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1].rsplit(":", 1)[-1]) == (status, kind)


async def with_reason(place: Installation, client: httpx.AsyncClient, sealed: requester.Sealed, by: Member, until: str) -> str:
    """A shared entry with the reason, as a member seals it; its digest."""
    case = CaseId(sealed.body["case"])
    told = (await client.get(f"/api/desk/cases/{case}")).json()["shared"]
    file = entry.seal(
        entry.Place(case, entry.Sequence.SHARED, len(told)),
        entry.Kind.HOLD,
        entry.HoldReason(text="the hearing is on the tenth", until=until),
        day=place.clock.today.isoformat(),
        previous=told[-1]["digest"],
        recipients=[sealed.case_key.recipient, Identity.generate().recipient],
        mac_key=entry.shared_mac_key(sealed.case_key, case),
        author=Author(by.id, by.signing, head_of(place)),
    )
    body = {"sequence": "shared", "number": len(told), "file": b64(file)}
    answer = await client.post(f"/api/desk/cases/{case}/entries", json=body)
    assert answer.status_code == 201, answer.text
    return entry.digest_of(file)


def head_of(place: Installation) -> str:
    return place.service.database.run(place.service.keys).head


def signed(place: Installation, case: str, until: str, digest: str, by: Member) -> dict[str, str]:
    body = hold.body_of(CaseId(case), until, digest, head_of(place))
    return {"body": body.decode(), "signature": hold.sign(body, by.signing)}


async def test_two_coordinators_hold_a_closed_case_and_one_alone_does_not(open_for_requests: Installation) -> None:
    place = open_for_requests

    async with place.client() as client, place.client() as other:
        sealed = await a_case(place, client)
        case, (first, second) = sealed.body["case"], holders(place, sealed)[:2]
        address, until = f"/api/desk/cases/{case}/hold", (place.clock.today + 20 * DAY).isoformat()
        await place.sign_in(client, first)
        await place.sign_in(other, second)
        digest = await with_reason(place, client, sealed, first, until)
        proposed = signed(place, case, until, digest, first)
        assert (await client.post(address, json=proposed)).json() == {"until": ""}
        # The same member twice is one; another's name, another text, another case, a late day, no reason are refused.
        assert (await client.post(address, json=proposed)).json() == {"until": ""}
        refused(await other.post(address, json=proposed), 400, "invalid")
        late = (dt.date.fromisoformat(sealed.body["expires"]) + DAY).isoformat()
        for wrong in (
            signed(place, "A" * 22, until, digest, second),
            signed(place, case, late, digest, second),
            signed(place, case, place.clock.today.isoformat(), digest, second),
            signed(place, case, until, "A" * 43, second),
            {"body": "{}", "signature": "x"},
        ):
            refused(await other.post(address, json=wrong), 400, "invalid")
        token = {"token": sealed.token}
        assert (await client.post("/api/form/return", json=token)).json()["hold"] is None
        assert (await other.post(address, json=signed(place, case, until, digest, second))).json() == {"until": until}
        assert (await client.post(f"/api/desk/cases/{case}/close")).json() == {"expires": until}
        told = (await client.post("/api/form/return", json=token)).json()["hold"]
        assert set(told["signatures"]) == {first.id, second.id}
        shown = (await client.get(f"/api/desk/cases/{case}")).json()
        assert (shown["hold"], shown["latest"]) == (told, sealed.body["expires"])
        assert (await other.delete(address)).json() == {"ended": True}
        week = (place.clock.today + 7 * DAY).isoformat()
        assert (await client.get(f"/api/desk/cases/{case}")).json()["expires"] == week
        # A closed case may be held as well: it comes back.
        await client.post(address, json=proposed)
        await other.post(address, json=signed(place, case, until, digest, second))
        assert (await client.get(f"/api/desk/cases/{case}")).json()["expires"] == until
        outsider = next(member for member in place.members if member not in (first, second))
        async with place.client() as stranger:
            await place.sign_in(stranger, outsider)
            refused(await stranger.post(address, json=signed(place, case, until, digest, outsider)), 404, "not-found")
            refused(await stranger.delete(address), 404, "not-found")
        # An open case is as it was when its hold ends.
        second_case = await a_case(place, client)
        await client.delete(f"/api/desk/cases/{second_case.body['case']}/hold")


def test_a_hold_of_another_case_or_signed_by_nobody_or_by_another_key_is_refused() -> None:
    key = SigningKey.generate()
    body = hold.body_of(CaseId("A" * 22), "2026-12-01", "d", "A" * 43)
    good = {"m": hold.sign(body, key)}
    said, in_force = hold.verify(body, good, CaseId("A" * 22), lambda *_: key.verifying_key)
    assert (said.until, in_force) == ("2026-12-01", False)
    with pytest.raises(BindingError):
        hold.verify(body, good, CaseId("B" * 22), lambda *_: key.verifying_key)
    with pytest.raises(SignatureError):
        hold.verify(body, {}, CaseId("A" * 22), lambda *_: key.verifying_key)
    with pytest.raises(SignatureError):
        hold.verify(body, good, CaseId("A" * 22), lambda *_: SigningKey.generate().verifying_key)


async def test_what_everyone_is_told_of_deletions_never_tells_of_a_few(open_for_requests: Installation) -> None:
    place = open_for_requests

    async with place.client() as client:
        told = (await client.get("/api/form/deletions")).json()
        assert told["overdue"] is False
        assert [one["clean"] for one in told["runs"]] == [True]
        assert set(told["runs"][0]) == {"number", "day", "days", "clean", "hash"}
        for language in ("ar", "hi", "en"):
            page = await client.get(f"/plain/{language}/deletions/")
            assert page.status_code == 200
            assert told["runs"][0]["hash"] in page.text


def test_weeks_below_ten_are_withheld_and_weeks_that_are_not_over_are_not_told() -> None:
    def one(day: str, cases: int) -> Certificate:
        return Certificate("f", "s", 0, "", day, [], cases, 0, [], "clean")

    found = [one("2026-11-02", 4), one("2026-11-08", 5), one("2026-11-09", 6), one("2026-11-15", 4), one("2026-11-16", 50)]
    told = deletions.weeks(found, dt.date(2026, 11, 20))
    assert [(week.monday, week.cases) for week in told] == [("2026-11-09", 10), ("2026-11-02", None)]
    assert deletions.weeks([], dt.date(2026, 11, 20)) == []


async def test_a_watchman_is_told_when_anything_is_a_day_overdue_or_the_key_store_is_gone(
    open_for_requests: Installation,
) -> None:
    place = open_for_requests

    async with place.client() as client:
        health = "/healthz/retention"
        assert (await client.get(health)).json() == {"status": "up"}
        place.clock.now += 1 * DAY
        assert (await client.get(health)).status_code == 200  # what went at midnight is not a day late yet
        place.clock.now += 1 * DAY
        late = await client.get(health)
        assert (late.status_code, late.json()) == (503, {"status": "overdue"})
        assert (await client.get("/api/form/deletions")).json()["overdue"] is True
        place.service.job.run(place.service.today)
        place.clock.forward(seconds=11)
        assert (await client.get(health)).status_code == 200
        key_store = place.service.settings.key_store
        shutil.move(key_store, key_store.with_name("away"))
        assert (await client.get(health)).status_code == 200  # an answer is kept for some seconds
        place.clock.forward(seconds=11)
        assert (await client.get(health)).status_code == 503
        shutil.move(key_store.with_name("away"), key_store)


async def test_a_server_whose_key_store_is_gone_refuses_submissions_loses_nothing_and_goes_on(
    open_for_requests: Installation,
) -> None:
    place = open_for_requests

    async with place.client() as client:
        kept = await requester.seal(client, "milk", place.clock.today)
        assert (await client.post("/api/form/cases", json=kept.body)).status_code == 201
        key_store = place.service.settings.key_store
        shutil.move(key_store, key_store.with_name("away"))
        refused_one = await requester.seal(client, "bread", place.clock.today)
        refused(await client.post("/api/form/cases", json=refused_one.body), 503, "unavailable")
        key_store.mkdir()  # a mount point without its disk
        refused(await client.post("/api/form/cases", json=refused_one.body), 503, "unavailable")
        key_store.rmdir()
        shutil.move(key_store.with_name("away"), key_store)
        assert (await client.post("/api/form/cases", json=refused_one.body)).status_code == 201
        for one in (kept, refused_one):
            assert (await client.post("/api/form/return", json={"token": one.token})).status_code == 200


async def test_a_clock_set_back_shows_nothing_again(open_for_requests: Installation) -> None:
    place = open_for_requests

    async with place.client() as client:
        sealed = await requester.seal(client, "milk", place.clock.today, days=1)
        assert (await client.post("/api/form/cases", json=sealed.body)).status_code == 201
        # The run of that day was done by another process, and could not delete the rows.
        with place.service.database.transaction() as tx:
            tx.exec_driver_sql("UPDATE store SET last_run = '2026-11-21'")
        place.service.guard.refresh()
        assert place.service.today == dt.date(2026, 11, 21)
        assert (await client.post("/api/form/return", json={"token": sealed.token})).status_code == 410


def test_certificates_that_are_altered_left_out_or_signed_by_another_are_found_out(open_for_requests: Installation) -> None:
    place, today = open_for_requests, open_for_requests.clock.today
    job = place.service.job
    for n in range(1, 4):
        job.run(today + n * DAY)
    found, key = list(job.store.certificates()), job.signing_key.verifying_key
    checked = proof.chain(found, key, job.store.store_id)
    assert [one.number for one in checked] == [0, 1, 2, 3]
    assert proof.contradictions(checked, job.key_store, job.store, today + 3 * DAY) == []
    other = SigningKey.generate()
    forged = certificate.sign(certificate.read(found[1][0]), other)
    for wrong in (
        [found[0], found[2]],
        found[1:],
        [found[1], found[0]],
        [found[0], forged],
        [(found[0][0].replace(b'"cases":0', b'"cases":1'), found[0][1])],
    ):
        with pytest.raises(ProofError):
            proof.chain(wrong, key, job.store.store_id)
    with pytest.raises(ProofError, match="another store"):
        proof.chain(found, key, "B" * 22)


async def test_a_key_that_should_be_destroyed_and_a_row_that_should_be_gone_are_found(open_for_requests: Installation) -> None:
    place, job = open_for_requests, open_for_requests.service.job
    day = (place.clock.today + DAY).isoformat()
    copied = job.key_store.key(f"day {day}", 1)

    async with place.client() as client:
        sealed = await requester.seal(client, "milk", place.clock.today, days=2)
        assert (await client.post("/api/form/cases", json=sealed.body)).status_code == 201
    job.run(place.clock.today + DAY)
    checked = proof.chain(job.store.certificates(), job.signing_key.verifying_key, job.store.store_id)
    assert b64(sha256(copied.reveal()).digest()) in checked[-1].keys
    (place.service.settings.key_store / f"day.{day}.1.key").write_bytes(copied.reveal())
    told = proof.contradictions(checked, job.key_store, job.store, place.clock.today + 2 * DAY)
    assert len(told) == 2
    assert "exists although" in told[0]
    assert "still stored" in told[1]
    job.store.add_day(job.roots.new(day))
    assert any(
        "still exists although" in line
        for line in proof.contradictions(checked, job.key_store, job.store, place.clock.today + DAY)
    )


async def test_a_receipt_shortens_and_never_lengthens_and_the_old_leaf_is_punctured(open_for_requests: Installation) -> None:
    place = open_for_requests

    async with place.client() as client:
        sealed = await requester.seal(client, "milk", place.clock.today, days=20)
        assert (await client.post("/api/form/cases", json=sealed.body)).status_code == 201
        day = [(place.clock.today + n * DAY).isoformat() for n in range(40)]

        async def shorten(wanted: str) -> httpx.Response:
            return await client.post("/api/form/shorten", json={"token": sealed.token, "day": wanted})

        for wrong in (day[0], day[20], day[21], "tomorrow", "2026-02-30"):
            refused(await shorten(wrong), 400, "invalid")
        assert (await shorten(day[9])).json() == {"expires": day[9]}
        refused(await shorten(day[12]), 400, "invalid")  # its date is now the earlier one
        assert place.service.job.store.waiting_punctures() == {}
        told = (await client.post("/api/form/return", json={"token": sealed.token})).json()
        assert told["expires"] == day[9]
        unknown = await client.post("/api/form/shorten", json={"token": b64(bytes(32)), "day": day[5]})
        refused(unknown, 404, "not-found")


async def test_a_request_takes_no_more_messages_than_can_be_opened(open_for_requests: Installation) -> None:
    place = open_for_requests

    async with place.client() as client:
        sealed = await requester.seal(client, "milk", place.clock.today)
        assert (await client.post("/api/form/cases", json=sealed.body)).status_code == 201
        file = b64(age.encrypt(bytes(Sizes.ENTRY.value[0]), [ANYONE.recipient, ANYONE.recipient]))
        body = {"token": sealed.token, "number": 300, "shown": True, "file": file}
        refused(await client.post("/api/form/entries", json=body), 400, "invalid")


async def test_whoever_gives_up_waiting_does_not_end_the_writing(open_for_requests: Installation) -> None:
    service = open_for_requests.service

    waiting = asyncio.create_task(service.write(lambda tx: time.sleep(0.2)))
    await asyncio.sleep(0.05)
    given_up = asyncio.create_task(service.write(lambda tx: None))
    await asyncio.sleep(0.05)
    given_up.cancel()
    await waiting
    assert await asyncio.wait_for(service.write(lambda tx: 7), 5) == 7
