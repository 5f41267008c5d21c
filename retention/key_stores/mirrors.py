"""One keeper in several directories: made in all that are there, destroyed only when destroyed in all.

The first directory decides. A mirror that was away is brought up to date when it is back, never with a generation below
one that it already holds, and what the first directory has destroyed meanwhile is destroyed in it as well.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from crypto.secret import Secret
from retention.errors import KeyStoreError, LostKeyError, MirrorAwayError, RetentionError
from retention.key_stores.file import FileKeyStore

_LOOKS, _PAUSE = 10, 0.05  # a key that is being destroyed leaves the mirrors a moment after the first directory


class MirroredKeyStore:
    """See `retention.ports.KeyStore`."""

    def __init__(self, first: FileKeyStore, mirrors: Sequence[FileKeyStore]) -> None:
        self._first = first
        self._mirrors = mirrors

    @property
    def first(self) -> FileKeyStore:
        """The directory that decides."""
        return self._first

    @property
    def mirrors(self) -> Sequence[FileKeyStore]:
        """The others, there or not."""
        return self._mirrors

    def bound_to(self) -> str | None:
        """The store that the first directory belongs to."""
        return self._first.bound_to()

    def bind(self, store: str) -> None:
        """Bind all of a new keeper; of one in use, the first directory, and the mirrors that are there.

        Raises:
            KeyStoreError: the first directory holds nothing and a mirror does; nothing was changed.
        """
        new = self._first.holds_nothing_else(store)
        for mirror in self._mirrors if new else ():
            if not mirror.holds_nothing_else(store):
                raise KeyStoreError(
                    f"{self._first.directory} holds no lock keys and its mirror {mirror.directory} belongs to this store. "
                    "Nothing was changed. Is the disk of the first mounted? If it was replaced: "
                    "intake key-store fill --first-from-mirrors"
                )
        self._first.bind(store)
        for mirror in self._mirrors:
            # A directory that holds nothing may be a mount point without its disk: `fill` takes a person's word for it.
            if new:
                mirror.bind(store)
            else:
                mirror.expect(store)

    def expect(self, store: str) -> None:
        """Belong to `store`, without writing anything."""
        for one in (self._first, *self._mirrors):
            one.expect(store)

    def held_by_mirrors(self, committed: Mapping[str, int]) -> str:
        """Say which mirror holds keys that the first directory lacks, and what to do; empty if none does."""
        try:
            lacking = committed.items() - set(self._first.living())
        except KeyStoreError:
            lacking = set(committed.items())
        for mirror in self._there():
            if held := lacking & set(mirror.living()):
                return (
                    f"{self._first.directory} lacks {len(lacking)} of the {len(committed)} lock keys that the store names; "
                    f"its mirror {mirror.directory} holds {len(held)} of them. Nothing was changed. Is the disk of the first "
                    "mounted? If it was replaced, or has lost them: intake key-store fill --first-from-mirrors"
                )
        return ""

    def mirror_with(self, lacking: Mapping[str, int]) -> Path | None:
        """A mirror that holds a key of one of these purposes, of this generation or a newer one."""
        for mirror in self._there():
            if any(generation >= lacking.get(purpose, generation + 1) for purpose, generation in mirror.living()):
                return mirror.directory
        return None

    def living(self) -> Collection[tuple[str, int]]:
        """Those of the first directory; while it is away, those of the first mirror that is there."""
        try:
            return self._first.living()
        except KeyStoreError:
            for mirror in self._there():
                return mirror.living()
            raise

    def make(self, purpose: str) -> int:
        """A new key in the first directory and in every mirror that is there, above all that live in any of them.

        Raises:
            KeyStoreError: a mirror took another key of this number meanwhile; the new one is not used.
        """
        there = self._there()
        above = max((generation for mirror in there for generation in mirror.generations(purpose)), default=0)
        generation = self._first.make(purpose, above)
        key = self._first.key(purpose, generation)
        for mirror in there:
            # Another process that brings the mirror up to date may have copied it there already.
            if not mirror.put(purpose, generation, key) and mirror.key(purpose, generation).reveal() != key.reveal():
                raise KeyStoreError(f"the mirror {mirror.directory} holds another lock key for {purpose.split()[0]}")
        return generation

    def key(self, purpose: str, generation: int) -> Secret:
        """The key, from a mirror while the first directory cannot be read.

        Raises:
            LostKeyError: it was destroyed, or never was.
            KeyStoreError: the first directory lacks it and a mirror holds it, so that it may be lost there alone.
        """
        try:
            return self._first.key(purpose, generation)
        except LostKeyError:
            for _ in range(_LOOKS):
                if not any((purpose, generation) in mirror.living() for mirror in self._there()):
                    raise
                time.sleep(_PAUSE)
            told = self.held_by_mirrors({purpose: generation})
            raise KeyStoreError(
                told or f"the lock key for {purpose.split()[0]} is being destroyed or moved. Try again"
            ) from None
        except KeyStoreError:
            for mirror in self._there():
                return mirror.key(purpose, generation)
            raise

    def keep_copy(self, purpose: str, generation: int, sealed: bytes) -> None:
        """Lay a copy beside the key in every directory that is there."""
        self._first.keep_copy(purpose, generation, sealed)
        for mirror in self._there():
            mirror.keep_copy(purpose, generation, sealed)

    def copy_of(self, purpose: str, generation: int) -> bytes | None:
        """The first directory's copy."""
        return self._first.copy_of(purpose, generation)

    def destroy(self, purpose: str, below: int | None = None) -> Sequence[str]:
        """Destroy in all; raises once done where it could be done, if a directory is away or fails."""
        found: dict[str, None] = {}
        failed: list[str] = []
        for one in (self._first, *self._mirrors):
            try:
                found.update(dict.fromkeys(one.destroy(purpose, below)))
            except RetentionError as error:
                if one is self._first:
                    raise  # it decides: what it still holds is not gone, and is done again
                failed.append(str(error))
        if failed:
            told = "; ".join(failed) + ". Destroyed everywhere else; there it is destroyed when it is back."
            raise MirrorAwayError(told, tuple(found))
        return list(found)

    def settle(self, committed: Mapping[str, int]) -> Sequence[str]:
        """Bring up to date the mirrors that are there; name those that are not."""
        told = list(self._first.settle(committed))
        for mirror in self._mirrors:
            try:
                if not _is_there(mirror):
                    told.append(f"the mirror {mirror.directory.name} is away, or new and not filled yet")
                    continue
                told += [*mirror.settle(committed), *self._bring_up(mirror, committed)]
            except RetentionError as error:
                told.append(str(error))
        return told

    def _bring_up(self, mirror: FileKeyStore, committed: Mapping[str, int]) -> list[str]:
        # The mirror is listed first: what another process makes meanwhile is then missing in neither.
        there = set(mirror.living())
        here = set(self._first.living())
        told: dict[str, None] = {}
        for purpose, generation in (there - here) - set(self._first.living()):
            if committed.get(purpose) == generation:
                told[f"{mirror.directory.name} has a key that {self._first.directory.name} has lost"] = None
            else:
                mirror.remove(purpose, generation)
        for purpose, generation in [*missing_in(there, here, committed), *(committed.items() & there & here)]:
            try:
                copy(self._first, mirror, purpose, generation)
            except LostKeyError:
                continue
            except KeyStoreError as error:
                told[str(error)] = None
        # What another process destroyed while it was copied must not live on here.
        for purpose, generation in (here - there) - set(self._first.living()):
            mirror.remove(purpose, generation)
        return list(told)

    def _there(self) -> list[FileKeyStore]:
        return [mirror for mirror in self._mirrors if _is_there(mirror)]


def _is_there(mirror: FileKeyStore) -> bool:
    try:
        mirror.check_present()
    except KeyStoreError:
        return False
    return True


def missing_in(
    there: Collection[tuple[str, int]], here: Collection[tuple[str, int]], committed: Mapping[str, int]
) -> list[tuple[str, int]]:
    """What `there` lacks of `here`: the committed key of each purpose, and none below what it holds already."""
    highest: dict[str, int] = {}
    for purpose, generation in there:
        if (purpose, generation) in here:
            highest[purpose] = max(generation, highest.get(purpose, 0))
    return sorted(
        (purpose, generation)
        for purpose, generation in here
        if (purpose, generation) not in there and (generation > highest.get(purpose, 0) or committed.get(purpose) == generation)
    )


def copy(source: FileKeyStore, target: FileKeyStore, purpose: str, generation: int) -> None:
    """Add a key to `target`, and what lies beside it, as far as it is missing there; nothing is written over.

    Raises:
        LostKeyError: one of the two has lost it meanwhile.
        KeyStoreError: `target` holds another key under this number, or one of the two cannot be read or written.
    """
    key = source.key(purpose, generation)
    if not target.holds(purpose, generation):
        target.put(purpose, generation, key)
    if target.key(purpose, generation).reveal() != key.reveal():
        raise KeyStoreError(
            f"{source.directory} and {target.directory} hold different lock keys for {purpose.split()[0]} under one number. "
            "Neither was changed"
        )
    sealed = source.copy_of(purpose, generation)
    if sealed is not None and target.copy_of(purpose, generation) is None:
        target.keep_copy(purpose, generation, sealed)
