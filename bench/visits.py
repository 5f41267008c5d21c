"""Measure whole visits as a person's browser makes them, with load pricing on, and compare them with raw inserts."""

import asyncio
import statistics
import time
from contextlib import closing

import httpx2 as httpx

from bench.running import Progress, running
from bench.server import RAW
from bench.throughput import CLIENTS, ROUNDS, Connections, Measured
from intake.service.service import utc_now
from tests.support import requester
from tests.support.flood import Connection, submit
from tests.support.processes import processor_seconds

EACH = 600  # visits and raw inserts of a round

LIMITS = {"raw group-committed inserts / whole visits, pricing on, 32 clients": 1 / 0.3}


def measure(progress: Progress, say: Progress) -> dict[str, float]:
    """Return the ratio of `LIMITS`. `progress` receives each step, and `say` each result."""
    with running(is_priced=True) as (address, process):
        return asyncio.run(_measure(address, process, progress, say))


async def _measure(address: str, process: int, progress: Progress, say: Progress) -> dict[str, float]:
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        like = await requester.seal(client, "x" * 500, utc_now().date())
    raw_bodies = [requester.parcel(requester.renamed(like).body) for _ in range(EACH)]
    await _visits(address, like, EACH)  # warms up
    raw: list[float] = []
    visits: list[Measured] = []
    used = 0.0
    for number in range(1, ROUNDS + 1):
        progress(f"raw inserts, round {number} of {ROUNDS}")
        raw.append((await Connections(address).post(RAW, requester.PARCEL, raw_bodies, 201)).rate)
        progress(f"whole visits, round {number} of {ROUNDS}")
        before = processor_seconds(process)
        visits.append(await _visits(address, like, EACH))
        used += processor_seconds(process) - before
    bare, rate, p99 = (statistics.median(each) for each in (raw, [v.rate for v in visits], [v.p99 for v in visits]))
    cost = used / (EACH * ROUNDS) * 1000
    say(f"  whole visits: {rate:.0f}/s (p99 {p99 * 1000:.0f} ms, {cost:.1f} ms of processor time), {bare:.0f} raw inserts/s")
    return dict.fromkeys(LIMITS, bare / rate)


async def _visits(address: str, like: requester.Sealed, count: int) -> Measured:
    """Make so many visits, some at once: page, key list, offer and submission over one new connection."""
    waiting, took = iter(range(count)), list[float]()

    async def visitor() -> None:
        for _ in waiting:
            before = time.perf_counter()
            with closing(Connection(address)) as connection:
                for path in ("/en/", "/api/form/keylist"):
                    status, _ = await connection.exchange(path, b"", method="GET")
                    assert status == 200, path
                assert await submit(connection, like) == 201
            took.append(time.perf_counter() - before)

    start = time.perf_counter()
    await asyncio.gather(*(visitor() for _ in range(CLIENTS)))
    return Measured(count / (time.perf_counter() - start), took)
