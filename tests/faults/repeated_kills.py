"""Kill a server again and again while people send: `python -m tests.faults.repeated_kills sqlite|postgresql ROUNDS`.

A person without an answer sends the same request again, as the browser does, until one arrives. At the end, the store
holds every acknowledged request once, and no other.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
from sqlalchemy import select

from intake.service.service import utc_now
from intake.store import schema
from intake.store.engines.engine import Database
from tests.support import postgres, requester
from tests.support.processes import INTAKE, enrol_at, free_port, listens

SENDERS = 8
LONGEST = 1.2  # seconds between the start of listening and the kill
PATIENCE = 60.0  # seconds between a start and the first acknowledged request
PASSPHRASE = "five dull lanterns over Rotterdam"


@dataclass(frozen=True, slots=True)
class KillTest:
    """The result. `lost`: acknowledged but not stored. `twice`: stored more than once, or in two ways."""

    kills: int
    acknowledged: int
    repeated: int
    lost: int
    twice: int
    damaged: str


def run_kill_test(folder: Path, url: str, kills: int, seed: int, progress: Callable[[str], None] = lambda _: None) -> KillTest:
    """Kill the server that many times at random points, then check the store."""
    chance = random.Random(seed)
    values = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_PORT": str(free_port())}
    environment = {**os.environ, **values} | ({"INTAKE_DATABASE_URL": url} if url else {})
    environment.pop("PYTHONMALLOC", None)  # configured as for an installation
    if url:
        Path(values["INTAKE_DATA"]).mkdir()
        environment["PATH"] = f"{postgres.binaries()}:{environment['PATH']}"
        subprocess.run([str(INTAKE), "migrate"], env=environment, check=True, capture_output=True)
    server = _Server(environment)
    server.start(enrol=True)
    try:
        sent = asyncio.run(_sent(server, chance, kills, progress))
    finally:
        server.stop()
    return _result(Path(values["INTAKE_DATA"]), url, kills, sent)


class _Server:
    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.address = f"http://127.0.0.1:{environment['INTAKE_PORT']}"
        self._process: subprocess.Popen[str] | None = None

    def start(self, *, enrol: bool = False) -> None:
        self._process = subprocess.Popen(
            [str(INTAKE), "run"], env=self.environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        if enrol:
            assert self._process.stdout is not None
            link = next(line.strip() for line in self._process.stdout if "/desk/enrol/#" in line)
            listens(int(self.environment["INTAKE_PORT"]))
            assert enrol_at(self.environment, link, PASSPHRASE).returncode == 0
        else:
            listens(int(self.environment["INTAKE_PORT"]))

    def kill(self) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.communicate(timeout=PATIENCE)


@dataclass(slots=True)
class _Sent:
    acknowledged: list[str]
    repeated: int = 0


async def _sent(server: _Server, chance: random.Random, kills: int, progress: Callable[[str], None]) -> _Sent:
    sent, over = _Sent([]), asyncio.Event()
    async with httpx.AsyncClient(base_url=server.address, timeout=30) as client:
        like = await requester.seal(client, "x", utc_now().date())
        people = [asyncio.create_task(_person(client, like, sent, over)) for _ in range(SENDERS)]
        for n in range(kills):
            if n % 4 != 3:  # sometimes a server that has hardly started
                await _more(sent)
            await asyncio.sleep(chance.uniform(0, LONGEST))
            server.kill()
            await asyncio.to_thread(server.start)
            progress(f"{n + 1} of {kills} kills, {len(sent.acknowledged)} acknowledged, {sent.repeated} sent more than once")
        await _more(sent)
        over.set()
        await asyncio.gather(*people)
    return sent


async def _more(sent: _Sent) -> None:
    """Wait until the server acknowledges one more request."""
    before, until = len(sent.acknowledged), time.monotonic() + PATIENCE
    while len(sent.acknowledged) == before:
        assert time.monotonic() < until, "the server acknowledges nothing any more"
        await asyncio.sleep(0.01)


async def _person(client: httpx.AsyncClient, like: requester.Sealed, sent: _Sent, over: asyncio.Event) -> None:
    """Send one case after another. Each is sent until it is acknowledged."""
    while not over.is_set():
        try:
            sealed = await requester.copy(client, like)
        except httpx.TransportError:
            await asyncio.sleep(0.02)
            continue
        again = False
        while True:
            try:
                answer = await requester.submit(client, sealed.body)
            except httpx.TransportError:
                again = True
                await asyncio.sleep(0.02)
                continue
            if answer.status_code in (200, 201):
                sent.acknowledged.append(sealed.body["case"])
                sent.repeated += again
                break
            if answer.status_code == 409:
                break  # not stored: its offer has expired, or load has risen; send another one
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.05)


def _result(folder: Path, url: str, kills: int, sent: _Sent) -> KillTest:
    database = Database(url or folder / "store.db")
    try:
        with database.transaction(read_only=True) as tx:
            cases = list(tx.scalars(select(schema.cases.c.id)))
            entries, grants = (Counter(tx.scalars(select(of))) for of in (schema.entries.c.case_id, schema.grants.c.case_id))
            damaged = "" if url else tx.exec_driver_sql("PRAGMA integrity_check").scalar_one()
    finally:
        database.close()
    acknowledged = set(sent.acknowledged)
    whole = {case for case in cases if entries.get(case) == 1 and grants.get(case, 0) >= 1}
    return KillTest(
        kills=kills,
        acknowledged=len(sent.acknowledged),
        repeated=sent.repeated,
        lost=len(acknowledged - whole),
        # The first one is copied for the others and never sent.
        twice=len(cases) - len(acknowledged) + len(sent.acknowledged) - len(acknowledged),
        damaged="" if damaged in ("", "ok") else damaged,
    )


def main(engine: str, kills: int) -> int:
    """Run with progress; return 1 if anything was lost, doubled or damaged."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(postgres.cluster({"fsync": "on"})).new() if engine == "postgresql" else ""
        began, seed = time.monotonic(), random.SystemRandom().randrange(2**32)
        outcome = run_kill_test(
            folder, url, kills, seed, lambda line: print(f"\r  {line}", end="", file=sys.stderr, flush=True)
        )
        print(file=sys.stderr)
        took = f"{outcome.kills} SIGKILLs in {time.monotonic() - began:.0f} s (seed {seed})"
        said = f"{outcome.acknowledged} requests acknowledged, {outcome.repeated} of them sent more than once"
        damage = f", damaged: {outcome.damaged}" if outcome.damaged else ""
        print(f"{engine}: {took}: {said}; {outcome.lost} lost, {outcome.twice} duplicated{damage}")
    return int(bool(outcome.lost or outcome.twice or outcome.damaged or not outcome.acknowledged))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
