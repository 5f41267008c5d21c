"""Attackers try to fill the store cheaply: with entries, large requests, or requests without JavaScript."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from crypto import age, work
from crypto.age import Identity
from crypto.encoding import b64
from crypto.entry import digest_of
from crypto.sheet import Sizes
from intake import settings
from intake.errors import CrowdedError, FullError
from intake.form import load_pricing
from intake.service.quota import CASE_DAILY, DESK_RESERVE_PERCENT, SHARE_PERCENT, Quota, Share
from intake.service.service import Service
from intake.settings import QuotaSettings
from intake.store.cases import usage
from intake.store.clock import note_day
from tests.support import requester
from tests.support.installation import FakeClock, Installation

ANYONE = Identity.generate()
MIB = 2**20
DAY_MIB = 40
HOUR = 3600  # seconds
SLATE_SECONDS = 600


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Installation]:
    """A group of two with a small quota, on each engine."""
    clock = FakeClock()
    url = request.getfixturevalue("cluster").new() if request.param == "postgresql" else ""
    values = {"INTAKE_DATA": str(tmp_path / "var"), "INTAKE_KEY_STORE": str(tmp_path / "key-store"), "INTAKE_DATABASE_URL": url}
    configured = settings.read({**values, "INTAKE_QUOTA_DAY_MIB": str(DAY_MIB)})
    service = Service.open(configured, clock, upgrade=True)
    service.job.run(clock.today)
    service.database.run(lambda tx: note_day(tx, clock.today))
    service.guard.refresh()
    made = Installation(service, clock, [])
    made.found(2)
    yield made
    service.close()


def entry_of(size: int) -> str:
    return b64(age.encrypt(bytes(size), [ANYONE.recipient, ANYONE.recipient]))


async def write(client: httpx.AsyncClient, sealed: requester.Sealed, number: int, file: str, nonce: str = "") -> httpx.Response:
    body = {"token": sealed.token, "number": number, "shown": True, "file": file, "work": nonce}
    return await client.post("/api/form/entries", json=body)


async def submitted(client: httpx.AsyncClient, like: requester.Sealed) -> requester.Sealed:
    new = await requester.copy(client, like)
    answer = await requester.submit(client, new.body)
    assert answer.status_code == 201, answer.text
    return new


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("type", "").removeprefix("urn:sealed-intake:")


async def test_entries_of_one_case_are_bounded_a_day(installation: Installation) -> None:
    async with installation.client() as client:
        first = await requester.seal(client, "milk", installation.clock.today)
        assert (await requester.submit(client, first.body)).status_code == 201
        small = entry_of(Sizes.ENTRY.value[0])
        for number in range(1, CASE_DAILY + 1):
            answer = await write(client, first, number, small)
            assert answer.status_code == 201, answer.text
        assert kind(await write(client, first, CASE_DAILY + 1, small)) == (429, "day-limit")
        assert (await write(client, first, CASE_DAILY, small)).status_code == 201  # sent again
        earlier = {"token": first.token, "day": (installation.clock.today.replace(day=28)).isoformat()}
        assert kind(await client.post("/api/form/shorten", json=earlier)) == (429, "day-limit")
        await submitted(client, first)
        installation.clock.forward(days=1)
        assert (await write(client, first, CASE_DAILY + 1, small)).status_code == 201


async def test_entries_cannot_fill_the_day_for_new_requests_nor_for_the_desk(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_pricing, "FREE_WAIT", 1e9)  # like a client that pays any price: only the quota limits it

    async with installation.client() as client:
        first = await requester.seal(client, "milk", installation.clock.today)
        assert (await requester.submit(client, first.body)).status_code == 201
        cases, large = [first, *[await submitted(client, first) for _ in range(3)]], entry_of(Sizes.ENTRY.value[-1])
        outcomes = []
        for case in cases:
            for number in range(1, CASE_DAILY + 1):
                installation.service.quota.filled[Share.MESSAGES] = 0.0
                outcomes.append(kind(await write(client, case, number, large))[0])
                if outcomes[-1] != 201:
                    break
        assert 507 in outcomes
        with installation.service.database.transaction() as tx:
            counted = usage.size(tx, installation.clock.today.isoformat(), Share.MESSAGES)
        assert counted <= DAY_MIB * MIB * SHARE_PERCENT[Share.MESSAGES] // 100
        assert counted >= outcomes.count(201) * Sizes.ENTRY.value[-1]
        await submitted(client, first)
        with installation.service.database.transaction() as tx:
            installation.service.count_for_desk(tx, installation.members[0].id, 64 * 1024)


async def test_entries_are_paid_for_by_their_size_once_the_day_fills(installation: Installation) -> None:
    async with installation.client() as client:
        first = await requester.seal(client, "milk", installation.clock.today)
        assert (await requester.submit(client, first.body)).status_code == 201
        answer = requester.unpacked(await client.post("/api/form/return", json={"token": first.token}))
        assert answer["price"] == 0
        with installation.service.database.transaction() as tx:
            installation.service.quota.take_one(tx, installation.clock.today.isoformat(), 3 * MIB, Share.MESSAGES)
        price = requester.unpacked(await client.post("/api/form/return", json={"token": first.token}))["price"]
        assert price > 0
        file = age.encrypt(bytes(Sizes.ENTRY.value[1]), [ANYONE.recipient, ANYONE.recipient])
        assert kind(await write(client, first, 1, b64(file))) == (409, "stale")
        paid_for = work.for_entry(first.body["lookup"], 1, digest_of(file))
        nonce = b64(work.pay(paid_for, work.cost(price, len(file))))
        assert (await write(client, first, 1, b64(file), nonce)).status_code == 201


async def test_requests_without_javascript_cannot_fill_the_day_for_others(installation: Installation) -> None:
    """Such requests cost nothing. Their share becomes available over the day, and is separate from what browsers pay for."""
    today, quota = installation.clock.today.isoformat(), installation.service.quota

    async with installation.client() as client:
        first = await requester.seal(client, "milk", installation.clock.today)
        with installation.service.database.transaction() as tx:
            refused = quota.take(tx, today, [30_000] * 400, Share.NOJS, 0.5)
        assert sum(refusal is None for refusal in refused) * 30_000 <= DAY_MIB * MIB * SHARE_PERCENT[Share.NOJS] / 100 / 2
        assert {type(refusal) for refusal in refused} == {type(None), CrowdedError}
        assert (await requester.submit(client, first.body)).status_code == 201


def test_a_coordinator_answers_while_requesters_have_filled_the_store(installation: Installation) -> None:
    """Each of the desk's bodies counts towards a reserve that requesters cannot use."""
    limits = QuotaSettings(total_mib=10_000, day_mib=1_000)
    quota, today = Quota(limits, lambda: 0.0), installation.clock.today.isoformat()
    quota._measured = 0.0, limits.total_mib * MIB
    with installation.service.database.transaction() as tx:
        for share in SHARE_PERCENT:
            assert quota.take(tx, today, [1024], share) != [None]
        quota.take_for_desk(tx, today, installation.members[0].id, MIB)
        assert usage.size(tx, today, Share.DESK) == MIB
        quota._measured = 0.0, limits.total_mib * (100 + DESK_RESERVE_PERCENT) * MIB // 100
        with pytest.raises(FullError):
            quota.take_for_desk(tx, today, installation.members[0].id, MIB)


def hash_rate() -> float:
    """Return tries per second of one core: the best of several short rounds, because others use this machine."""
    best = 0.0
    for _ in range(8):
        start, tries = time.process_time(), 200
        for number in range(tries):
            work.fits("offer", number.to_bytes(16, "big"), 2)
        best = max(best, tries / (time.process_time() - start))
    return best


def seconds_to_fill(size: int, rate: float, limits: QuotaSettings) -> float:
    """Return what the cheapest way to write `size` bytes in a day costs one core.

    The attacker writes where it is cheapest, takes the free share as it becomes available, and uses each price as long as
    it is valid.
    """
    unit = work.UNIT
    day = {share: limits.day_mib * MIB * part // 100 for share, part in SHARE_PERCENT.items()}
    filled, quoted = dict.fromkeys((Share.REQUESTS, Share.MESSAGES), 0), dict[Share, tuple[int, float]]()
    spent = 0.0
    while True:
        plain = day[Share.NOJS] * max(1 / 6, min(1.0, spent / (24 * HOUR)))
        if sum(filled.values()) + plain >= size:
            return spent

        def price(share: Share, at: float = spent) -> int:
            now = load_pricing.price_of_fullness(filled[share] / day[share])
            if (
                share not in quoted
                or quoted[share][0] * load_pricing.PRICE_TOLERANCE < now
                or at - quoted[share][1] > SLATE_SECONDS
            ):
                quoted[share] = now, at
            return quoted[share][0]

        share = min(filled, key=price)
        spent += work.cost(price(share), unit) / rate
        filled[share] += unit


def test_filling_half_a_default_day_costs_one_core_an_hour() -> None:
    limits, rate = settings.read({}).quota, hash_rate()
    took = seconds_to_fill(limits.day_mib * MIB // 2, rate, limits)
    print(f"{rate:.0f} tries a second: half a day's room costs one core {took / 60:.0f} minutes")
    assert took >= HOUR


def test_an_ordinary_request_costs_an_old_phone_seconds_until_a_fifth_of_the_day_is_full() -> None:
    phone = 0.020  # seconds for one try on a phone of 2016
    assert load_pricing.price_of_fullness(0.05) == 0
    assert phone * load_pricing.price_of_fullness(0.10) < 1
    assert phone * load_pricing.price_of_fullness(0.20) < 8
    assert phone * load_pricing.MAX_LOAD_PRICE < 3
