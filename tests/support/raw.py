"""Speak HTTP/1.1 over a bare connection, for clients that must cost nothing or misbehave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(port: int, host: str = "127.0.0.1") -> AsyncIterator[Streams]:
    """Open a connection, and cut it off at the end of the block."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def exchange(streams: Streams, request: bytes) -> tuple[int, bytes]:
    """Send a whole request and return status and body of the answer; the connection stays open."""
    reader, writer = streams
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    return int(head[9:12]), await reader.readexactly(int(length.split(b":")[1]))
