"""Tells members who have the desk open which of their cases changed. Nothing is written to disk."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

MOST = 64  # ids that wait for a slow reader; then the stream ends, and the reader connects again and fetches everything
CUT_OFF = ""  # not the id of any case


class CaseEvents:
    """Queues of case ids, by member. Not thread-safe: use it only on the event loop."""

    def __init__(self) -> None:
        self.beyond: Callable[[list[str], str], object] | None = None
        self._queues: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self._closed = False

    @contextmanager
    def watching(self, member: str) -> Iterator[asyncio.Queue[str]]:
        """Open a queue that receives the ids of this member's cases when they change."""
        queue: asyncio.Queue[str] = asyncio.Queue(MOST)
        self._queues[member].add(queue)
        if self._closed:
            queue.put_nowait(CUT_OFF)
        try:
            yield queue
        finally:
            self._queues[member].discard(queue)
            if not self._queues[member]:
                del self._queues[member]

    def tell(self, members: Iterable[str], case: str) -> None:
        """Announce that a case changed: here, and to other processes if there are any."""
        some = list(members)
        self.tell_here(some, case)
        if self.beyond is not None:
            self.beyond(some, case)

    def tell_here(self, members: Iterable[str], case: str) -> None:
        """Announce that a case changed to the members who are connected to this process."""
        for member in members:
            for queue in self._queues.get(member, ()):
                if queue.full():
                    _cut_off(queue)
                else:
                    queue.put_nowait(case)

    def close(self) -> None:
        """End all streams, and every later one at once, because the server stops."""
        self._closed = True
        for queues in self._queues.values():
            for queue in queues:
                _cut_off(queue)


def _cut_off(queue: asyncio.Queue[str]) -> None:
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(CUT_OFF)
