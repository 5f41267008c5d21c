"""Receipts and passphrases are hashed in a pool, so that they delay no other work."""

import asyncio
import os
import sys
import threading
import time

import pytest

from intake.errors import CrowdedError
from intake.service.argon2_pool import MAX_WAITING, NICENESS, THREADS, Argon2Pool, Lane


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority of its own")
async def test_page_views_are_served_before_a_flood_of_receipts() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    async def stretched() -> int:
        pool = Argon2Pool()
        try:
            return await pool.run(priority, Lane.SEND)
        finally:
            pool.close()

    before = priority()
    assert await stretched() == min(19, before + NICENESS)
    assert priority() == before


async def test_a_lane_that_is_full_delays_no_other_lane_and_is_refused_by_itself() -> None:
    pool = Argon2Pool()
    done: list[str] = []

    def hashing(name: str) -> None:
        time.sleep(0.01)
        done.append(name)

    async def hash_in(lane: Lane, name: str, key: str = "") -> None:
        await pool.run(lambda: hashing(name), lane, b"", key)

    flood = [asyncio.ensure_future(hash_in(Lane.SIGN_IN, "flood", str(number))) for number in range(MAX_WAITING + 20)]
    await asyncio.sleep(0)
    await asyncio.gather(*(hash_in(Lane.SEND, "honest") for _ in range(3)))
    assert done.count("honest") == 3
    assert done.count("flood") <= 3 + 2 * THREADS, "lanes take turns"
    outcomes = await asyncio.gather(*flood, return_exceptions=True)
    assert 0 < sum(isinstance(outcome, CrowdedError) for outcome in outcomes) <= 20
    pool.close()


@pytest.mark.alone
async def test_lanes_share_by_time_and_not_by_number() -> None:
    pool = Argon2Pool()
    done: list[str] = []

    def hashing(name: str, seconds: float) -> None:
        time.sleep(seconds)
        done.append(name)

    dear = [pool.run(lambda: hashing("dear", 0.05), Lane.SIGN_IN, b"", str(number)) for number in range(20)]
    cheap = [pool.run(lambda: hashing("cheap", 0.005), Lane.SEND) for _ in range(40)]
    first = [asyncio.ensure_future(job) for job in (*dear, *cheap)]
    await asyncio.gather(*first[20:])
    assert done.count("dear") <= 5 + 2 * THREADS, "40 cheap ones take as long as 4 dear ones"
    await asyncio.gather(*first)
    pool.close()


async def test_an_abandoned_job_is_not_computed_and_a_failure_affects_only_its_own_job() -> None:
    pool = Argon2Pool()
    gate, done = threading.Event(), list[str]()
    running = [asyncio.ensure_future(pool.run(gate.wait, Lane.SEND)) for _ in range(THREADS)]
    gone = asyncio.ensure_future(pool.run(lambda: done.append("gone"), Lane.SEND))
    fails = asyncio.ensure_future(pool.run(lambda: int("x"), Lane.SEND))
    after = asyncio.ensure_future(pool.run(lambda: "after", Lane.RETURN))
    await asyncio.sleep(0)
    gone.cancel()
    gate.set()
    await asyncio.gather(*running)
    with pytest.raises(ValueError, match="invalid literal"):
        await fails
    assert await after == "after"
    assert not done
    pool.close()


def test_an_event_loop_that_ended_meanwhile_leaves_the_pool_usable() -> None:
    pool, gate = Argon2Pool(), threading.Event()

    async def leaves() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await pool.run(gate.wait, Lane.SEND)

    async def comes() -> int:
        return await pool.run(lambda: 1, Lane.SEND)

    asyncio.run(leaves())
    gate.set()
    time.sleep(0.1)
    assert asyncio.run(comes()) == 1
    pool.close()


async def test_the_pace_of_a_lane_counts_the_other_waiting_lanes() -> None:
    pool = Argon2Pool()
    assert pool.pace(Lane.SIGN_IN) == 0
    for _ in range(30):
        await pool.run(lambda: time.sleep(0.02), Lane.SIGN_IN)
    alone = pool.pace(Lane.SIGN_IN)
    assert 0.015 < alone < 0.2
    gate = threading.Event()
    held = [asyncio.ensure_future(pool.run(gate.wait, Lane.SEND)) for _ in range(THREADS + 1)]
    await asyncio.sleep(0)
    assert pool.pace(Lane.SIGN_IN) == 2 * alone
    gate.set()
    await asyncio.gather(*held)
    pool.close()
