"""Day roots: made ahead, opened, punctured and destroyed. docs/explanation/architecture.md, Day keys.

The order is: make, commit, verify, destroy, under one lock per day for all processes. The store commits in between. The
functions here prepare what the store must write, and destroy only keys that the store no longer names.

A process holds a shared lock for each root in its memory, named after the root's generation. A process that destroys this
generation can tell from the lock when the last process has dropped the root.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from crypto import dayroot
from crypto.dayroot import DayRoot, DeletionKeyName
from retention.ports import DayRecord, KeyStore, Locks, RetentionStore

POLL = 0.05  # seconds between two checks whether other processes still hold a destroyed generation


def day_purpose(day: str) -> str:
    """Return the purpose of a day's deletion keys."""
    return f"day {day}"


@dataclass(frozen=True, slots=True)
class _OpenRoot:
    generation: int
    root: DayRoot
    release: Callable[[], None]


class DayRoots:
    """The day roots that this process has opened, each with the generation that it was read under. Thread-safe."""

    def __init__(self, key_store: KeyStore, locks: Locks, store: str) -> None:
        self._key_store = key_store
        self._locks = locks
        self._store = store
        self._opened: dict[str, _OpenRoot] = {}
        self._mutex = threading.RLock()

    def new(self, day: str) -> DayRecord:
        """Make a root and its deletion key. The store must commit the record."""
        return self._sealed(day, DayRoot.generate())

    def make_ahead(self, store: RetentionStore, first: dt.date, last: dt.date, progress: Callable[[], None]) -> None:
        """Make a root for every day from `first` to `last` that has none, so that a submission never writes a key."""
        existing = {record.day for record in store.days()}
        for ahead in range((last - first).days + 1):
            day = (first + dt.timedelta(days=ahead)).isoformat()
            if day not in existing:
                with self._locks.exclusive(day_purpose(day)):
                    if store.day(day) is None:
                        store.add_day(self.new(day))
                progress()

    def cached(self, day: str, generation: int) -> DayRoot | None:
        """Return the root of a day if this process has opened this generation."""
        opened = self._opened.get(day)
        return opened.root if opened and opened.generation == generation else None

    def root(self, record: DayRecord) -> DayRoot:
        """Return the root of `record`. A root of another generation in memory is dropped.

        Raises:
            LostKeyError: the deletion key does not exist any more.
        """
        with self._mutex:
            cached = self.cached(record.day, record.generation)
            if cached:
                return cached
            self._drop(record.day)
            # Take the shared lock before reading the key: a process that destroys the key later then waits for this lock.
            release = self._locks.share(_lock_name(record.day, record.generation))
            try:
                root = self._open(record)
            except BaseException:
                release()
                raise
            self._opened[record.day] = _OpenRoot(record.generation, root, release)
            return root

    def punctured(self, record: DayRecord, leaves: Collection[int]) -> DayRecord:
        """Make the next generation of a root, without `leaves`. The store must commit it. Nothing is destroyed yet."""
        return self._sealed(record.day, self.root(record).puncture(leaves))

    def destroy_older(self, record: DayRecord) -> Sequence[str]:
        """Destroy the deletion keys below the committed generation, and drop their roots.

        Returns:
            The SHA-256 fingerprints of the destroyed keys.
        """
        with self._mutex:
            opened = self._opened.get(record.day)
            if opened and opened.generation != record.generation:
                self._drop(record.day)
        return self._key_store.destroy(day_purpose(record.day), below=record.generation)

    def destroy(self, day: str) -> Sequence[str]:
        """Destroy every deletion key of a day. All its cases become unreadable in every copy.

        Returns:
            The SHA-256 fingerprints of the destroyed keys.
        """
        with self._mutex:
            self._drop(day)
        return self._key_store.destroy(day_purpose(day))

    def drop_destroyed(self) -> None:
        """Drop every root whose deletion key was destroyed. A server calls this about twice a second."""
        with self._mutex:
            lost = self._locks.lost()
            if not self._opened:
                return
            existing = set() if lost else self._key_store.existing()
            for day, opened in list(self._opened.items()):
                if (day_purpose(day), opened.generation) not in existing:
                    self._drop(day)

    def dropped_by_all(self, store: RetentionStore, seconds: float, day: str | None = None) -> bool:
        """Wait until no process holds a destroyed root in memory.

        Generations that are still held after this time stay recorded in the store, for the next call.

        Args:
            store: records which generations are still held.
            seconds: how long to wait at most.
            day: wait for the roots of this day only.

        Returns:
            False if a process still holds one.
        """
        until = time.monotonic() + seconds
        undropped = [record for record in store.undropped() if day in (None, record[0])]
        while undropped := [record for record in undropped if not self._record_dropped(store, *record)]:
            if time.monotonic() > until:
                return False
            time.sleep(POLL)
        return True

    def _record_dropped(self, store: RetentionStore, day: str, generation: int) -> bool:
        free = self._locks.nobody_shares(_lock_name(day, generation))
        if free:
            store.dropped(day, generation)
        return free

    def drop_all(self) -> None:
        """Drop every root, and release its lock."""
        with self._mutex:
            for day in list(self._opened):
                self._drop(day)

    def _drop(self, day: str) -> None:
        opened = self._opened.pop(day, None)
        if opened:
            opened.release()

    def _open(self, record: DayRecord) -> DayRoot:
        name = self._name(record.day, record.generation)
        return dayroot.open_(record.sealed_root, self._key_store.key(name.purpose, name.generation), name)

    def _sealed(self, day: str, root: DayRoot) -> DayRecord:
        name = self._name(day, self._key_store.make(day_purpose(day)))
        sealed = dayroot.seal(root, self._key_store.key(name.purpose, name.generation), name)
        self._key_store.keep_copy(name.purpose, name.generation, sealed)
        return DayRecord(day, name.generation, sealed)

    def _name(self, day: str, generation: int) -> DeletionKeyName:
        return DeletionKeyName(self._store, day_purpose(day), generation)


def _lock_name(day: str, generation: int) -> str:
    return f"held {day} {generation}"
