"""Clients flood the server with requests that cost a hash, and people use it meanwhile.

All of them have the same source, as behind a proxy or Tor.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from intake.cli.answers import MAX_PRICES
from intake.desk.access.admission import MAX_PRICE
from tests.support import raw
from tests.support.sign_in_load import PATIENCE, person, server, signing_in

# How many times longer everything may take: the limits are for a machine without other load.
SLOWER = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@contextmanager
def flooded(kind: str, address: str, clients: int, seconds: float, before: Sequence[str] = ()) -> Iterator[None]:
    """Flood the server until the block ends, for this many seconds at most; `before` is a command in front."""
    command = [*before, sys.executable, "-m", "tests.support.hash_flood", kind, address, str(clients), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flooding:
        try:
            time.sleep(3)
            yield
            assert flooding.poll() is None, "the flood ended before the people had finished"
        finally:
            flooding.kill()


async def looked_at(address: str, path: str, times: int) -> list[float]:
    """Return the sorted seconds of each of `times` requests of a page, on one connection, fifty a second."""
    port, took = int(address.rpartition(":")[2]), []
    request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode()
    async with raw.connected(port) as streams:
        for _ in range(times):
            before = time.monotonic()
            status, _ = await raw.exchange(streams, request)
            assert status == 200
            took.append(time.monotonic() - before)
            await asyncio.sleep(0.02)
    return sorted(took)


@pytest.mark.alone
def test_two_hundred_connections_with_unknown_handles_block_no_correct_passphrase(tmp_path: Path) -> None:
    with server(tmp_path) as address, flooded("sign-in", address, 200, 150):
        longest = max(done.seconds for done in signing_in(address, 10))
        print(f"right passphrase: {longest:.1f} s at most")
        assert longest < PATIENCE * SLOWER


@pytest.mark.alone
async def test_a_flood_of_sign_ins_does_not_block_the_path_without_javascript(tmp_path: Path) -> None:
    async def people(address: str) -> list[float | None]:
        return await asyncio.gather(*(person(address, 60) for _ in range(10)))

    with server(tmp_path) as address, flooded("sign-in", address, 200, 150):
        took = await people(address)
        assert sum(seconds is not None for seconds in took) == 10, took


@pytest.mark.alone
def test_two_hundred_connections_that_do_the_work_block_no_correct_passphrase(tmp_path: Path) -> None:
    """The attacker has the rest of this machine, about one core. Real attackers use other machines."""
    with server(tmp_path) as address, flooded("pay", address, 200, 250, before=("nice", "-n", "19")):
        done = signing_in(address, 5)
        print(*done, sep="\n")
        assert max(visitor.longest_answer for visitor in done) < PATIENCE
        assert all(len(visitor.prices) <= MAX_PRICES and max(visitor.prices, default=0) <= MAX_PRICE for visitor in done)
        assert any(visitor.prices for visitor in done), "no sign-in had to do work"


@pytest.mark.alone
async def test_a_session_that_changes_its_unlockers_without_pause_delays_nobody_else(tmp_path: Path) -> None:
    """On the event loop, one such request would stall `/healthz/live` for 31 seconds."""

    async def others(address: str, times: int) -> list[float]:
        """Return the 99th percentile of each page."""
        took = await asyncio.gather(*(looked_at(address, path, times) for path in ("/healthz/live", "/en/")))
        return [seconds[int(times * 0.99)] for seconds in took]

    with server(tmp_path) as address:
        calm = await others(address, 100)
        command = [sys.executable, "-m", "tests.support.hash_flood", "ways", address, "8", "20"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flooding:
            time.sleep(3)
            flooded = await others(address, 500)
            lasted = flooding.poll() is None
            statuses = json.loads(flooding.communicate()[0])
    print(f"p99: {[f'{p99 * 1000:.0f} ms' for p99 in flooded]}; calm: {[f'{p99 * 1000:.0f} ms' for p99 in calm]}; {statuses}")
    assert statuses.get("200"), "the session changed nothing, so the server hashed nothing"
    assert max(flooded) < 0.05
    assert lasted, "the flood ended before the others had finished"


@pytest.mark.alone
async def test_two_hundred_tiny_posts_a_second_do_not_block_the_path_without_javascript(tmp_path: Path) -> None:
    async def people(address: str) -> list[float | None]:
        return await asyncio.gather(*(person(address, 60 * SLOWER) for _ in range(10)))

    with server(tmp_path) as address, flooded("nojs", address, 50, 60 * SLOWER + 60):
        took = await people(address)
        print(f"without JavaScript: {took}")
        assert sum(seconds is not None for seconds in took) >= 9, took
