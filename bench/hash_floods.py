"""Measure sign-in and the no-JavaScript pages during floods of hashes, and compare them with a calm run.

To run it alone: `python -m bench.hash_floods`.
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

from bench.running import Progress
from bench.throughput import Connections
from intake.cli.answers import RefusedError
from tests.support.sign_in_load import person, server, signing_in

ATTEMPTS = 10  # attempts with the right passphrase
PEOPLE = 10  # requests without JavaScript
PATIENCE = 60.0  # seconds
LOOKS = 500  # page loads meanwhile: enough for a p99
FLOODS = {"sign-in": ("200 connections of unknown handles", 200), "nojs": ("200 tiny posts a second", 50)}

LIMITS = {
    "slowest sign-in under unknown handles / 10 s": 1.0,
    "sign-ins / those that succeeded under unknown handles": 1.0,
    "people without JavaScript / those who got through tiny posts": 1.12,
    "p99 of a page under unknown handles / 50 ms": 8.0,  # the flooders' own 200 requests wait first
}


@dataclass(frozen=True, slots=True)
class Fared:
    """The seconds of each honest attempt, or None for one that failed."""

    took: list[float | None]

    @property
    def succeeded(self) -> int:
        """The number of successes."""
        return sum(seconds is not None for seconds in self.took)

    @property
    def p99(self) -> float:
        """The 99th percentile in seconds. A failure counts as infinite."""
        ordered = sorted(float("inf") if seconds is None else seconds for seconds in self.took)
        return ordered[int(len(ordered) * 0.99)]

    def __str__(self) -> str:
        return f"{self.succeeded} of {len(self.took)}, p99 {self.p99:.2f} s"


@contextmanager
def flooded(kind: str, address: str, clients: int) -> Iterator[None]:
    """Flood from so many clients, for as long as the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.hash_flood", kind, address, str(clients), "300"], stdout=subprocess.DEVNULL
    ) as flooding:
        try:
            time.sleep(3)
            yield
        finally:
            flooding.kill()


def measure(progress: Progress, say: Progress) -> dict[str, float]:
    """Return the ratios of `LIMITS`."""
    tried: dict[str, Fared] = {}
    flooded_page = 0.0
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as address:
        progress("a calm run")
        calm = {"sign-in": signed_in(address), "nojs": people(address)}
        calm_page = page(address)
        for kind, (name, clients) in FLOODS.items():
            progress(name)
            with flooded(kind, address, clients):
                tried[kind] = signed_in(address) if kind == "sign-in" else people(address)
                if kind == "sign-in":
                    flooded_page = page(address)
            say(f"  {name}: {tried[kind]}; calm: {calm[kind]}")
    say(f"  a page under unknown handles: p99 {flooded_page * 1000:.0f} ms; calm: {calm_page * 1000:.0f} ms")
    return {
        "slowest sign-in under unknown handles / 10 s": tried["sign-in"].p99 / 10,
        "sign-ins / those that succeeded under unknown handles": ATTEMPTS / max(tried["sign-in"].succeeded, 0.1),
        "people without JavaScript / those who got through tiny posts": PEOPLE / max(tried["nojs"].succeeded, 0.1),
        "p99 of a page under unknown handles / 50 ms": flooded_page / 0.05,
    }


def signed_in(address: str) -> Fared:
    """Sign in as the coordinator with the right passphrase, one attempt after another."""

    def once() -> float | None:
        try:
            return signing_in(address, 1)[0].seconds
        except RefusedError:
            return None

    return Fared([once() for _ in range(ATTEMPTS)])


def people(address: str) -> Fared:
    """Send requests without JavaScript, all at once."""

    async def all_of_them() -> list[float | None]:
        return await asyncio.gather(*(person(address, PATIENCE) for _ in range(PEOPLE)))

    return Fared(asyncio.run(all_of_them()))


def page(address: str) -> float:
    """Return the p99 in seconds of the form's page on one connection."""
    return asyncio.run(Connections(address, 1).get("/en/", LOOKS)).p99


def main() -> None:
    """Run alone."""
    print(measure(lambda line: print(line, file=sys.stderr), print))


if __name__ == "__main__":
    main()
