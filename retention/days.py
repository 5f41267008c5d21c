"""Day roots over their lifetime: made ahead, opened once, punctured, settled. DESIGN.md, The days.

Make, commit, verify, destroy run under the keeper's lock for the day. The store commits in between: these functions
prepare what it must write and destroy only what it no longer names.
"""

import datetime as dt
from collections.abc import Callable, Collection, Sequence

from crypto import dayroot
from crypto.dayroot import DayRoot, LockName
from retention.errors import OlderStoreError
from retention.ports import DayRecord, Keeper, RetentionStore


def purpose_of(day: str) -> str:
    """The purpose of a day's lock keys."""
    return f"day {day}"


class DayRoots:
    """Opened roots, each bound to the generation under which it was read."""

    def __init__(self, keeper: Keeper, store: str) -> None:
        self._keeper = keeper
        self._store = store
        self._opened: dict[str, tuple[int, DayRoot]] = {}

    def new(self, day: str) -> DayRecord:
        """A fresh root under a fresh lock key, to be committed by the store."""
        return self._sealed(day, DayRoot.generate())

    def root(self, record: DayRecord) -> DayRoot:
        """The root of `record`; one held from another generation is dropped, not used.

        Raises:
            LostKeyError: its lock key is gone.
        """
        held = self._opened.get(record.day)
        if held and held[0] == record.generation:
            return held[1]
        name = self._name(record.day, record.generation)
        root = dayroot.open_(record.sealed_root, self._keeper.key(name.purpose, name.generation), name)
        self._opened[record.day] = (record.generation, root)
        return root

    def punctured(self, record: DayRecord, leaves: Collection[int]) -> DayRecord:
        """The next generation without `leaves`, to be committed by the store; nothing is destroyed yet."""
        return self._sealed(record.day, self.root(record).puncture(leaves))

    def settle(self, record: DayRecord) -> Sequence[str]:
        """Destroy the generations below the committed one, and forget them. Returns the SHA-256 of the keys."""
        held = self._opened.get(record.day)
        if held and held[0] != record.generation:
            del self._opened[record.day]
        return self._keeper.destroy(purpose_of(record.day), below=record.generation)

    def forget(self, day: str) -> Sequence[str]:
        """Destroy every lock key of a day: all that goes that day is unreadable everywhere, at once."""
        self._opened.pop(day, None)
        return self._keeper.destroy(purpose_of(day))

    def _sealed(self, day: str, root: DayRoot) -> DayRecord:
        name = self._name(day, self._keeper.make(purpose_of(day)))
        sealed = dayroot.seal(root, self._keeper.key(name.purpose, name.generation), name)
        self._keeper.keep_copy(name.purpose, name.generation, sealed)
        return DayRecord(day, name.generation, sealed)

    def _name(self, day: str, generation: int) -> LockName:
        return LockName(self._store, purpose_of(day), generation)


def check_belonging(keeper: Keeper, store: RetentionStore) -> None:
    """Refuse a store that is not this keeper's, or is older than it; touches no key.

    Raises:
        ForeignStoreError: another store's.
        OlderStoreError: the store still names what was destroyed here since it was copied.
    """
    keeper.bind(store.store_id)
    purging = {purpose_of(record.day) for record in store.days() if record.purging}
    for purpose, generation in store.committed().items():
        if purpose not in purging and generation not in keeper.generations(purpose):
            raise OlderStoreError(
                f"store {store.store_id} is older than its keeper: it names a lock key for {purpose.split()[0]} that "
                "was destroyed since. No key was touched. Start the newest copy of the store."
            )


def make_ahead(
    keeper: Keeper, roots: DayRoots, store: RetentionStore, first: dt.date, last: dt.date, progress: Callable[[], None]
) -> None:
    """Roots for every day from `first` to `last` that has none, so that a submission costs the keeper no write."""
    have = {record.day for record in store.days()}
    for ahead in range((last - first).days + 1):
        day = (first + dt.timedelta(days=ahead)).isoformat()
        if day not in have:
            with keeper.lock(purpose_of(day)):
                store.add_day(roots.new(day))
            progress()
