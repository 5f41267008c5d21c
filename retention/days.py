"""Day roots over their lifetime: made ahead, opened once, punctured, settled. docs/explanation/architecture.md, Day keys.

Make, commit, verify, destroy run under one lock per day for all processes. The store commits in between: these functions
prepare what it must write and destroy only what it no longer names. A root in memory is held under a shared lock named
after its generation, so that who destroys that generation can tell when the last process has dropped it.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable, Collection, Sequence

from crypto import dayroot
from crypto.dayroot import DayRoot, LockName
from retention.errors import KeyStoreError, OlderStoreError
from retention.ports import DayRecord, KeyStore, Locks, RetentionStore

POLL = 0.05  # seconds between looks whether others still hold a destroyed generation


def purpose_of(day: str) -> str:
    """The purpose of a day's lock keys."""
    return f"day {day}"


class DayRoots:
    """Opened roots, each bound to the generation under which it was read. May be used by several threads."""

    def __init__(self, key_store: KeyStore, locks: Locks, store: str) -> None:
        self._key_store = key_store
        self._locks = locks
        self._store = store
        self._opened: dict[str, tuple[int, DayRoot, Callable[[], None]]] = {}
        self._mutex = threading.RLock()

    def new(self, day: str) -> DayRecord:
        """A fresh root under a fresh lock key, to be committed by the store."""
        return self._sealed(day, DayRoot.generate())

    def held(self, day: str, generation: int) -> DayRoot | None:
        """The root of a day that this process has opened already, if it is of that generation."""
        held = self._opened.get(day)
        return held[1] if held and held[0] == generation else None

    def root(self, record: DayRecord) -> DayRoot:
        """The root of `record`; one held from another generation is dropped, not used.

        Raises:
            LostKeyError: its lock key is gone.
        """
        with self._mutex:
            held = self.held(record.day, record.generation)
            if held:
                return held
            self._drop(record.day)
            # Shared before the key is read: whoever destroys the key afterwards waits for this lock.
            release = self._locks.share(_held(record.day, record.generation))
            try:
                root = self._open(record)
            except BaseException:
                release()
                raise
            self._opened[record.day] = (record.generation, root, release)
            return root

    def punctured(self, record: DayRecord, leaves: Collection[int]) -> DayRecord:
        """The next generation without `leaves`, to be committed by the store; nothing is destroyed yet."""
        return self._sealed(record.day, self.root(record).puncture(leaves))

    def settle(self, record: DayRecord) -> Sequence[str]:
        """Destroy the generations below the committed one, and forget them. Returns the SHA-256 of the keys."""
        with self._mutex:
            held = self._opened.get(record.day)
            if held and held[0] != record.generation:
                self._drop(record.day)
        return self._key_store.destroy(purpose_of(record.day), below=record.generation)

    def forget(self, day: str) -> Sequence[str]:
        """Destroy every lock key of a day: all that goes that day is unreadable everywhere, at once."""
        with self._mutex:
            self._drop(day)
        return self._key_store.destroy(purpose_of(day))

    def sweep(self) -> None:
        """Drop every root whose lock key is gone: to be called often by a process that stays."""
        with self._mutex:
            lost = self._locks.lost()
            if not self._opened:
                return
            living = set() if lost else self._key_store.living()
            for day, (generation, _, _) in list(self._opened.items()):
                if (purpose_of(day), generation) not in living:
                    self._drop(day)

    def dropped_by_all(self, store: RetentionStore, seconds: float, day: str | None = None) -> bool:
        """Wait until no process holds a destroyed root (of a day) in memory any more; False if one still does.

        What is not dropped in time stays written down in the store, for who looks next.
        """
        until = time.monotonic() + seconds
        held = [one for one in store.undropped() if day in (None, one[0])]
        while held := [one for one in held if not self._struck_out(store, *one)]:
            if time.monotonic() > until:
                return False
            time.sleep(POLL)
        return True

    def _struck_out(self, store: RetentionStore, day: str, generation: int) -> bool:
        free = self._locks.nobody_shares(_held(day, generation))
        if free:
            store.dropped(day, generation)
        return free

    def drop_all(self) -> None:
        """Forget every root, and let go of their locks."""
        with self._mutex:
            for day in list(self._opened):
                self._drop(day)

    def _drop(self, day: str) -> None:
        held = self._opened.pop(day, None)
        if held:
            held[2]()

    def _open(self, record: DayRecord) -> DayRoot:
        name = self._name(record.day, record.generation)
        return dayroot.open_(record.sealed_root, self._key_store.key(name.purpose, name.generation), name)

    def _sealed(self, day: str, root: DayRoot) -> DayRecord:
        name = self._name(day, self._key_store.make(purpose_of(day)))
        sealed = dayroot.seal(root, self._key_store.key(name.purpose, name.generation), name)
        self._key_store.keep_copy(name.purpose, name.generation, sealed)
        return DayRecord(day, name.generation, sealed)

    def _name(self, day: str, generation: int) -> LockName:
        return LockName(self._store, purpose_of(day), generation)


def check_belonging(key_store: KeyStore, locks: Locks, store: RetentionStore, today: dt.date) -> None:
    """Refuse a store that is not this keeper's, or is older than it; touches no key.

    Raises:
        ForeignStoreError: another store's.
        OlderStoreError: the store still names what was destroyed here since it was copied.
        KeyStoreError: the keeper is empty and the store is not, or its mirrors hold keys that it lacks: its disk is away, or
            something is lost.
    """
    needed = committed_to_stay(store, today)
    if needed and key_store.bound_to() is None:
        if told := key_store.held_by_mirrors(needed):
            raise KeyStoreError(told)
        if not key_store.living():
            raise KeyStoreError(
                "the keeper is empty and the store is not. Is the keeper's disk mounted? Without its lock keys every live "
                "case is lost; nothing was changed"
            )
    key_store.bind(store.store_id)
    for purpose in missing(key_store, store, today):
        # Another process may have punctured between our two looks: look again while it cannot.
        with locks.exclusive(purpose):
            if purpose in missing(key_store, store, today):
                if told := key_store.held_by_mirrors(committed_to_stay(store, today)):
                    raise KeyStoreError(told)
                raise OlderStoreError(
                    f"store {store.store_id} names a lock key for {purpose.split()[0]} that its keeper does not hold: the "
                    "store is a copy from before the key was destroyed, or the keeper has lost it. No key was touched. "
                    "Start the newest copy of the store, or restore it: intake restore --help"
                )


def committed_to_stay(store: RetentionStore, today: dt.date) -> dict[str, int]:
    """The committed lock keys, but for days that are being purged or have come."""
    going = {purpose_of(record.day) for record in store.days() if record.purging or record.day <= today.isoformat()}
    return {purpose: generation for purpose, generation in store.committed().items() if purpose not in going}


def missing(key_store: KeyStore, store: RetentionStore, today: dt.date) -> list[str]:
    """Purposes whose committed lock key is gone, but for days that are being purged or have come."""
    living = key_store.living()
    return [one for one, generation in committed_to_stay(store, today).items() if (one, generation) not in living]


def make_ahead(
    locks: Locks, roots: DayRoots, store: RetentionStore, first: dt.date, last: dt.date, progress: Callable[[], None]
) -> None:
    """Roots for every day from `first` to `last` that has none, so that a submission costs the keeper no write."""
    have = {record.day for record in store.days()}
    for ahead in range((last - first).days + 1):
        day = (first + dt.timedelta(days=ahead)).isoformat()
        if day not in have:
            with locks.exclusive(purpose_of(day)):
                if store.day(day) is None:
                    store.add_day(roots.new(day))
            progress()


def _held(day: str, generation: int) -> str:
    return f"held {day} {generation}"
