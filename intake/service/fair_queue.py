"""A bounded queue. Its sources take turns, and so do the keys of one source. A client that sends more waits longer."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")
_Keys = OrderedDict[str, deque[T]]


class FairQueue(Generic[T]):
    """Items by source (an address prefix, or empty) and by key (a handle or a member). The items of a key stay in order.

    Args:
        most: items that may wait at once.
        most_of_key: items of one key that may wait at once.
    """

    def __init__(self, most: int, most_of_key: int) -> None:
        self._most, self._most_of_key = most, most_of_key
        self._sources: OrderedDict[bytes, _Keys[T]] = OrderedDict()  # the source whose turn is next is first
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def put(self, item: T, source: bytes, key: str) -> T | None:
        """Add an item after the others of its key.

        Returns:
            The item that no longer fits, or None: the newest item of the longest key of the longest source, perhaps `item`.
        """
        keys = self._sources.setdefault(source, OrderedDict())
        waiting = keys.setdefault(key, deque())
        waiting.append(item)
        self._size += 1
        if len(waiting) > self._most_of_key:
            return self._drop_newest(source, key)
        if self._size > self._most:
            return self._drop_newest(*self._longest(source, key))
        return None

    def pop(self) -> T:
        """Remove and return the next item. Its source and its key then wait for all others.

        Raises:
            KeyError: the queue is empty.
        """
        source, keys = self._sources.popitem(last=False)
        key, waiting = keys.popitem(last=False)
        item = waiting.popleft()
        self._size -= 1
        if waiting:
            keys[key] = waiting
        if keys:
            self._sources[source] = keys
        return item

    def _longest(self, source: bytes, key: str) -> tuple[bytes, str]:
        # Of equally long keys, take that of the newest item, which then displaces no other item.
        longest = max(self._sources, key=lambda candidate: (_total(self._sources[candidate]), candidate == source))
        keys = self._sources[longest]
        return longest, max(keys, key=lambda candidate: (len(keys[candidate]), longest == source and candidate == key))

    def _drop_newest(self, source: bytes, key: str) -> T:
        keys = self._sources[source]
        item = keys[key].pop()
        self._size -= 1
        if not keys[key]:
            del keys[key]
        if not keys:
            del self._sources[source]
        return item


def _total(keys: _Keys[T]) -> int:
    return sum(len(waiting) for waiting in keys.values())
