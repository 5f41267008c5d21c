"""The price of load follows how long submissions wait: a machine that keeps up asks nobody for work."""

import pytest

from crypto import age, work
from crypto.age import Identity
from crypto.encoding import b64, new_id
from crypto.sheet import Sizes
from intake.form import load_pricing
from intake.form.load_pricing import (
    BUSY_WAIT,
    FREE_REQUESTS,
    FREE_REQUESTS_PER_SOURCE,
    FREE_WAIT,
    MAX_LOAD_PRICE,
    MIN_PRICE,
    WAIT_MEMORY,
    LoadPricing,
    Waits,
    price_of_fullness,
)
from tests.support import requester
from tests.support.installation import Installation

FLOODER, SHELTER = b"a flooder", b"a shelter"
MIDDLE = (FREE_WAIT + BUSY_WAIT) / 2


class Clock:
    """A clock that a test moves, in seconds."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def flooded(wait: float, clock: Clock | None = None) -> LoadPricing:
    """Return the prices after a flood of one source, while a submission takes `wait` seconds."""
    clock = clock or Clock()
    pricing = LoadPricing(lambda: 1_700_000_000, waits=Waits(clock))
    for _ in range(10_000):
        pricing.count(FLOODER, work.UNIT)
    with pricing.waits.measured():
        clock.now += wait
    return pricing


def test_a_flood_that_the_machine_keeps_up_with_costs_nobody_anything() -> None:
    pricing = flooded(FREE_WAIT)
    assert pricing.price(FLOODER, 0) == pricing.price(SHELTER, 0) == pricing.price(b"", 0) == 0


def test_a_flood_beyond_the_machine_costs_its_source_first() -> None:
    pricing = flooded(MIDDLE)
    assert pricing.price(FLOODER, 0) == MAX_LOAD_PRICE
    assert pricing.price(SHELTER, 0) == pricing.price(b"", 0) == 0


def test_a_flood_far_beyond_the_machine_costs_everyone_the_price_of_the_load() -> None:
    for wait in (BUSY_WAIT, 10 * BUSY_WAIT):
        assert flooded(wait).price(b"", 0) == MAX_LOAD_PRICE


def test_the_price_rises_with_the_wait() -> None:
    waits = [FREE_WAIT + n * (BUSY_WAIT - FREE_WAIT) / 20 for n in range(21)]
    prices = [flooded(wait).price(FLOODER, 0) for wait in waits]
    assert prices == sorted(prices)
    assert 0 < prices[5] < MAX_LOAD_PRICE


def test_a_slow_machine_that_few_people_use_costs_them_nothing() -> None:
    clock = Clock()
    pricing = LoadPricing(lambda: 1_700_000_000, waits=Waits(clock))
    for _ in range(FREE_REQUESTS_PER_SOURCE):
        pricing.count(SHELTER, work.UNIT)
    with pricing.waits.measured():
        clock.now += 10 * BUSY_WAIT
    assert pricing.price(SHELTER, 0) == 0


def test_a_full_day_costs_work_even_if_the_machine_is_idle() -> None:
    pricing = LoadPricing(lambda: 1_700_000_000)
    assert pricing.price(b"", 0.5) == price_of_fullness(0.5) > 1000


def test_a_flooder_cannot_lower_the_price_with_quick_submissions() -> None:
    clock = Clock()
    pricing = flooded(BUSY_WAIT, clock)
    for _ in range(10_000):
        with pricing.waits.measured():
            clock.now += 0.001
    assert pricing.price(b"", 0) == MAX_LOAD_PRICE


def test_waits_that_shrink_keep_the_price_of_the_longest() -> None:
    clock = Clock()
    pricing = flooded(BUSY_WAIT, clock)
    for tenths in (9, 7, 5):
        with pricing.waits.measured():
            clock.now += tenths / 10
    assert pricing.price(b"", 0) == MAX_LOAD_PRICE


def test_a_flooder_who_pauses_finds_the_price_unchanged_for_a_minute() -> None:
    clock = Clock()
    pricing = flooded(BUSY_WAIT, clock)
    clock.now += WAIT_MEMORY - 1
    assert pricing.price(b"", 0) == MAX_LOAD_PRICE
    clock.now += 2
    assert pricing.price(b"", 0) == 0


def test_a_submission_that_is_stuck_counts_before_it_ends() -> None:
    clock = Clock()
    pricing = flooded(0, clock)
    with pricing.waits.measured():
        clock.now += BUSY_WAIT
        with pricing.waits.measured():
            assert pricing.price(b"", 0) == MAX_LOAD_PRICE


def test_a_submission_that_fails_counts_too() -> None:
    clock = Clock()
    pricing = flooded(0, clock)

    def write() -> None:
        clock.now += BUSY_WAIT
        raise TimeoutError

    with pytest.raises(TimeoutError), pricing.waits.measured():
        write()
    assert pricing.price(b"", 0) == MAX_LOAD_PRICE


def test_waits_take_little_memory_however_many_submissions_there_are() -> None:
    clock = Clock()
    pricing = flooded(BUSY_WAIT, clock)
    for n in range(10_000):
        with pricing.waits.measured():
            clock.now += FREE_WAIT * (1 + (n % 7) / 7)
    assert len(pricing.waits._ended) < 300
    assert not pricing.waits._begun


def test_a_little_more_than_the_free_requests_costs_the_first_price() -> None:
    size = (FREE_REQUESTS + 1) * work.UNIT
    assert int(load_pricing.price_of_load(size, FREE_REQUESTS)) == MIN_PRICE


@pytest.fixture
def overloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count every wait as one of an overloaded machine, and every request as one too many."""
    monkeypatch.setattr(load_pricing, "FREE_WAIT", 0.0)
    monkeypatch.setattr(load_pricing, "BUSY_WAIT", 1e-6)
    monkeypatch.setattr(load_pricing, "FREE_REQUESTS", 1e-9)  # more than nothing


@pytest.mark.usefixtures("overloaded")
async def test_a_submission_that_waits_makes_the_next_offer_cost_work(of_two: Installation) -> None:
    async with of_two.client() as client:
        new = await requester.seal(client, "milk", of_two.clock.today)
        assert (await requester.submit(client, new.body)).status_code == 201
        assert (await client.post("/api/form/offer", json={"case": new_id()})).json()["price"] == MAX_LOAD_PRICE


@pytest.mark.usefixtures("overloaded")
async def test_a_message_that_waits_makes_the_next_one_cost_work(of_two: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    anyone = Identity.generate()
    file = b64(age.encrypt(bytes(Sizes.ENTRY.value[0]), [anyone.recipient, anyone.recipient]))
    async with of_two.client() as client:
        new = await requester.seal(client, "milk", of_two.clock.today)
        monkeypatch.setattr(load_pricing, "FREE_WAIT", 1e9)
        assert (await requester.submit(client, new.body)).status_code == 201
        monkeypatch.setattr(load_pricing, "FREE_WAIT", 0.0)
        returned = requester.unpacked(await client.post("/api/form/return", json={"token": new.token}))
        assert returned["price"] == 0
        body = {"token": new.token, "number": 1, "shown": True, "file": file, "work": ""}
        assert (await client.post("/api/form/entries", json=body)).status_code == 201
        assert requester.unpacked(await client.post("/api/form/return", json={"token": new.token}))["price"] > 0
