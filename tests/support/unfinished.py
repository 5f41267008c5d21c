"""Flood a server with bodies that never end: sockets that send a head and a part of its body, and wait.

`python -m tests.support.unfinished PORT SOCKETS SECONDS BYTES` prints how many connections it has opened.
"""

import asyncio
import resource
import sys
import time

from tests.support.raw import connected

DECLARED = 319 * 1024  # bytes
AGAIN_SECONDS = 2.0  # seconds until a socket that was cut off connects again
AT_ONCE = 500  # how many sockets connect at the same moment
_SPARE = 200  # file descriptors for everything else


async def flood(port: int, sockets: int, seconds: float, size: int) -> int:
    """Flood a server; return how many connections were opened."""
    head = b"POST /api/form/cases HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\n"
    sent = head + b"content-length: %d\r\n\r\n" % DECLARED + b"{" * size
    until, opened = time.monotonic() + seconds, 0

    async def hold_open(number: int) -> None:
        nonlocal opened
        await asyncio.sleep(number // AT_ONCE * 0.05)
        while (left := until - time.monotonic()) > 0:
            try:
                async with connected(port) as (reader, writer):
                    opened += 1
                    writer.write(sent)
                    await asyncio.wait_for(reader.read(), left)
            except (OSError, TimeoutError):
                pass
            await asyncio.sleep(AGAIN_SECONDS)

    await asyncio.gather(*(hold_open(number) for number in range(sockets)))
    return opened


def can_open(count: int) -> bool:
    """Return whether the system lets a process have that many sockets."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return count + _SPARE <= hard or hard == resource.RLIM_INFINITY


def allow_sockets(count: int) -> bool:
    """Raise this process's limit of file descriptors; return whether the system allows that many sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count + _SPARE and can_open(count):
        resource.setrlimit(resource.RLIMIT_NOFILE, (count + _SPARE, hard))
    return can_open(count)


if __name__ == "__main__":
    port, sockets, seconds, size = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    allow_sockets(sockets)
    print(asyncio.run(flood(port, sockets, seconds, size)))
