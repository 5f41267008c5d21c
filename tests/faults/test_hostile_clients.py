"""Clients are slow, many or malformed, against a real server process. Each is bounded, and others are served."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from tests.support import idle_connections
from tests.support.header_values import VALUES
from tests.support.processes import free_port, listening, resident, started
from tests.support.raw import connected
from tests.support.unfinished import can_open

LIMIT = 15.0  # seconds within which the server closes a stalling connection
SLACK = 1.0  # how many times longer everything may take on this machine
HERD = 10_000
HEAD = b"GET /healthz/live HTTP/1.1\r\nhost: localhost\r\n"
POST = b"POST /api/form/offer HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
Attack = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder, port = tmp_path_factory.mktemp("hostile"), free_port()
    values = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_PORT": str(port)}
    written = folder / "written"
    with started({**os.environ, **values}, before=("sh", "-c", 'exec "$@" 2>>"$0"', str(written))):
        yield port
    assert written.read_text() == "", "a client made the server tell its operator something"


async def answers(port: int) -> float:
    """Return the seconds until an honest client has its answer."""
    before = time.monotonic()
    async with connected(port) as (reader, writer):
        writer.write(HEAD + b"connection: close\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    return time.monotonic() - before


async def said(port: int, sent: bytes) -> bytes:
    """Return everything that the server sends until it closes."""
    async with connected(port) as (reader, writer):
        writer.write(sent)
        try:
            return await asyncio.wait_for(reader.read(), LIMIT + SLACK)
        except ConnectionError:
            return b""  # refused before it was read to its end


async def trickle(writer: asyncio.StreamWriter, what: bytes, every: float = 0.5) -> None:
    for byte in what:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(every)


async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Open an idle connection and send nothing."""


async def slow_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await trickle(writer, HEAD + b"x: " + b"y" * 1000)


async def empty_lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await trickle(writer, b"\r\n" * 1000)


async def half_a_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)


async def trickled_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await trickle(writer, POST + b"content-length: 9000\r\n\r\n" + b"{" * 9000, 0.01)


async def no_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(POST + b"content-length: 9000\r\n\r\n")


async def trickled_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await trickle(writer, POST + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\n{\r\n" * 2000, 0.01)


async def kept_alive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")


async def body_that_nobody_awaits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"GET /en/ HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9000\r\n\r\n")


async def half_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    writer.write_eof()


SLOW = [
    nothing, slow_headers, empty_lines, half_a_head, trickled_body, no_body, trickled_chunks, kept_alive,
    body_that_nobody_awaits, half_closed,
]  # fmt: skip


async def held(port: int, attack: Attack) -> float:
    """Return the seconds until the server closes a connection. Reads whatever it sends."""
    before = time.monotonic()
    async with connected(port) as (reader, writer):
        attacking = asyncio.ensure_future(attack(reader, writer))
        try:
            while await asyncio.wait_for(reader.read(65536), 2 * LIMIT):
                pass
        except ConnectionError:
            pass
        finally:
            attacking.cancel()
            await asyncio.gather(attacking, return_exceptions=True)
    return time.monotonic() - before


async def unread(port: int) -> float:
    """Return the seconds until the server disconnects a client that requests much and reads nothing."""
    before = time.monotonic()
    async with connected(port) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        try:
            for _ in range(4000):
                writer.write(b"GET /en/ HTTP/1.1\r\nhost: localhost\r\n\r\n")
                await asyncio.wait_for(writer.drain(), 2 * LIMIT)
                await asyncio.sleep(0.002)
            while not writer.transport.is_closing() and time.monotonic() - before < 2 * LIMIT:
                writer.write(b"\r\n")
                await asyncio.sleep(0.2)
        except (ConnectionError, TimeoutError):
            pass
    return time.monotonic() - before


async def probed(port: int, until: asyncio.Event) -> list[float]:
    took = []
    while not until.is_set():
        took.append(await answers(port))
        await asyncio.sleep(0.05)
    return took


@pytest.mark.waits
async def test_a_slow_client_is_disconnected_within_fifteen_seconds_and_others_are_served(server: int) -> None:
    over = asyncio.Event()
    honest = asyncio.ensure_future(probed(server, over))
    took = await asyncio.gather(*(held(server, attack) for attack in SLOW))
    over.set()
    late = {attack.__name__: seconds for attack, seconds in zip(SLOW, took, strict=True) if seconds > LIMIT + SLACK}
    assert not late
    assert max(await honest) < 1.0


@pytest.mark.waits
async def test_a_client_that_requests_much_and_reads_nothing_is_disconnected(server: int) -> None:
    over = asyncio.Event()
    honest = asyncio.ensure_future(probed(server, over))
    # The kernel's buffers take some megabytes first. The time counts from when they are full.
    assert await unread(server) < LIMIT + 12
    over.set()
    assert max(await honest) < 1.0


BODY = b'{"case":"x"}'
LENGTH = b"content-length: %d\r\n" % len(BODY)
CHUNKS = b"transfer-encoding: chunked\r\n"
CHUNKED = b"c\r\n" + BODY + b"\r\n0\r\n\r\n"
MALFORMED = {
    "length and chunks": POST + LENGTH + CHUNKS + b"\r\n" + CHUNKED,
    "chunks and length": POST + CHUNKS + LENGTH + b"\r\n" + CHUNKED,
    "two lengths": POST + LENGTH + b"content-length: 3\r\n\r\n" + BODY,
    "a negative length": POST + b"content-length: -1\r\n\r\n",
    "chunks twice": POST + b"transfer-encoding: chunked, identity\r\n\r\n" + CHUNKED,
    "bare LF": b"GET /healthz/live HTTP/1.1\nhost: localhost\n\n",
    "a folded header": HEAD + b"x: y\r\n z\r\n\r\n",
    "a space before the colon": HEAD + b"x : y\r\n\r\n",
    "NUL in a header": HEAD + b"x: \0\r\n\r\n",
    "no host": b"GET /healthz/live HTTP/1.1\r\n\r\n",
    "two hosts": HEAD + b"host: localhost\r\n\r\n",
    "a host that is none": b"GET /healthz/live HTTP/1.1\r\nhost: a b/@\r\n\r\n",
    "a header of 200 KB": HEAD + b"x: " + b"y" * 200_000 + b"\r\n\r\n",
    "headers without end": HEAD + b"x: y\r\n" * 60_000,
    "5,000 headers": HEAD + b"x: y\r\n" * 5000 + b"\r\n",
    "an address of 200 KB": b"GET /" + b"y" * 200_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "an upgrade": HEAD + b"connection: upgrade\r\nupgrade: websocket\r\n\r\n",
    "an upgrade to HTTP/2": HEAD + b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMA\r\n\r\n",
    "HTTP/2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT example.org:443 HTTP/1.1\r\nhost: example.org\r\n\r\n",
    "an address of a proxy": b"GET http://example.org/ HTTP/1.1\r\nhost: example.org\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 400,
    "a chunk with 10 MB of extension": POST + CHUNKS + b"\r\nc;" + b"x" * 10_000_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "10 MB of trailers": POST + CHUNKS + b"\r\nc\r\n" + BODY + b"\r\n0\r\n" + b"x: y\r\n" * 1_700_000 + b"\r\n",
    "17 requests at once and their bodies to come": (POST + b"content-length: 9\r\n\r\n123456789") * 40,
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_a_request_that_two_servers_could_read_differently_is_refused(what: str, server: int) -> None:
    before = time.monotonic()
    answer = await said(server, MALFORMED[what])
    lines = [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    assert all(line.startswith(b"HTTP/1.1 4") for line in lines), lines
    assert time.monotonic() - before < LIMIT
    assert await answers(server) < 1.0


async def test_no_header_of_any_value_makes_the_server_fail(server: int) -> None:
    for name, values in VALUES.items():
        for value in values:
            own = b"" if name == b"host" else b"host: localhost\r\n"
            head = b" / HTTP/1.1\r\n" + own + name + b": " + value + b"\r\nconnection: close\r\n"
            for start in (b"GET" + head, b"POST" + head + b"content-length: 2\r\n"):
                answer = await said(server, start + b"\r\n{}")
                assert answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 3", b"HTTP/1.1 4", b"HTTP/1.1 100")), (
                    name,
                    value,
                    answer[:40],
                )


async def test_an_oversized_or_compressed_body_is_refused_unread(server: int) -> None:
    memory = resident(listening(server))
    large = POST + b"content-length: 500000000\r\n\r\n" + b"x" * 3_000_000
    answer = await said(server, large)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 "), "refused, or cut off while it still sends"
    bomb = POST + b"content-encoding: gzip\r\ncontent-length: 40\r\nconnection: close\r\n\r\n" + b"\x1f\x8b" + b"\0" * 38
    assert (await said(server, bomb)).startswith(b"HTTP/1.1 400 ")
    assert resident(listening(server)) - memory < 32 * 2**20


async def test_an_answer_before_the_whole_body_closes_the_connection(server: int) -> None:
    for path in (b"/nowhere", b"/api/desk/session/x", b"/healthz/live"):
        early = b"POST " + path + b" HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n"
        answer = await said(server, early)
        assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 405 ")), answer
        assert b"\r\nconnection: close\r\n" in answer
    kept = await said(server, HEAD + b"\r\n" + HEAD + b"connection: close\r\n\r\n")
    assert kept.count(b"HTTP/1.1 200 ") == 2
    assert kept.count(b"connection: close") == 1


@pytest.mark.parametrize(
    "refused",
    [
        POST + b"content-length: 2000000\r\n\r\n",
        b"POST /nowhere HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2000000\r\n\r\n",
        b"POST / HTTP/1.1\r\n\r\n",
    ],
    ids=["too large", "not found", "no host"],
)
async def test_a_refusal_reaches_a_client_that_still_sends_its_body(server: int, refused: bytes) -> None:
    async with connected(server) as (reader, writer):
        writer.write(refused)
        await asyncio.sleep(0.3)  # the server has refused
        for _ in range(40):
            writer.write(b"x" * 16384)
            await writer.drain()
            await asyncio.sleep(0.01)
        answer = await reader.read()  # a reset connection would raise
        head, body = answer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 4")
        assert b"content-length: %d\r\n" % len(body) in head.lower() + b"\r\n"
        assert not writer.is_closing()


async def test_old_and_hasty_clients_are_served(server: int) -> None:
    assert (await said(server, b"GET /healthz/live HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    hasty = (HEAD + b"\r\n") * 9 + HEAD + b"connection: close\r\n\r\n"
    assert (await said(server, hasty)).count(b"HTTP/1.1 200 ") == 10
    waits = POST + b"expect: 100-continue\r\nconnection: close\r\n" + LENGTH + b"\r\n" + BODY
    assert (await said(server, waits)).startswith(b"HTTP/1.1 100 ")


@pytest.mark.alone
async def test_ten_thousand_open_connections_block_nobody(server: int) -> None:
    if not can_open(HERD):
        pytest.skip(f"this machine allows fewer than {HERD} file descriptors")

    async def story() -> list[float]:
        over = asyncio.Event()
        honest = asyncio.ensure_future(probed(server, over))
        with idle_connections.held(server, HERD) as herd:
            assert herd.stdout is not None
            assert await asyncio.to_thread(herd.stdout.readline) == "open\n"
            await asyncio.sleep(2)
            over.set()
            took = await honest
            grown.append(resident(listening(server)) - memory)
        return sorted(took)

    memory, grown = resident(listening(server)), list[int]()
    took = await story()
    print(f"{len(took)} answers, the slowest took {took[-1]:.2f} s; memory grew by {grown[0] / 2**20:.0f} MiB")
    assert took[int(len(took) * 0.99)] < 1.0, took[-5:]
    assert grown[0] < 300 * 2**20
    assert await answers(server) < 1.0
