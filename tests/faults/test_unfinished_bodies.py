"""More clients stall inside a body than the server has descriptors or memory for. The server still serves others."""

import asyncio
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from intake.server.connection_limits import SOURCE_SHARE
from intake.service.service import utc_now
from tests.support import requester
from tests.support.flood import Connection, submit
from tests.support.limited_server import server
from tests.support.processes import listening, resident
from tests.support.raw import connected
from tests.support.unfinished import DECLARED, flood

PEOPLE = 30
PATIENCE = 45  # seconds: as a browser waits for one answer (`intake/client/src/net/api.ts`), and it tries three times


MIB = 2**20
HEAD = b"POST /api/form/cases HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\n"
DESCRIPTORS = 400  # descriptors of a server with few
LONGEST = 240  # seconds; a flood ends by itself


@contextmanager
def flooded(address: str, sockets: int, size: int) -> Iterator[None]:
    """Flood the server until the block ends. The flood begins before the block and continues afterwards."""
    port = address.rpartition(":")[2]
    command = [sys.executable, "-m", "tests.support.unfinished", port, str(sockets), str(LONGEST), str(size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            time.sleep(3 + sockets / 1500)
            yield
            assert process.poll() is None, "the flood ended before the people had finished"
        finally:
            process.terminate()


async def served(address: str) -> list[int]:
    """Return the answers to people who each send a request over a new connection, a few at a time."""
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        like = await requester.seal(client, "milk", utc_now().date())
    at_once = asyncio.Semaphore(6)

    async def person() -> int:
        async with at_once:
            connection = Connection(address)
            try:
                return await asyncio.wait_for(submit(connection, like), PATIENCE)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                return 0
            finally:
                connection.close()

    return await asyncio.gather(*(person() for _ in range(PEOPLE)))


@pytest.mark.alone
@pytest.mark.parametrize("size", [0, 2000])
async def test_six_hundred_stalled_bodies_at_400_descriptors_block_nobody(size: int, tmp_path: Path) -> None:
    with server(tmp_path, str(DESCRIPTORS)) as address, flooded(address, 600, size):
        assert await served(address) == [201] * PEOPLE


@pytest.mark.alone
async def test_nine_thousand_stalled_bodies_of_one_process_block_nobody(tmp_path: Path) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 10_500:
        pytest.skip(f"this machine allows only {hard} file descriptors")
    with server(tmp_path) as address, flooded(address, 9_000, 1):
        assert await served(address) == [201] * PEOPLE


@pytest.mark.alone
async def test_a_thousand_unfinished_bodies_take_100_mib_at_most_and_small_requests_pass(tmp_path: Path) -> None:
    async def story(address: str, process: int) -> tuple[list[int], int]:
        people, most = asyncio.ensure_future(served(address)), 0
        while not people.done():
            most = max(most, resident(process))
            await asyncio.sleep(0.02)
        return people.result(), most

    with server(tmp_path) as address:
        process = listening(int(address.rpartition(":")[2]))
        await served(address)  # the first requests load modules
        before = resident(process)
        with flooded(address, 1_000, DECLARED - 1):
            statuses, most = await story(address, process)
    print(f"memory grew by {(most - before) / MIB:.0f} MiB")
    assert statuses == [201] * PEOPLE
    assert most - before < 100 * MIB


@pytest.mark.parametrize("stalled", [b"", HEAD + b"content-length: 9\r\n\r\n{"], ids=["before a head", "inside a body"])
async def test_one_source_holds_an_eighth_of_the_connections_and_loses_its_own_oldest(stalled: bytes, tmp_path: Path) -> None:
    """The connection that waits longest has another source, and stays open."""
    own = own_address()
    if own is None:
        pytest.skip("this machine has only a loopback address, which does not count as a source")

    with server(tmp_path, str(DESCRIPTORS)) as address:
        port = int(address.rpartition(":")[2])
        async with connected(port) as (reader, writer), AsyncExitStack() as greedy:
            writer.write(b"GET /healthz/live HTTP/1.1\r\nhost: localhost\r\n")
            await asyncio.sleep(0.2)
            crowd = []
            for _ in range(120):
                crowd.append(await asyncio.open_connection("127.0.0.1", port, local_addr=(own, 0)))
                greedy.callback(crowd[-1][1].transport.abort)
                crowd[-1][1].write(stalled)
            await asyncio.sleep(0.5)
            cut = [reader.at_eof() or reader.exception() is not None for reader, _ in crowd]
            assert cut == sorted(cut, reverse=True), "the oldest are closed"
            assert 10 <= cut.count(False) <= DESCRIPTORS // SOURCE_SHARE
            writer.write(b"connection: close\r\n\r\n")
            assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 200 ")


def own_address() -> str | None:
    """Return an address of this machine that is not loopback. No packet is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


async def test_a_displaced_body_gets_503_and_can_be_sent_again(tmp_path: Path) -> None:
    stalled = HEAD + b"content-length: %d\r\n\r\n" % DECLARED + b"{" * (DECLARED - 1)

    with server(tmp_path) as address:
        port = int(address.rpartition(":")[2])
        async with connected(port) as (reader, writer):
            writer.write(stalled)
            others = asyncio.ensure_future(flood(port, 120, 4, DECLARED - 1))
            answer = await asyncio.wait_for(reader.read(), 10)
            assert answer.startswith(b"HTTP/1.1 503 "), answer[:200]
            assert b"urn:sealed-intake:unavailable" in answer
            assert b"connection: close" in answer
            await others
        assert await served(address) == [201] * PEOPLE
