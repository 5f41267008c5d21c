"""The key store in a folder: 0600 files, one deletion key each. docs/explanation/architecture.md, Day keys.

The directory must not be backed up, snapshotted or replicated (it carries `CACHEDIR.TAG`), and losing it loses every
live case. What overwriting cannot reach (copy-on-write, worn SSD blocks) is said in SECURITY.md.
"""

import contextlib
import os
import secrets
import stat
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from crypto.encoding import b64
from crypto.secret import Secret
from retention.errors import ForeignStoreError, KeyStoreError, LostKeyError
from retention.files import read_regular
from retention.key_stores.key_files import KEY, MAX_NAME, bound_in, discard, keys_among, opened, overwrite

_CACHEDIR_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Lock keys. Never back this directory up: see SECURITY.md.\n"
MAX_KEY_FILE = 4096  # bytes; one of another length than a key's is damaged, and says how long it is
MAX_COPY = 256 * 2**20  # bytes of what lies beside a key: a day's root takes megabytes after many punctures
_HALF_WRITTEN_SECONDS = 3600  # a file that is still half-written after so long was left by a process that died


class FileKeyStore:
    """See `retention.ports.KeyStore`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._store: str | None = None

    def bound_to(self) -> str | None:
        """The store that this keeper belongs to, if any."""
        try:
            return read_regular(self.directory / "store", MAX_NAME).decode("ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            raise KeyStoreError(f"the keeper at {self.directory.name} does not tell which store it belongs to") from None

    def bind(self, store: str) -> None:
        """Belong to `store` from now on; a directory of another store is left as it is."""
        new = self.holds_nothing_else(store)
        with self._doing("be used"):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.chmod(0o700)
        if new:
            self._write(self.directory / "CACHEDIR.TAG", _CACHEDIR_TAG.encode())
            self._write(self.directory / "store", store.encode("ascii"))
        self.expect(store)

    def holds_nothing_else(self, store: str) -> bool:
        """Whether the directory is empty or missing, so that `store` can have it; False if `store` has it already.

        Raises:
            ForeignStoreError: it is another store's.
        """
        bound = self.bound_to()
        if bound == store:
            return False
        if bound is not None or (os.path.lexists(self.directory) and keys_among(self._listed(None))):
            raise ForeignStoreError(
                f"the keeper {self.directory} holds the keys of store {bound or 'unknown'}, not of {store}. "
                "No key was touched. Check INTAKE_KEEPER and INTAKE_KEEPER_MIRRORS"
            )
        return True

    def expect(self, store: str) -> None:
        """Belong to `store` once the directory is there; touches nothing."""
        self._store = store

    def living(self) -> Collection[tuple[str, int]]:
        """Purpose and generation of every key that lives."""
        return keys_among(self._listed(self._store))

    def _listed(self, store: str | None) -> list[str]:
        # Through one descriptor: a disk that is taken away meanwhile must not pass for a directory without keys.
        try:
            descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            self.check_present()  # says "away" of a directory that is known
            raise self._failure("be read", "there is no such folder") from None
        except OSError as error:
            raise self._failure("be read", error.strerror) from None
        with self._doing("be read"):
            try:
                if store is not None and bound_in(descriptor) != store:
                    raise self._away()
                return os.listdir(descriptor)  # noqa: PTH208  # names, not paths: there may be thousands
            finally:
                os.close(descriptor)

    def generations(self, purpose: str) -> Sequence[int]:
        """Those of one purpose, ascending."""
        return sorted(generation for found, generation in self.living() if found == purpose)

    def make(self, purpose: str, above: int = 0) -> int:
        """A new key above all that live, and above `above`; durable on return."""
        generation = max([above, *self.generations(purpose)]) + 1
        while not self.put(purpose, generation, Secret(os.urandom(KEY))):
            generation += 1  # another process was faster
        return generation

    def put(self, purpose: str, generation: int, key: Secret) -> bool:
        """Keep a key under its number; False, and nothing is overwritten, if there is one."""
        return self._write(self._path(purpose, generation), key.reveal(), instead=False)

    def holds(self, purpose: str, generation: int) -> bool:
        """Whether there is a file of this name."""
        return os.path.lexists(self._path(purpose, generation))

    def key(self, purpose: str, generation: int) -> Secret:
        """The key.

        Raises:
            LostKeyError: it was destroyed, or never was.
            KeyStoreError: the file cannot be read or is damaged, or the whole directory is away.
        """
        path = self._path(purpose, generation)
        try:
            data = read_regular(path, MAX_KEY_FILE)
        except FileNotFoundError:
            self.check_present()
            raise LostKeyError(f"the lock key for {purpose.split()[0]} is gone") from None
        except OSError as error:
            raise KeyStoreError(f"a lock key cannot be read: {error.strerror}") from None
        if len(data) != KEY:
            raise KeyStoreError(f"the lock key file {path.name} is damaged: {len(data)} bytes, not {KEY}")
        return Secret(data)

    def keep_copy(self, purpose: str, generation: int, sealed: bytes) -> None:
        """Lay what is sealed under a key beside it."""
        self._write(self._path(purpose, generation).with_suffix(".sealed"), sealed)

    def copy_of(self, purpose: str, generation: int) -> bytes | None:
        """What `keep_copy` laid there, if anything."""
        with self._doing("be read"):
            path = self._path(purpose, generation).with_suffix(".sealed")
            return read_regular(path, MAX_COPY) if path.exists() else None

    def drop_copy(self, purpose: str, generation: int) -> None:
        """Its key is destroyed, by someone else."""
        with self._doing("be written"):
            self._path(purpose, generation).with_suffix(".sealed").unlink(missing_ok=True)

    def destroy(self, purpose: str, below: int | None = None) -> Sequence[str]:
        """Overwrite, fsync, unlink, fsync the directory; keys first, then what lay beside them."""
        found = [generation for generation in self.generations(purpose) if below is None or generation < below]
        gone = [self.remove(purpose, generation) for generation in found]
        return [fingerprint for fingerprint in gone if fingerprint]

    def remove(self, purpose: str, generation: int) -> str:
        """Destroy one key; its fingerprint, or nothing if another process was faster.

        It is overwritten where it lies, so that no other name (hard link) of the file keeps it.

        Raises:
            KeyStoreError: it could not be destroyed, or its file is another key's as well, which lives.
        """
        path = self._path(purpose, generation)
        with self._doing("be written: a lock key could not be destroyed"):
            try:
                with opened(path) as file:
                    links = self._links(path.name, file)
                    fingerprint = b64(sha256(file.read()).digest())
                    overwrite(file)
                path.unlink()
            except FileNotFoundError:
                return ""
            for link in links:  # noise now, as the key is
                link.unlink(missing_ok=True)
            path.with_suffix(".sealed").unlink(missing_ok=True)
            self._sync()
        return fingerprint

    def _links(self, name: str, file: BinaryIO) -> list[Path]:
        """Other names in this directory of an open key file: what a process left that was killed while it made the key."""
        if (status := os.fstat(file.fileno())).st_nlink == 1:
            return []
        with os.scandir(self.directory) as entries:
            links = [entry.name for entry in entries if entry.inode() == status.st_ino and entry.name != name]
        if shared := keys_among(links):
            raise KeyStoreError(
                f"the lock key {name} and one for {min(shared)[0].split()[0]} are one file (a hard link). No key was "
                f"destroyed. Look in {self.directory} which of the two names is wrong, and remove it"
            )
        return [self.directory / link for link in links]

    def linked(self) -> int:
        """How many keys have another name as well, here or elsewhere."""
        with self._doing("be read"), os.scandir(self.directory) as entries:
            return sum(bool(keys_among([entry.name])) and entry.stat().st_nlink > 1 for entry in entries)

    def settle(self, committed: Mapping[str, int]) -> Sequence[str]:
        """Destroy what processes that died left half-written, and what lay beside a key that is destroyed."""
        self.clear()
        with self._doing("be written"):
            for path in self.directory.glob("*.sealed"):
                key = path.with_suffix(".key")
                named = keys_among([key.name])
                # The key is made before its copy is laid down: a copy without a key is of one that was destroyed, or lost.
                if named - committed.items() and not key.exists():
                    path.unlink(missing_ok=True)
        return []

    def clear(self) -> None:
        """Destroy what processes that died left half-written."""
        with self._doing("be written"):
            for path in self.directory.glob("*.new"):
                with contextlib.suppress(FileNotFoundError):  # its writer has just finished
                    status = path.lstat()
                    if stat.S_ISREG(status.st_mode) and status.st_mtime < time.time() - _HALF_WRITTEN_SECONDS:
                        # Under another name first: from here on its writer, if it only slept, makes no key of it.
                        discard(path.rename(path.with_name(f"{secrets.token_hex(8)}.new")))
                        self._sync()

    def held_by_mirrors(self, committed: Mapping[str, int]) -> str:
        """One directory has no mirrors."""
        return ""

    def mirror_with(self, lacking: Mapping[str, int]) -> Path | None:
        """One directory has no mirrors."""
        return None

    def check_present(self) -> None:
        """Return if this is the directory that it was when it was bound.

        An empty mount point holds no keys either, and must not pass for a keeper whose keys were destroyed.

        Raises:
            KeyStoreError: it is away (not mounted), or another lies in its place.
        """
        if self._store is not None and self.bound_to() != self._store:
            raise self._away()

    def _path(self, purpose: str, generation: int) -> Path:
        return self.directory / f"{purpose.replace(' ', '.')}.{generation}.key"

    def _write(self, path: Path, data: bytes, *, instead: bool = True) -> bool:
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
        with self._doing("be written"):
            try:
                descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                if instead:
                    temporary.replace(path)
                else:
                    os.link(temporary, path)
            except FileExistsError:
                return False
            finally:
                with contextlib.suppress(FileNotFoundError):
                    discard(temporary)
                self._sync()
        return True

    def _sync(self) -> None:
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextmanager
    def _doing(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._failure(what, error.strerror) from None

    def _failure(self, what: str, why: str | None) -> KeyStoreError:
        return KeyStoreError(f"the keeper at {self.directory.name} cannot {what}: {why}")

    def _away(self) -> KeyStoreError:
        return KeyStoreError(f"the keeper at {self.directory.name} is away: is its disk mounted?")
