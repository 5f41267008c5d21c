"""Measure the server's rates for submissions, no-JavaScript requests and pages, and compare them with the best possible."""

import asyncio
import json
import os
import statistics
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx

from bench.running import Progress
from bench.server import NOTHING, RAW, STATIC
from crypto import receipt
from crypto.encoding import GroupId, new_id
from intake.service.service import utc_now
from tests.support import raw, requester
from tests.support.processes import processor_seconds, resident

CLIENTS = 32
EACH = 1500  # posts of each kind and round
ROUNDS = 3  # rounds, of which the median counts. The kinds alternate, because the machine's speed varies
WITHOUT_SCRIPT = 120  # requests that the server encrypts
PAGES = 6000
VISITS = 3000  # offers, key lists, and posts of the same size that do nothing

LIMITS = {
    "raw group-committed inserts / submissions, 32 clients": 2.0,
    "p99 of submissions, 32 clients / 50 ms": 1.0,
    "p99 of the form's page while the no-JavaScript path is full / 20 ms": 1.0,
    "receipts that all cores could stretch / sealed on the no-JavaScript path": 2.0,
    "300 / requests sealed on the no-JavaScript path in a second": 1.0,
    "static limit / the form's page": 1.1,
    "processor time of an assignment offer, beyond a no-op post / 0.2 ms": 1.0,
    "processor time of a key list, beyond a no-op post / 0.05 ms": 1.0,
}


@dataclass(slots=True)
class Measured:
    """Answers per second, and the seconds of each."""

    rate: float
    took: list[float]

    @property
    def p99(self) -> float:
        """The 99th percentile in seconds."""
        return sorted(self.took)[int(len(self.took) * 0.99)]


def measure(address: str, process: int, progress: Progress, say: Progress) -> dict[str, float]:
    """Return the ratios of `LIMITS`.

    Args:
        address: the server's address.
        process: the server's process id, to watch its memory.
        progress: receives each step.
        say: receives each result.
    """
    return asyncio.run(_measure(address, process, progress, say))


async def _measure(address: str, process: int, progress: Progress, say: Progress) -> dict[str, float]:
    progress("submissions are made")
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        like = await requester.seal(client, "x" * 500, utc_now().date())
        bodies = [requester.parcel((await requester.copy(client, like)).body) for _ in range(EACH * (ROUNDS + 1))]
    at, kind = Connections(address), requester.PARCEL
    measured: dict[str, list[Measured]] = {path: [] for path in (NOTHING, RAW, "/api/form/cases")}
    await at.post("/api/form/cases", kind, bodies[:EACH], 201)  # warms up. Memory counts from here
    before = resident(process)
    for number in range(1, ROUNDS + 1):
        some = bodies[EACH * number : EACH * (number + 1)]
        for path, each in measured.items():
            progress(f"{path}, round {number} of {ROUNDS}")
            each.append(await at.post(path, kind, some, 201))
    grown = resident(process) - before
    nothing, bare, ours = (statistics.median(result.rate for result in each) for each in measured.values())
    slowest = statistics.median(result.p99 for result in measured["/api/form/cases"])
    line = f"{ours:.0f} durable submissions/s (p99 {slowest * 1000:.0f} ms), {bare:.0f} raw inserts/s"
    line += f", {nothing:.0f} no-op posts/s"
    idle = statistics.median(result.p99 for result in measured[NOTHING]) * 1000
    say(f"  {CLIENTS} clients: {line} (p99 {idle:.0f} ms); {grown / 2**20:.0f} MiB more after {EACH * ROUNDS}")
    ratios = {
        "raw group-committed inserts / submissions, 32 clients": bare / ours,
        "p99 of submissions, 32 clients / 50 ms": slowest / 0.05,
    }
    ratios |= await offers(at, process, progress, say)
    return ratios | await nojs(at, progress, say) | await pages(at, progress, say)


async def offers(at: "Connections", process: int, progress: Progress, say: Progress) -> dict[str, float]:
    """Measure the server's processor time for an offer and for a key list, each beyond a post that does nothing."""
    wanted, kind = [json.dumps({"case": new_id()}).encode() for _ in range(VISITS)], "application/json"
    took: dict[str, float] = {}
    for what in ("no-op", "offer", "key list"):
        progress(f"{VISITS} times: {what}")
        before = processor_seconds(process)
        if what == "key list":
            await at.get("/api/form/keylist", VISITS)
        else:
            path, status = (NOTHING, 201) if what == "no-op" else ("/api/form/offer", 200)
            await at.post(path, kind, wanted, status)
        took[what] = (processor_seconds(process) - before) / VISITS * 1000
    say("  processor time: " + ", ".join(f"{what} {ms:.2f} ms" for what, ms in took.items()))
    return {
        "processor time of an assignment offer, beyond a no-op post / 0.2 ms": (took["offer"] - took["no-op"]) / 0.2,
        "processor time of a key list, beyond a no-op post / 0.05 ms": (took["key list"] - took["no-op"]) / 0.05,
    }


async def nojs(at: "Connections", progress: Progress, say: Progress) -> dict[str, float]:
    """Send requests that the server encrypts, and measure the form's page meanwhile."""
    progress("the no-JavaScript path")
    kind = "application/x-www-form-urlencoded"
    async with httpx.AsyncClient(base_url=at.address, timeout=60) as client:
        begin: dict[str, Any] = {"content": "step=begin&form=need", "headers": {"content-type": kind}}
        pages = [(await client.post("/nojs/en/", **begin)).text for _ in range(WITHOUT_SCRIPT)]
    tickets = [page.split('name="ticket" value="')[1].split('"')[0] for page in pages]  # each is valid once
    await asyncio.sleep(2.1)  # a person's pace
    fields = {"form": "need", "q-words": "milk", "days": "7"}
    filled = [{**fields, "ticket": ticket, "case": new_id(), "code": receipt.generate()} for ticket in tickets]
    bodies = [urlencode(page).encode() for page in filled]
    took: list[float] = []
    watch = asyncio.ensure_future(_look(at, took))
    sealed = await at.post("/nojs/en/send/", kind, bodies, 200)
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch
    best = os.cpu_count() or 1
    start = time.perf_counter()
    for _ in range(10):
        receipt.stretch(receipt.generate(), GroupId(new_id()))
    possible = best * 10 / (time.perf_counter() - start)
    p99 = Measured(0, took).p99
    line = f"{sealed.rate:.0f}/s of {possible:.0f} receipts/s on {best} cores"
    say(f"  no-JavaScript path: {line}; the form's page meanwhile {p99 * 1000:.1f} ms")
    return {
        "p99 of the form's page while the no-JavaScript path is full / 20 ms": p99 / 0.02,
        "receipts that all cores could stretch / sealed on the no-JavaScript path": possible / sealed.rate,
        "300 / requests sealed on the no-JavaScript path in a second": 300 / sealed.rate,
    }


async def _look(at: "Connections", took: list[float]) -> None:
    while True:
        took += (await at.get("/en/", 1)).took
        await asyncio.sleep(0.01)


async def pages(at: "Connections", progress: Progress, say: Progress) -> dict[str, float]:
    """Compare the form's page with a constant answer of the same bytes."""
    rates: dict[str, list[float]] = {STATIC: [], "/en/": []}
    for _ in range(ROUNDS):
        for path, each in rates.items():
            progress(f"GET {path}")
            each.append((await at.get(path, PAGES)).rate)
    limit, ours = (statistics.median(each) for each in rates.values())
    say(f"  pages: {ours:.0f}/s, a constant answer of the same bytes {limit:.0f}/s")
    return {"static limit / the form's page": limit / ours}


class Connections:
    """Minimal clients over persistent connections, so that they cost little themselves."""

    def __init__(self, address: str, count: int = CLIENTS) -> None:
        self.address = address
        self._count = count
        host, port = address.removeprefix("http://").split(":")
        self._host, self._port = host, int(port)

    async def post(self, path: str, kind: str, bodies: list[bytes], status: int) -> Measured:
        """Send every body once, over as many connections as there are clients."""
        head = f"POST {path} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\ncontent-type: {kind}\r\n"
        sent = [f"{head}content-length: {len(body)}\r\n\r\n".encode() + body for body in bodies]
        return await self._all(sent, status)

    async def get(self, path: str, count: int) -> Measured:
        """Request the same page so many times."""
        head = f"GET {path} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\naccept-encoding: br\r\n\r\n"
        return await self._all([head.encode()] * count, 200)

    async def _all(self, requests: list[bytes], status: int) -> Measured:
        waiting, took = iter(requests), list[float]()

        async def work() -> None:
            async with raw.connected(self._port, self._host) as streams:
                for request in waiting:
                    before = time.perf_counter()
                    code, body = await raw.exchange(streams, request)
                    assert code == status, body
                    took.append(time.perf_counter() - before)

        start = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(min(self._count, len(requests)))))
        return Measured(len(requests) / (time.perf_counter() - start), took)
