"""The interfaces that this package requires of locks, a key store and a store."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from crypto.secret import Secret
from retention.clock import KnownDay


@dataclass(frozen=True, slots=True)
class DayRecord:
    """A stored day: the committed generation of its deletion key, and the root encrypted under that key.

    `purging` is set before the deletion key is destroyed. If the key is missing, it distinguishes a run that was killed from
    a copy of the store that is older than its key store.
    """

    day: str
    generation: int
    sealed_root: bytes
    purging: bool = False


class Locks(Protocol):
    """Named locks among all processes that share a store. The kernel or the database releases those of a dead process."""

    def exclusive(self, name: str) -> AbstractContextManager[None]:
        """Hold a lock exclusively. Waits for it."""
        ...

    def attempt(self, name: str) -> AbstractContextManager[bool]:
        """Hold a lock exclusively without waiting. Yields False if another process holds it."""
        ...

    def share(self, name: str) -> Callable[[], None]:
        """Hold a shared lock until the returned function is called."""
        ...

    def nobody_shares(self, name: str) -> bool:
        """Return whether no process holds the lock shared at this moment."""
        ...

    def lost(self) -> bool:
        """Return whether this process may have lost its shared locks (a broken connection). Then it must drop every root."""
        ...

    def close(self) -> None:
        """Release every shared lock."""
        ...


class KeyStore(Protocol):
    """Makes, returns and destroys deletion keys, outside every database. Generations count from 1."""

    def bound_to(self) -> str | None:
        """Return the id of the store that this key store belongs to, if any."""
        ...

    def bind(self, store: str) -> None:
        """Bind this key store to a store.

        Raises:
            ForeignStoreError: it belongs to another store.
        """
        ...

    def expect(self, store: str) -> None:
        """Expect this store, without writing. For commands that only read."""
        ...

    def existing(self) -> Collection[tuple[str, int]]:
        """Return the purpose and generation of every key that exists."""
        ...

    def make(self, purpose: str) -> int:
        """Make a key with a generation above all that exist. Durable on return. Never replaces a key."""
        ...

    def key(self, purpose: str, generation: int) -> Secret:
        """Return a key of 32 bytes.

        Raises:
            LostKeyError: the key does not exist.
            KeyStoreError: the key store cannot be read.
        """
        ...

    def keep_copy(self, purpose: str, generation: int, sealed: bytes) -> None:
        """Store a ciphertext next to the key that it is encrypted under, for a restore."""
        ...

    def copy_of(self, purpose: str, generation: int) -> bytes | None:
        """Return the ciphertext that `keep_copy` stored, if any."""
        ...

    def destroy(self, purpose: str, below: int | None = None) -> Sequence[str]:
        """Destroy the keys of `purpose` in every folder, or only the generations below `below`. Durable on return.

        Returns:
            The fingerprints of the destroyed keys.

        Raises:
            KeyStoreError: a key may be left somewhere. Every key that could be destroyed is destroyed.
        """
        ...

    def repair(self, committed: Mapping[str, int]) -> Sequence[str]:
        """Apply to each mirror what it missed while it was away, and remove half-written files.

        Args:
            committed: the generation of each purpose that the store needs. None of these keys is destroyed.

        Returns:
            A message for each problem that remains.
        """
        ...

    def held_by_mirrors(self, committed: Mapping[str, int]) -> str:
        """Return a message if mirrors hold `committed` keys that the key store lacks; otherwise an empty text."""
        ...

    def mirror_with(self, missing: Mapping[str, int]) -> Path | None:
        """Return a mirror that holds a key of one of these purposes, of this generation or a newer one."""
        ...


class RetentionStore(Protocol):
    """The store as a deletion run uses it. Each call is one durable step that may be repeated."""

    @property
    def store_id(self) -> str:
        """The store's id, which its key store is bound to."""
        ...

    def last_run(self) -> str | None:
        """Return the day of the last deletion run, if there was one."""
        ...

    def known_days(self) -> Sequence[KnownDay]:
        """Return days that cannot be in the future. See `retention.clock`."""
        ...

    def days(self) -> Sequence[DayRecord]:
        """Return every day that has a root, in order."""
        ...

    def day(self, day: str) -> DayRecord | None:
        """Return a day, if it has a root."""
        ...

    def counts(self) -> dict[str, int]:
        """Return the number of cases by expiry day."""
        ...

    def add_day(self, record: DayRecord) -> None:
        """Store the first root of a day."""
        ...

    def begin_purge(self, day: str) -> None:
        """Record that a run is about to destroy the day's deletion key."""
        ...

    def undropped(self) -> Sequence[tuple[str, int]]:
        """Return days and destroyed generations whose root a process may still hold in memory."""
        ...

    def dropped(self, day: str, generation: int) -> None:
        """Record that no process holds this root any more."""
        ...

    def drop_day(self, day: str, today: str, progress: Callable[[int], None]) -> int:
        """Delete a day and its rows. Returns the number of cases, which `progress` also receives meanwhile."""
        ...

    def waiting_punctures(self) -> dict[str, set[int]]:
        """Return the leaves of cases that were closed, moved or withdrawn, by day."""
        ...

    def commit_puncture(self, record: DayRecord, before: int, leaves: Collection[int]) -> None:
        """Replace the root of generation `before`, and delete these `leaves` from those that wait."""
        ...

    def committed(self) -> dict[str, int]:
        """Return the committed generation of each purpose that the store needs."""
        ...

    def retired(self) -> Sequence[str]:
        """Return the purposes whose deletion keys nothing needs any more."""
        ...

    def forget_retired(self, purpose: str) -> None:
        """Record that the deletion keys of a purpose are destroyed."""
        ...

    def scrub(self) -> str:
        """Clear what the engine keeps of deleted rows. Returns `clean`, `retention.run.HELD`, or what is left and why."""
        ...

    def remove_copies(self, today: str) -> None:
        """Remove the copies of the store that upgrades on earlier days made."""
        ...

    def last_certificate(self) -> bytes | None:
        """Return the text of the newest certificate, if there is one."""
        ...

    def certificates(self) -> Sequence[tuple[bytes, str]]:
        """Return the texts and signatures of all certificates, oldest first."""
        ...

    def finish_run(self, today: str, text: bytes, signature: str) -> None:
        """Record the day of the finished run and its certificate."""
        ...
