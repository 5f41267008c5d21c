"""A key store in several folders. A key is made in every folder that is present, and destroyed in all of them.

The first folder decides. A mirror that was not mounted is updated when it is back. It never gets a generation below one that
it already holds, and keys that the first folder has destroyed meanwhile are destroyed in the mirror too.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from crypto.secret import Secret
from retention.errors import KeyStoreError, LostKeyError, MirrorUnavailableError, RetentionError
from retention.key_stores.file import FileKeyStore

_ATTEMPTS, _PAUSE = 10, 0.05  # a key disappears from the mirrors a moment after it disappears from the first folder


class MirroredKeyStore:
    """Keeps each deletion key in a first folder and its mirrors. See `retention.ports.KeyStore`."""

    def __init__(self, first: FileKeyStore, mirrors: Sequence[FileKeyStore]) -> None:
        self._first = first
        self._mirrors = mirrors

    @property
    def first(self) -> FileKeyStore:
        """The folder that decides."""
        return self._first

    @property
    def mirrors(self) -> Sequence[FileKeyStore]:
        """The other folders, mounted or not."""
        return self._mirrors

    def bound_to(self) -> str | None:
        """Return the id of the store that the first folder belongs to, if any."""
        return self._first.bound_to()

    def bind(self, store: str) -> None:
        """Bind every folder of a new key store; of one in use, only the first folder.

        Raises:
            KeyStoreError: the first folder is empty and a mirror is not. Nothing was changed.
            ForeignStoreError: a folder belongs to another store. Nothing was changed.
        """
        new = self._first.is_unbound(store)
        for mirror in self._mirrors if new else ():
            if not mirror.is_unbound(store):
                raise KeyStoreError(
                    f"{self._first.directory} holds no deletion keys, but its mirror {mirror.directory} belongs to this store. "
                    "Nothing was changed. Is the disk of the first mounted? If it was replaced: "
                    "intake key-store fill --first-from-mirrors"
                )
        self._first.bind(store)
        for mirror in self._mirrors:
            # An empty folder may be a mount point without its disk. Only `fill` accepts it, when the operator asks.
            if new:
                mirror.bind(store)
            else:
                mirror.expect(store)

    def expect(self, store: str) -> None:
        """Expect this store in every folder. Writes nothing."""
        for folder in (self._first, *self._mirrors):
            folder.expect(store)

    def held_by_mirrors(self, committed: Mapping[str, int]) -> str:
        """Return a message if a mirror holds keys that the first folder lacks; otherwise an empty text."""
        try:
            missing = committed.items() - set(self._first.existing())
        except KeyStoreError:
            missing = set(committed.items())
        for mirror in self._mounted():
            if held := missing & set(mirror.existing()):
                return (
                    f"{self._first.directory} lacks {len(missing)} of the {len(committed)} deletion keys that the store needs; "
                    f"its mirror {mirror.directory} holds {len(held)} of them. Nothing was changed. Is the disk of the first "
                    "mounted? If it was replaced or has lost keys: intake key-store fill --first-from-mirrors"
                )
        return ""

    def mirror_with(self, missing: Mapping[str, int]) -> Path | None:
        """Return a mirror that holds a key of one of these purposes, of this generation or a newer one."""
        for mirror in self._mounted():
            if any(generation >= missing.get(purpose, generation + 1) for purpose, generation in mirror.existing()):
                return mirror.directory
        return None

    def existing(self) -> Collection[tuple[str, int]]:
        """Return the keys of the first folder, or of the first mounted mirror while the first folder is not mounted."""
        try:
            return self._first.existing()
        except KeyStoreError:
            for mirror in self._mounted():
                return mirror.existing()
            raise

    def make(self, purpose: str) -> int:
        """Make a key in the first folder and in every mounted mirror, with a generation above all that exist in them.

        Raises:
            KeyStoreError: a mirror holds another key of this generation. The new key is not used.
        """
        mounted = self._mounted()
        above = max((generation for mirror in mounted for generation in mirror.generations(purpose)), default=0)
        generation = self._first.make(purpose, above)
        key = self._first.key(purpose, generation)
        for mirror in mounted:
            # Another process that updates the mirror may have copied the key already.
            if not mirror.put(purpose, generation, key) and mirror.key(purpose, generation).reveal() != key.reveal():
                raise KeyStoreError(f"the mirror {mirror.directory} holds another deletion key for {purpose.split()[0]}")
        return generation

    def key(self, purpose: str, generation: int) -> Secret:
        """Return a key, from a mirror while the first folder cannot be read.

        Raises:
            LostKeyError: the key does not exist.
            KeyStoreError: a mirror holds the key and the first folder does not, so the first folder may have lost it.
        """
        try:
            return self._first.key(purpose, generation)
        except LostKeyError:
            for _ in range(_ATTEMPTS):
                if not any((purpose, generation) in mirror.existing() for mirror in self._mounted()):
                    raise
                time.sleep(_PAUSE)
            message = self.held_by_mirrors({purpose: generation})
            raise KeyStoreError(
                message or f"the deletion key for {purpose.split()[0]} is being destroyed or moved. Try again"
            ) from None
        except KeyStoreError:
            for mirror in self._mounted():
                return mirror.key(purpose, generation)
            raise

    def keep_copy(self, purpose: str, generation: int, sealed: bytes) -> None:
        """Store a ciphertext next to its key in every mounted folder."""
        self._first.keep_copy(purpose, generation, sealed)
        for mirror in self._mounted():
            mirror.keep_copy(purpose, generation, sealed)

    def copy_of(self, purpose: str, generation: int) -> bytes | None:
        """Return the ciphertext in the first folder, if any."""
        return self._first.copy_of(purpose, generation)

    def destroy(self, purpose: str, below: int | None = None) -> Sequence[str]:
        """Destroy keys in every folder.

        Returns:
            The fingerprints of the destroyed keys.

        Raises:
            MirrorAwayError: a mirror is not mounted or failed. The keys are destroyed in every other folder.
            KeyStoreError: the first folder failed. The keys it still holds are not destroyed in the mirrors either.
        """
        fingerprints: dict[str, None] = {}
        failed: list[str] = []
        for folder in (self._first, *self._mirrors):
            try:
                fingerprints.update(dict.fromkeys(folder.destroy(purpose, below)))
            except RetentionError as error:
                if folder is self._first:
                    raise
                failed.append(str(error))
        if failed:
            message = "; ".join(failed) + ". The keys are destroyed everywhere else, and there when the mirror is back."
            raise MirrorUnavailableError(message, tuple(fingerprints))
        return list(fingerprints)

    def repair(self, committed: Mapping[str, int]) -> Sequence[str]:
        """Update every mounted mirror. Returns a message for each problem that remains."""
        messages = list(self._first.repair(committed))
        for mirror in self._mirrors:
            try:
                if not _is_mounted(mirror):
                    messages.append(f"the mirror {mirror.directory.name} is not available, or is new and not filled yet")
                    continue
                messages += [*mirror.repair(committed), *self._update(mirror, committed)]
            except RetentionError as error:
                messages.append(str(error))
        return messages

    def _update(self, mirror: FileKeyStore, committed: Mapping[str, int]) -> list[str]:
        # Read the mirror first: a key that another process makes meanwhile is then missing in neither set.
        in_mirror = set(mirror.existing())
        in_first = set(self._first.existing())
        messages: dict[str, None] = {}
        for purpose, generation in (in_mirror - in_first) - set(self._first.existing()):
            if committed.get(purpose) == generation:
                messages[f"{mirror.directory.name} has a key that {self._first.directory.name} has lost"] = None
            else:
                mirror.remove(purpose, generation)
        for purpose, generation in [*missing_in(in_mirror, in_first, committed), *(committed.items() & in_mirror & in_first)]:
            try:
                copy(self._first, mirror, purpose, generation)
            except LostKeyError:
                continue
            except KeyStoreError as error:
                messages[str(error)] = None
        # Remove copies of keys that another process destroyed while they were copied.
        for purpose, generation in (in_first - in_mirror) - set(self._first.existing()):
            mirror.remove(purpose, generation)
        return list(messages)

    def _mounted(self) -> list[FileKeyStore]:
        return [mirror for mirror in self._mirrors if _is_mounted(mirror)]


def _is_mounted(mirror: FileKeyStore) -> bool:
    try:
        mirror.check_present()
    except KeyStoreError:
        return False
    return True


def missing_in(
    target: Collection[tuple[str, int]], source: Collection[tuple[str, int]], committed: Mapping[str, int]
) -> list[tuple[str, int]]:
    """Return the keys of `source` that `target` must get: committed ones, and those above all that `target` holds."""
    highest: dict[str, int] = {}
    for purpose, generation in target:
        if (purpose, generation) in source:
            highest[purpose] = max(generation, highest.get(purpose, 0))
    return sorted(
        (purpose, generation)
        for purpose, generation in source
        if (purpose, generation) not in target
        and (generation > highest.get(purpose, 0) or committed.get(purpose) == generation)
    )


def copy(source: FileKeyStore, target: FileKeyStore, purpose: str, generation: int) -> None:
    """Add a key and the ciphertext next to it to `target`, unless `target` has them. Overwrites nothing.

    Raises:
        LostKeyError: one of the two folders does not hold the key any more.
        KeyStoreError: `target` holds another key of this generation, or a folder cannot be read or written.
    """
    key = source.key(purpose, generation)
    if not target.holds(purpose, generation):
        target.put(purpose, generation, key)
    if target.key(purpose, generation).reveal() != key.reveal():
        raise KeyStoreError(
            f"{source.directory} and {target.directory} hold different deletion keys for {purpose.split()[0]} of one "
            "generation. Neither was changed"
        )
    sealed = source.copy_of(purpose, generation)
    if sealed is not None and target.copy_of(purpose, generation) is None:
        target.keep_copy(purpose, generation, sealed)
