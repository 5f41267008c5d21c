"""Measure requests during floods of entries, of large requests and of endless bodies, and compare them with a calm run.

To run it alone: `python -m bench.store_floods`.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx

from bench.hash_floods import Fared
from bench.running import Progress
from intake.service.service import utc_now
from tests.support import requester
from tests.support.flood import Connection, submit
from tests.support.limited_server import server
from tests.support.unfinished import DECLARED

PEOPLE = 30
AT_ONCE = 6
PATIENCE = 45.0  # seconds that a browser waits for one answer
SECONDS = 240  # after which a flood ends


@dataclass(frozen=True, slots=True)
class Flood:
    """A flooding command, and the server's limit of file descriptors meanwhile."""

    name: str
    command: tuple[str, ...]
    descriptors: str = ""
    begins: float = 3.0  # seconds until the flood has full strength


FLOODS = (
    Flood("20 clients that write the largest entries", ("tests.support.flood", "{address}", "20", str(SECONDS), "entries")),
    Flood("20 clients that send large requests", ("tests.support.flood", "{address}", "20", str(SECONDS), "large")),
    Flood("600 unfinished bodies at 400 descriptors", ("tests.support.unfinished", "{port}", "600", str(SECONDS), "0"), "400"),
    Flood("9,000 unfinished bodies", ("tests.support.unfinished", "{port}", "9000", str(SECONDS), "1"), begins=9.0),
    Flood(
        "1,000 unfinished bodies of 319 KiB",
        ("tests.support.unfinished", "{port}", "1000", str(SECONDS), str(DECLARED - 1)),
    ),
)
LIMITS = {f"people / those who got through {flood.name}": 1.0 for flood in FLOODS}


def measure(progress: Progress, say: Progress) -> dict[str, float]:
    """Return the ratios of `LIMITS`."""
    ratios = {}
    for flood in FLOODS:
        progress(flood.name)
        with tempfile.TemporaryDirectory() as folder, server(Path(folder), flood.descriptors) as address:
            calm = people(address)
            with flooded(flood, address):
                tried = people(address)
        say(f"  {flood.name}: {tried}; calm: {calm}")
        ratios[f"people / those who got through {flood.name}"] = PEOPLE / max(tried.succeeded, 0.1)
    return ratios


@contextmanager
def flooded(flood: Flood, address: str) -> Iterator[None]:
    """Flood for as long as the block lasts."""
    parts = [part.format(address=address, port=address.rpartition(":")[2]) for part in flood.command]
    with subprocess.Popen([sys.executable, "-m", *parts], stdout=subprocess.DEVNULL) as process:
        try:
            time.sleep(flood.begins)
            yield
        finally:
            process.kill()


def people(address: str) -> Fared:
    """Send a request for each person over a connection of their own, a few at a time."""
    return Fared(asyncio.run(_people(address)))


async def _people(address: str) -> list[float | None]:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        like = await requester.seal(client, "milk", utc_now().date())
    turns = asyncio.Semaphore(AT_ONCE)

    async def person() -> float | None:
        async with turns:
            connection, start = Connection(address), time.monotonic()
            try:
                status = await asyncio.wait_for(submit(connection, like), PATIENCE)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                return None
            finally:
                connection.close()
            return time.monotonic() - start if status == 201 else None

    return await asyncio.gather(*(person() for _ in range(PEOPLE)))


def main() -> None:
    """Run alone."""
    print(measure(lambda line: print(line, file=sys.stderr), print))


if __name__ == "__main__":
    main()
