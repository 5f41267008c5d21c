"""The work that a submission costs: nothing on a calm day, more on an overloaded machine or from a busy source."""

import time
from ipaddress import ip_network

import pytest
from starlette.requests import Request

from crypto import work
from crypto.encoding import b64
from intake.errors import CrowdedError, DayLimitError, FullError, InvalidError, StaleError
from intake.form import load_pricing
from intake.form.load_pricing import BUSY_WAIT, LoadPricing, TokenBucket, Waits, check_entry_work, check_price, check_work
from intake.form.nojs import throttle
from intake.service.quota import SHARE_PERCENT, Quota, Share
from intake.settings import QuotaSettings
from intake.store.cases import usage
from intake.web.tokens import Tokens
from tests.support.world import TODAY, World

DAY = TODAY.isoformat()
HERE = b"a source"


class At:
    """A clock that a test sets."""

    now = 1_700_000_000

    def __call__(self) -> int:
        return self.now


def asked(host: str, forwarded: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "client": (host, 1), "headers": headers})


class Overloaded(Waits):
    """A machine that does not keep up, so that load costs its whole price."""

    def longest(self) -> float:
        return BUSY_WAIT


def crowded(count: int, source: bytes = b"", at: At | None = None) -> LoadPricing:
    """Return the prices of an overloaded machine after that many ordinary requests."""
    pricing = LoadPricing(at or At(), waits=Overloaded())
    for _ in range(count):
        pricing.count(source, work.UNIT)
    return pricing


def test_a_few_requests_cost_nothing_and_a_crowd_some_seconds_of_an_old_phone_at_most() -> None:
    assert crowded(load_pricing.FREE_REQUESTS).price(b"", 0) == 0
    assert crowded(load_pricing.FREE_REQUESTS + 1).price(b"", 0) == load_pricing.MIN_PRICE
    assert crowded(2 * load_pricing.FREE_REQUESTS).price(b"", 0) == 2 * load_pricing.MIN_PRICE
    assert crowded(10_000).price(b"", 0) == load_pricing.MAX_LOAD_PRICE


def test_the_price_follows_the_bytes() -> None:
    large = LoadPricing(At(), waits=Overloaded())
    large.count(b"", 2 * load_pricing.FREE_REQUESTS * work.UNIT)
    assert large.price(b"", 0) == 2 * load_pricing.MIN_PRICE
    assert work.cost(100, work.UNIT) == 100
    assert work.cost(100, 10 * work.UNIT) == 1000
    assert work.cost(100, 1) == 1
    assert work.cost(0, 10 * work.UNIT) == 0


def test_the_price_rises_with_how_full_the_day_is() -> None:
    calm = LoadPricing(At())
    prices = [calm.price(b"", fullness / 100) for fullness in range(101)]
    assert prices[: int(100 * load_pricing.FREE_FULLNESS) + 1] == [0] * (int(100 * load_pricing.FREE_FULLNESS) + 1)
    assert prices == sorted(prices)
    assert prices[100] == calm.price(b"", 1.5) == work.MAX_PRICE


def test_a_noisy_source_pays_before_others_do() -> None:
    pricing = crowded(load_pricing.FREE_REQUESTS_PER_SOURCE * 4, HERE)
    assert pricing.price(HERE, 0) == 4 * load_pricing.MIN_PRICE
    assert pricing.price(b"someone else", 0) == pricing.price(b"", 0) == 0


def test_the_price_of_a_busy_time_falls_within_minutes() -> None:
    at = At()
    pricing = crowded(10_000, HERE, at)
    at.now += 60 * load_pricing.WINDOW_MINUTES
    assert pricing.price(HERE, 0) == 0


def test_many_sources_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_pricing, "MAX_SOURCES", 10)
    pricing = LoadPricing(At(), waits=Overloaded())
    for n in range(200):
        pricing.count(bytes([n]), work.UNIT)
    assert len(pricing._minutes[-1][1]) <= 10
    assert pricing.price(b"", 0) > 0


def test_a_source_is_a_prefix_that_nobody_can_name_and_that_is_another_in_an_hour() -> None:
    at = At()
    pricing = LoadPricing(at)
    source = pricing.source(asked("192.0.2.7"))
    assert len(source) == 32
    assert pricing.source(asked("192.0.2.7")) == source != pricing.source(asked("192.0.2.8"))
    assert pricing.source(asked("2001:db8:1:2::5")) == pricing.source(asked("2001:db8:1:2:ffff::9"))
    assert pricing.source(asked("2001:db8:1:2::5")) != pricing.source(asked("2001:db8:1:3::5"))
    assert pricing.source(asked("127.0.0.1")) == pricing.source(asked("nonsense")) == b""
    at.now += 3600
    assert pricing.source(asked("192.0.2.7")) != source


def test_only_a_named_proxys_header_is_believed() -> None:
    open_, behind = LoadPricing(At()), LoadPricing(At(), [ip_network("10.0.0.0/8"), ip_network("127.0.0.1/32")])
    forwarded = "203.0.113.9, 192.0.2.7, 10.0.0.3"
    assert open_.source(asked("198.51.100.1", forwarded)) == open_.source(asked("198.51.100.1"))
    assert behind.source(asked("10.1.1.1", forwarded)) == behind.source(asked("192.0.2.7"))
    assert behind.source(asked("127.0.0.1", "192.0.2.7")) == behind.source(asked("192.0.2.7"))
    assert behind.source(asked("198.51.100.1", forwarded)) == behind.source(asked("198.51.100.1"))


def test_a_price_not_paid_is_refused_and_one_from_before_the_crowd_is_stale() -> None:
    price = crowded(4 * load_pricing.FREE_REQUESTS).price(b"", 0)
    check_price(price // load_pricing.PRICE_TOLERANCE, price)
    with pytest.raises(StaleError):
        check_price(0, price)
    with pytest.raises(StaleError):
        check_price(price // load_pricing.PRICE_TOLERANCE - 1, price)
    check_work("offer", "", 0)
    check_work("offer", b64(work.pay("offer", price)), price)
    wrong = next(nonce for nonce in (bytes([n]) * 16 for n in range(256)) if not work.fits("offer", nonce, price))
    for nonce in ("", "AAAA", b64(wrong)):
        with pytest.raises(InvalidError):
            check_work("offer", nonce, price)
        with pytest.raises(StaleError):
            check_entry_work("offer", nonce, price)


def test_work_for_one_offer_pays_no_other() -> None:
    price = 64
    paid = work.pay("offer", price)
    assert work.fits("offer", paid, price)
    assert sum(work.fits(f"offer {n}", paid, price) for n in range(200)) < 20


def test_checking_work_takes_less_than_a_millisecond() -> None:
    took = []
    for n in range(50):
        before = time.perf_counter()
        work.fits("offer", bytes([n]) * 16, 64)
        took.append(time.perf_counter() - before)
    assert sorted(took)[25] < 0.001


def test_a_bucket_refills_with_time() -> None:
    now = [0.0]
    bucket = TokenBucket(2, 0.5, lambda: now[0])
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now[0] = 2.0
    assert [bucket.take(), bucket.take()] == [True, False]


def test_the_path_without_javascript_delays_a_machine_and_not_a_person(tokens: Tokens) -> None:
    door, now = throttle.Throttle(tokens), 1_700_000_000
    ticket = {"ticket": [door.ticket(now)]}
    with pytest.raises(CrowdedError):
        door.check(ticket, now + throttle.MIN_AGE - 1)
    with pytest.raises(CrowdedError):
        door.check({**ticket, "website": ["https://example.org"]}, now + 60)
    assert door.check(ticket, now + 60).since == now
    for forged in ({}, {"ticket": ["x"]}, ticket):
        with pytest.raises(StaleError):
            door.check(forged, now + throttle.MAX_AGE + 1)


def test_a_source_that_floods_the_path_without_javascript_empties_only_its_own_bucket() -> None:
    buckets = throttle.Buckets(throttle.BURST, 0)
    assert sum(buckets.take(b"flood") for _ in range(1000)) == throttle.BURST_SOURCE
    assert buckets.take(b"honest")
    assert sum(buckets.take(b"") for _ in range(1000)) == throttle.BURST - throttle.BURST_SOURCE - 1


def test_clients_without_a_source_leave_a_quarter_to_those_with_one() -> None:
    buckets = throttle.Buckets(throttle.BURST, 0)
    assert sum(buckets.take(b"") for _ in range(1000)) == throttle.BURST * throttle.SHARE
    assert buckets.take(b"honest")


def test_at_the_ceiling_requests_are_refused_with_the_phone_number(world: World) -> None:
    quota = Quota(QuotaSettings(total_mib=100, day_mib=1, phone="+49 30 1234"))
    room = 2**20 * SHARE_PERCENT[Share.REQUESTS] // 100
    with world.database.transaction() as tx:
        quota.take_one(tx, DAY, room * 9 // 10, Share.REQUESTS)
        assert 80 <= quota.share(tx, DAY) < 100
        small, large = room // 100, room // 5
        refused = quota.take(tx, DAY, [small, large, small], Share.REQUESTS)
        assert [type(refusal) for refusal in refused] == [type(None), FullError, type(None)]
        with pytest.raises(FullError) as full:
            quota.take_one(tx, DAY, large, Share.REQUESTS)
        assert full.value.phone == "+49 30 1234"
        assert usage.size(tx, DAY, Share.REQUESTS) < room
        quota.take_one(tx, "2026-11-21", 1, Share.MESSAGES)  # on another day, the count of the day before is deleted
        assert usage.size(tx, DAY, Share.REQUESTS) == 0


def test_one_kind_of_writing_takes_no_room_from_another(world: World) -> None:
    quota = Quota(QuotaSettings(total_mib=1000, day_mib=10))
    with world.database.transaction() as tx:
        for share in SHARE_PERCENT:
            quota.take_one(tx, DAY, 10 * 2**20 * SHARE_PERCENT[share] // 100, share)
            with pytest.raises(FullError):
                quota.take_one(tx, DAY, 1024, share)
        quota.take_for_desk(tx, DAY, "someone", 2**20)
        assert usage.size(tx, DAY, Share.DESK) == 2**20


def test_the_share_of_unpaid_requests_is_released_over_the_day(world: World) -> None:
    quota, share = Quota(QuotaSettings(total_mib=1000, day_mib=10)), 2 * 2**20
    with world.database.transaction() as tx:
        quota.take_one(tx, DAY, share // 7, Share.NOJS, 0.0)
        with pytest.raises(CrowdedError):
            quota.take_one(tx, DAY, share // 7, Share.NOJS, 0.0)
        quota.take_one(tx, DAY, share // 7, Share.NOJS, 0.5)


def test_a_full_store_leaves_the_desk_a_reserve_and_each_member_a_bound(world: World) -> None:
    quota = Quota(QuotaSettings(total_mib=1000, day_mib=1000), lambda: 0.0)
    with world.database.transaction() as tx:
        quota._measured = 0.0, 1000 * 2**20
        with pytest.raises(FullError):
            quota.take_one(tx, DAY, 1024, Share.REQUESTS)
        quota.take_for_desk(tx, DAY, "someone", 90 * 2**20)
        with pytest.raises(FullError):
            quota.take_for_desk(tx, DAY, "someone", 20 * 2**20)
        quota._measured, quota._since = (0.0, 0), 0
        with pytest.raises(DayLimitError):
            quota.take_for_desk(tx, DAY, "someone", 200 * 2**20)
        quota.take_for_desk(tx, DAY, "someone else", 2**20)


def test_the_size_of_the_whole_store_counts_and_is_not_asked_for_each_time(world: World) -> None:
    now = [0.0]
    with world.database.transaction() as tx:
        size = usage.size_of_store(tx)
        assert size > 0
        quota = Quota(QuotaSettings(total_mib=1, day_mib=1000), lambda: now[0])
        assert quota.share(tx, DAY) == 100 * size // 2**20
        quota._measured = now[0], 2**21
        assert quota.share(tx, DAY) == 200
        now[0] += 11
        assert quota.share(tx, DAY) == 100 * size // 2**20
