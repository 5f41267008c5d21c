"""Measure two server processes on one PostgreSQL.

The baseline is raw single-row inserts of the same bodies by the same driver at the same concurrency.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager

import httpx2 as httpx
import psycopg
from sqlalchemy import make_url

from bench.running import QUOTA, Progress
from bench.throughput import CLIENTS, Connections
from intake.service.service import utc_now
from tests.support import postgres, requester
from tests.support.browser import PASSPHRASE
from tests.support.processes import enrol_at, free_port, listens

PROCESSES = 2
EACH = 750  # bodies for each process and round
ROUNDS = 3  # rounds, of which the median counts

LIMITS = {"raw single-row inserts / submissions, PostgreSQL, 2 processes": 2.0}


def measure(progress: Progress, say: Progress) -> dict[str, float]:
    """Return the ratio of `LIMITS`."""
    progress("PostgreSQL with two processes")
    with postgres.cluster({"fsync": "on", "full_page_writes": "on"}) as cluster, servers(cluster.new()) as addresses:
        ours, bare = asyncio.run(_measure(addresses, cluster.new(), progress))
    say(
        f"  PostgreSQL, {PROCESSES} processes, {CLIENTS} clients: {ours:.0f} submissions/s, {bare:.0f} raw single-row inserts/s"
    )
    return {"raw single-row inserts / submissions, PostgreSQL, 2 processes": bare / ours}


@contextmanager
def servers(url: str) -> Iterator[list[str]]:
    """Start the processes on a fresh group and yield their addresses."""
    with tempfile.TemporaryDirectory() as folder:
        running: list[subprocess.Popen[str]] = []
        folders = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store"}
        base = {**os.environ, **folders, **QUOTA, "INTAKE_DATABASE_URL": url}
        base.pop("PYTHONMALLOC", None)
        try:
            addresses = []
            for number in range(PROCESSES):
                port = free_port()
                environment = {**base, "INTAKE_PORT": str(port)}
                command = [sys.executable, "-m", "bench.server"]
                process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
                running.append(process)
                assert process.stdout is not None
                link = process.stdout.readline().strip()
                listens(port)
                if number == 0:
                    assert enrol_at(environment, link, PASSPHRASE).returncode == 0
                addresses.append(f"http://127.0.0.1:{port}")
            yield addresses
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.communicate(timeout=20)


async def _measure(addresses: list[str], raw_url: str, progress: Progress) -> tuple[float, float]:
    async with httpx.AsyncClient(base_url=addresses[0], timeout=60) as client:
        like = await requester.seal(client, "x" * 500, utc_now().date())
        count = EACH * PROCESSES * (ROUNDS + 1)
        bodies = [requester.parcel((await requester.copy(client, like)).body) for _ in range(count)]
    at = [Connections(address, CLIENTS // PROCESSES) for address in addresses]
    ours, bare = list[float](), list[float]()
    prepare(raw_url)
    for number in range(ROUNDS + 1):
        progress(f"PostgreSQL with two processes, round {number} of {ROUNDS}")
        some = bodies[EACH * PROCESSES * number : EACH * PROCESSES * (number + 1)]
        start = time.perf_counter()
        parts = [some[n::PROCESSES] for n in range(PROCESSES)]
        posts = (
            connections.post("/api/form/cases", requester.PARCEL, part, 201)
            for connections, part in zip(at, parts, strict=True)
        )
        await asyncio.gather(*posts)
        ours.append(len(some) / (time.perf_counter() - start))
        with ProcessPoolExecutor(PROCESSES) as pool:
            bare.append(sum(pool.map(raw_inserts, [raw_url] * PROCESSES, parts)))
    return statistics.median(ours[1:]), statistics.median(bare[1:])  # the first round warms up


def prepare(url: str) -> None:
    """Make a table for the raw rows."""
    with psycopg.connect(_dsn(url), autocommit=True) as connection:
        connection.execute("CREATE TABLE raw (id bytea PRIMARY KEY, body bytea)")
        connection.execute("ALTER TABLE raw ALTER body SET STORAGE EXTERNAL")


def raw_inserts(url: str, bodies: list[bytes]) -> float:
    """Return rows per second, each in a transaction of its own, over half of the clients' connections."""
    waiting = iter(bodies)
    each = CLIENTS // PROCESSES
    connections = [psycopg.connect(_dsn(url), autocommit=True) for _ in range(each)]

    def work(connection: "psycopg.Connection[object]") -> None:
        for body in waiting:
            connection.execute("INSERT INTO raw VALUES (%s, %s)", (os.urandom(16), body))

    start = time.perf_counter()
    with ThreadPoolExecutor(each) as threads:
        list(threads.map(work, connections))
    took = time.perf_counter() - start
    for connection in connections:
        connection.close()
    return len(bodies) / took


def _dsn(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def main() -> None:
    """Run alone: `python -m bench.shared`."""
    print(measure(lambda line: print(line, file=sys.stderr), print))


if __name__ == "__main__":
    main()
