"""What this package needs of a keeper and of a store."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from crypto.secret import Secret
from retention.clock import KnownDay


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


class Locks(Protocol):
    """Locks by name, among all processes that share a store; those of a process die with it."""

    def exclusive(self, name: str) -> AbstractContextManager[None]:
        """One holder at a time; waits for it."""
        ...

    def attempt(self, name: str) -> AbstractContextManager[bool]:
        """As `exclusive`, without waiting: False if another holds it."""
        ...

    def share(self, name: str) -> Callable[[], None]:
        """Hold `name` beside others, until the returned function is called."""
        ...

    def nobody_shares(self, name: str) -> bool:
        """Whether no process holds `name` shared right now."""
        ...

    def lost(self) -> bool:
        """Whether what this process shares may have been lost (a broken connection): then it must let go of it all."""
        ...

    def close(self) -> None:
        """Let go of all that is shared."""
        ...


class KeyStore(Protocol):
    """Lock keys that can be made, used and destroyed, outside every database. Generations count from 1."""

    def bound_to(self) -> str | None:
        """The store that this keeper belongs to, if any."""
        ...

    def bind(self, store: str) -> None:
        """Belong to `store` from now on. Raises `ForeignStoreError` if it belongs to another."""
        ...

    def expect(self, store: str) -> None:
        """Belong to `store`, without writing anything: what only looks does not bind."""
        ...

    def living(self) -> Collection[tuple[str, int]]:
        """Purpose and generation of every key that lives."""
        ...

    def make(self, purpose: str) -> int:
        """A new key above all that live; durable on return, and never in place of another."""
        ...

    def key(self, purpose: str, generation: int) -> Secret:
        """The key, 32 bytes. Raises `LostKeyError` if it is gone, `KeyStoreError` if the keeper is."""
        ...

    def keep_copy(self, purpose: str, generation: int, sealed: bytes) -> None:
        """Lay what is sealed under a key beside it, for a restore."""
        ...

    def copy_of(self, purpose: str, generation: int) -> bytes | None:
        """What `keep_copy` laid there, if anything."""
        ...

    def destroy(self, purpose: str, below: int | None = None) -> Sequence[str]:
        """Destroy the keys of `purpose`, or those of generations below `below`, wherever they are kept; durable on return.

        Returns their fingerprints. Raises `KeyStoreError` if one may be left somewhere; what could be destroyed is.
        """
        ...

    def settle(self, committed: Mapping[str, int]) -> Sequence[str]:
        """Finish what a mirror missed while it was away. Returns what is still not as it should be, in words.

        Args:
            committed: generation by purpose, of all that the store names; none of these is destroyed.
        """
        ...

    def held_by_mirrors(self, committed: Mapping[str, int]) -> str:
        """Say that mirrors hold some of the `committed` keys that the keeper lacks, and what to do; empty if none does."""
        ...

    def mirror_with(self, lacking: Mapping[str, int]) -> Path | None:
        """A mirror that holds a key of one of these purposes, of this generation or a newer one."""
        ...


class RetentionStore(Protocol):
    """The store as a purge run sees it; each call is one durable step that may be repeated."""

    @property
    def store_id(self) -> str: ...
    def last_run(self) -> str | None: ...
    def known_days(self) -> Sequence[KnownDay]:
        """Days that cannot be in the future: see `retention.clock`."""
        ...

    def days(self) -> Sequence[DayRecord]: ...
    def day(self, day: str) -> DayRecord | None:
        """One day, if it has a root."""
        ...

    def counts(self) -> dict[str, int]:
        """Live cases by expiry day."""
        ...

    def add_day(self, record: DayRecord) -> None: ...
    def begin_purge(self, day: str) -> None: ...
    def undropped(self) -> Sequence[tuple[str, int]]:
        """Days and destroyed generations whose root some process may still hold in memory."""
        ...

    def dropped(self, day: str, generation: int) -> None:
        """No process holds it any more."""
        ...

    def drop_day(self, day: str, today: str, progress: Callable[[int], None]) -> int:
        """Delete a day with all that hangs on it; the number of cases, which `progress` is told on the way."""
        ...

    def waiting_punctures(self) -> dict[str, set[int]]:
        """Leaves of cases that were closed, moved or withdrawn, by day."""
        ...

    def commit_puncture(self, record: DayRecord, before: int, leaves: Collection[int]) -> None:
        """Take the new root in place of generation `before`, and forget those `leaves`, no others."""
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
    def certificates(self) -> Sequence[tuple[bytes, str]]:
        """Texts and signatures of all, oldest first."""
        ...

    def finish_run(self, today: str, text: bytes, signature: str) -> None: ...
