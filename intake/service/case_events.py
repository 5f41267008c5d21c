"""Announces changed cases to members who have the desk open. Writes nothing to disk."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

MAX_QUEUED = 64  # ids that wait for a slow reader. Then the stream ends, and the reader connects again and fetches all
END_OF_STREAM = ""  # ends a stream, because no case has this id
GROUP_CHANGED = "group"  # says that the group has changed. It is too short for the id of a case


class CaseEvents:
    """Queues of case ids, by member. They are not thread-safe, so only the event loop may use them."""

    def __init__(self) -> None:
        self.publish_elsewhere: Callable[[list[str], str], object] | None = None
        self._queues: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self._closed = False

    @contextmanager
    def subscribe(self, member: str) -> Iterator[asyncio.Queue[str]]:
        """Open a queue that receives the ids of this member's cases when they change."""
        queue: asyncio.Queue[str] = asyncio.Queue(MAX_QUEUED)
        self._queues[member].add(queue)
        if self._closed:
            queue.put_nowait(END_OF_STREAM)
        try:
            yield queue
        finally:
            self._queues[member].discard(queue)
            if not self._queues[member]:
                del self._queues[member]

    def publish(self, members: Iterable[str], case: str) -> None:
        """Announce to these members that a case changed, in this process and in every other one."""
        some = list(members)
        self.publish_locally(some, case)
        if self.publish_elsewhere is not None:
            self.publish_elsewhere(some, case)

    def publish_locally(self, members: Iterable[str], case: str) -> None:
        """Announce a changed case to those of the members who are connected to this process."""
        for member in members:
            for queue in self._queues.get(member, ()):
                if queue.full():
                    _end_stream(queue)
                else:
                    queue.put_nowait(case)

    def close(self) -> None:
        """End all streams, because the server stops. A stream that opens later ends at once."""
        self._closed = True
        for queues in self._queues.values():
            for queue in queues:
                _end_stream(queue)


def _end_stream(queue: asyncio.Queue[str]) -> None:
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(END_OF_STREAM)
