"""Measure the server's memory over 100,000 submissions, each with its own offer, as fast as 32 clients can send.

`make bench` runs it. To run it alone: `python -m bench.endurance 100000`.
"""

import asyncio
import json
import os
import sys

import httpx2 as httpx

from bench.running import Progress, running
from bench.throughput import CLIENTS
from crypto.encoding import new_id
from crypto.receipt import lookup_of
from intake.service.service import utc_now
from tests.support import raw, requester
from tests.support.processes import resident

COUNT, WARM = 100_000, 5_000  # submissions before memory counts, because caches fill once
MIB = 2**20

LIMITS = {"memory after 100,000 submissions, more / 50 MiB": 1.0}


def measure(address: str, process: int, progress: Progress, say: Progress, count: int = COUNT) -> dict[str, float]:
    """Return the ratio of `LIMITS`."""
    before, after = asyncio.run(_submit(address, process, progress, count))
    line = f"{before / MIB:.0f} MiB after {min(WARM, count // 2):,}, {after / MIB:.0f} MiB after {count:,}"
    say(f"  memory: {line}")
    return {"memory after 100,000 submissions, more / 50 MiB": (after - before) / (50 * MIB)}


async def _submit(address: str, process: int, progress: Progress, count: int) -> tuple[int, int]:
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        like = await requester.seal(client, "x" * 500, utc_now().date())
    host, port = address.removeprefix("http://").split(":")
    remaining, before = list(range(count)), [0]

    def request(path: str, data: bytes, kind: str = "application/json") -> bytes:
        head = f"POST {path} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: {kind}\r\n"
        return f"{head}content-length: {len(data)}\r\n\r\n".encode() + data

    async def work() -> None:
        async with raw.connected(int(port), host) as streams:
            while remaining:
                remaining.pop()
                case = new_id()
                status, answer = await raw.exchange(streams, request("/api/form/offer", json.dumps({"case": case}).encode()))
                assert status == 200, answer
                own = {
                    "case": case,
                    "lookup": lookup_of(os.urandom(32)),
                    "offer": json.loads(answer)["token"],
                    "work": "",
                }
                sent = request("/api/form/cases", requester.parcel({**like.body, **own}), requester.PARCEL)
                status, answer = await raw.exchange(streams, sent)
                assert status == 201, answer
                if len(remaining) == count - min(WARM, count // 2):
                    before[0] = resident(process)
                if remaining and len(remaining) % 5000 == 0:
                    progress(f"{count - len(remaining):,} of {count:,} submissions, {resident(process) / MIB:.0f} MiB")

    await asyncio.gather(*(work() for _ in range(CLIENTS)))
    return before[0], resident(process)


def main(count: int) -> None:
    """Run alone, on a fresh server."""
    with running() as (address, process):
        print(measure(address, process, lambda line: print(line, file=sys.stderr), print, count))


if __name__ == "__main__":
    main(int(sys.argv[1]))
