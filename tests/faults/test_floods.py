"""Two hundred clients flood the server with valid-looking submissions, and twenty people send meanwhile."""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx2 as httpx
import pytest

from intake.service.service import utc_now
from tests.support import requester
from tests.support.flood import Connection, submit
from tests.support.processes import free_port, started
from tests.support.terminal import enrol

FLOODERS, HONEST = 200, 20
SECONDS = 20.0
PASSPHRASE = "correct horse battery staple in a flood"


@pytest.mark.alone
async def test_honest_people_get_through_a_flood(tmp_path: Path) -> None:
    port = free_port()
    values = {"INTAKE_DATA": f"{tmp_path}/var", "INTAKE_KEY_STORE": f"{tmp_path}/key-store", "INTAKE_PORT": str(port)}
    environment, address = {**os.environ, **values}, f"http://127.0.0.1:{port}"

    async def honest() -> list[tuple[int, float]]:
        async with httpx.AsyncClient(base_url=address, timeout=60) as client:
            like = await requester.seal(client, "milk", utc_now().date())
        until = time.monotonic() + SECONDS - 4

        async def person(number: int) -> list[tuple[int, float]]:
            connection, done = Connection(address), []
            await asyncio.sleep(number * 0.05)
            while time.monotonic() < until:
                before = time.monotonic()
                done.append((await submit(connection, like), time.monotonic() - before))
                await asyncio.sleep(1.0)
            connection.close()
            return done

        return [submission for some in await asyncio.gather(*(person(n) for n in range(HONEST))) for submission in some]

    with started(environment) as (_, link):
        enrol(link, PASSPHRASE, "Sam")
        command = [sys.executable, "-m", "tests.support.flood", address, str(FLOODERS), str(SECONDS)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flooding:
            time.sleep(2)
            sent = await honest()
            flooded = json.loads(flooding.communicate()[0])
    took = sorted(seconds for _, seconds in sent)
    stored = sum(status == 201 for status, _ in sent)
    half, most = took[len(took) // 2], took[int(len(took) * 0.99)]
    print(f"honest: {stored} of {len(sent)}, p50 {half:.2f} s, p99 {most:.2f} s; flooders: {flooded}")
    assert len(sent) >= HONEST
    assert sum(flooded.values()) > 100  # it was a flood
    assert stored / len(sent) >= 0.99
    assert most < 5.0
