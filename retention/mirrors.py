"""One keeper in several directories: made in all that are there, destroyed only when destroyed in all.

The first directory decides. A mirror that was away is brought up to date when it is back, never with a generation below
one that it already holds, and what the first directory has destroyed meanwhile is destroyed in it as well.
"""

from collections.abc import Collection, Mapping, Sequence

from crypto.secret import Secret
from retention.errors import KeeperError, LostKeyError, MirrorAwayError, RetentionError
from retention.file_keeper import FileKeeper


class MirroredKeeper:
    """See `retention.ports.Keeper`."""

    def __init__(self, first: FileKeeper, mirrors: Sequence[FileKeeper]) -> None:
        self._first = first
        self._mirrors = mirrors

    def bound_to(self) -> str | None:
        """The store that the first directory belongs to."""
        return self._first.bound_to()

    def bind(self, store: str) -> None:
        """Bind all of a new keeper; of one in use, the first directory, and the mirrors that are there."""
        new = self._first.bound_to() is None
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

    def fill(self, store: str) -> None:
        """Take the mirrors that hold nothing yet as new ones, on a person's word."""
        for mirror in self._mirrors:
            mirror.bind(store)
            self._bring_up(mirror, {})

    def living(self) -> Collection[tuple[str, int]]:
        """Those of the first directory; while it is away, those of the first mirror that is there."""
        try:
            return self._first.living()
        except KeeperError:
            for mirror in self._there():
                return mirror.living()
            raise

    def make(self, purpose: str) -> int:
        """A new key in the first directory and in every mirror that is there."""
        generation = self._first.make(purpose)
        key = self._first.key(purpose, generation)
        for mirror in self._there():
            mirror.put(purpose, generation, key)
        return generation

    def key(self, purpose: str, generation: int) -> Secret:
        """The key, from a mirror while the first directory cannot be read."""
        try:
            return self._first.key(purpose, generation)
        except KeeperError:
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

    def _bring_up(self, mirror: FileKeeper, committed: Mapping[str, int]) -> list[str]:
        # The mirror is listed first: what another process makes meanwhile is then missing in neither.
        there = set(mirror.living())
        here = set(self._first.living())
        told = []
        for purpose, generation in (there - here) - set(self._first.living()):
            if committed.get(purpose) == generation:
                told.append(f"{mirror.directory.name} has a key that {self._first.directory.name} has lost")
            else:
                mirror.remove(purpose, generation)
        highest: dict[str, int] = {}
        for purpose, generation in there & here:
            highest[purpose] = max(generation, highest.get(purpose, 0))
        for purpose, generation in sorted(here - there):
            if generation > highest.get(purpose, 0):
                try:
                    mirror.put(purpose, generation, self._first.key(purpose, generation))
                except LostKeyError:
                    continue
                sealed = self._first.copy_of(purpose, generation)
                if sealed is not None:
                    mirror.keep_copy(purpose, generation, sealed)
        # What another process destroyed while it was copied must not live on here.
        for purpose, generation in (here - there) - set(self._first.living()):
            mirror.remove(purpose, generation)
        return told

    def _there(self) -> list[FileKeeper]:
        return [mirror for mirror in self._mirrors if _is_there(mirror)]


def _is_there(mirror: FileKeeper) -> bool:
    try:
        mirror.check_present()
    except KeeperError:
        return False
    return True
