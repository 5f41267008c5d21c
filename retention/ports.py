"""What this package needs of a keeper and of a store."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from crypto.secret import Secret


@dataclass(frozen=True, slots=True)
class DayRecord:
    """A day as the store has it: the committed generation of its lock key, and the root sealed under it.

    `purging` is set before the lock key is destroyed, so that a missing key tells a run cut short from a copy
    of the store that is older than its keeper.
    """

    day: str
    generation: int
    sealed_root: bytes
    purging: bool = False


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge step removed."""

    cases: int = 0
    withdrawn: int = 0
    keys: tuple[str, ...] = ()


class Keeper(Protocol):
    """Lock keys that can be made, used and destroyed, outside every database. Generations count from 1."""

    def bind(self, store: str) -> None:
        """Belong to `store` from now on. Raises `ForeignStoreError` if it belongs to another."""
        ...

    def generations(self, purpose: str) -> Sequence[int]:
        """Those that live, ascending."""
        ...

    def purposes(self) -> Sequence[str]:
        """Those with a living key."""
        ...

    def make(self, purpose: str) -> int:
        """A new key above all that live; durable on return."""
        ...

    def key(self, purpose: str, generation: int) -> Secret:
        """The key. Raises `LostKeyError`."""
        ...

    def keep_copy(self, purpose: str, generation: int, sealed: bytes) -> None:
        """Lay what is sealed under a key beside it, for a restore."""
        ...

    def destroy(self, purpose: str, below: int | None = None) -> Sequence[str]:
        """Destroy the keys of `purpose`, or those of generations below `below`; durable on return. Returns their SHA-256."""
        ...

    def lock(self, purpose: str) -> AbstractContextManager[None]:
        """One process at a time makes, commits and destroys for a purpose."""
        ...


class RetentionStore(Protocol):
    """The store as a purge run sees it; each call is one durable step that may be repeated."""

    @property
    def store_id(self) -> str: ...
    def last_run(self) -> str | None: ...
    def days(self) -> Sequence[DayRecord]: ...
    def counts(self) -> dict[str, int]:
        """Live cases by expiry day."""
        ...

    def add_day(self, record: DayRecord) -> None: ...
    def begin_purge(self, day: str) -> None: ...
    def drop_day(self, day: str, today: str) -> int:
        """Delete a day with all that hangs on it; the number of cases."""
        ...

    def waiting_punctures(self) -> dict[str, set[int]]:
        """Leaves of cases that were closed, moved or withdrawn, by day."""
        ...

    def commit_puncture(self, record: DayRecord, leaves: Collection[int]) -> None:
        """Take the new root in place of the generation before it, and forget those `leaves`, no others."""
        ...

    def committed(self) -> dict[str, int]:
        """Committed generation by purpose, of all purposes that the store names."""
        ...

    def retired(self) -> Sequence[str]:
        """Purposes whose lock keys, all of them, nothing needs any more."""
        ...

    def forget_retired(self, purpose: str) -> None:
        """Its lock keys are destroyed."""
        ...

    def scrub(self) -> str:
        """Clear the engine's remnants; `clean`, or why not."""
        ...

    def last_certificate(self) -> bytes | None: ...
    def finish_run(self, today: str, text: bytes, signature: str) -> None: ...
