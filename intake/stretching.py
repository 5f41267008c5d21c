"""Argon2id off the event loop, on threads of its own, so many at a time: a flood of it must not keep the store's reads waiting.

Each takes a core for 20 to 100 ms and 19 or 64 MiB; more threads than cores would only hold more memory.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from intake.errors import UnavailableError

T = TypeVar("T")
THREADS = max(1, min(4, (os.cpu_count() or 2) - 1))  # one core is left for everybody else; 4 x 64 MiB at most
# Whoever looks at a page goes first; beside a core that is all taken, a quarter of it is left for receipts. On Linux a thread
# has a priority of its own.
NICE = 5
WAITING = 64 * THREADS  # about three seconds of receipts; whoever comes then is told to try again


class Stretching:
    """A bounded pool. Used on the event loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="stretch", initializer=os.nice, initargs=(NICE,))
        for _ in range(THREADS):  # before other threads, for a heap that is not the event loop's (`intake.hardening`)
            self._pool.submit(bytearray)
        self._under_way = 0

    async def run(self, what: Callable[[], T]) -> T:
        """Run `what` when its turn comes.

        Raises:
            UnavailableError: too many wait.
        """
        if self._under_way >= WAITING:
            raise UnavailableError("too much is going on right now; nothing was changed")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, what)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)
