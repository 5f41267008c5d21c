"""Open many connections that send nothing: `python -m tests.support.idle_connections PORT COUNT`.

This is a separate process, so that a test measures the server and not its own event loop. It prints "open" when all
connections are open, and closes them when its standard input ends.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.raw import Streams
from tests.support.unfinished import allow_sockets

BURST = 100  # connections opened at the same moment


async def hold(port: int, count: int) -> None:
    """Open the connections, and keep them until standard input ends."""
    connections: list[Streams] = []
    for _ in range(count // BURST):
        connections += await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(BURST)))
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for _, writer in connections:
        writer.transport.abort()


@contextmanager
def held(port: int, count: int) -> Iterator["subprocess.Popen[str]"]:
    """Run a process that opens that many connections until the block ends. It prints a line when all are open."""
    command = [sys.executable, "-m", "tests.support.idle_connections", str(port), str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


if __name__ == "__main__":
    allow_sockets(int(sys.argv[2]))
    asyncio.run(hold(int(sys.argv[1]), int(sys.argv[2])))
