"""The key store in a folder: 0600 files, one deletion key each. docs/explanation/architecture.md, Day keys.

The folder must not be backed up, snapshotted or replicated; it contains a `CACHEDIR.TAG`. If it is lost, every stored case is
lost. SECURITY.md says what overwriting cannot reach: copy-on-write file systems and worn SSD blocks.
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
from retention.files import quoted, read_regular
from retention.key_stores.key_files import KEY, MAX_NAME, bound_in, discard, keys_among, opened, overwrite

_CACHEDIR_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Deletion keys. Never back this directory up: see SECURITY.md.\n"
MAX_KEY_FILE = 4096  # bytes that are read of a key file, so that the error of a damaged one can name its length
MAX_COPY = 256 * 2**20  # bytes of a ciphertext next to a key; a day root takes megabytes after many punctures
_HALF_WRITTEN_SECONDS = 3600  # a file that is half-written for this long belongs to a process that died


class FileKeyStore:
    """Keeps each deletion key in a file of one folder. See `retention.ports.KeyStore`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._store: str | None = None

    def bound_to(self) -> str | None:
        """Return the id of the store that this folder belongs to, if any."""
        try:
            return read_regular(self.directory / "store", MAX_NAME).decode("ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            raise self._failure("be read", "it does not say which store it belongs to") from None

    def bind(self, store: str) -> None:
        """Bind this folder to a store. A folder of another store is not changed."""
        new = self.is_unbound(store)
        with self._wrap_os_errors("be used"):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.chmod(0o700)
        if new:
            self._write(self.directory / "CACHEDIR.TAG", _CACHEDIR_TAG.encode())
            self._write(self.directory / "store", store.encode("ascii"))
        self.expect(store)

    def is_unbound(self, store: str) -> bool:
        """Return True if the folder is empty or missing, and False if it belongs to `store` already.

        Raises:
            ForeignStoreError: it belongs to another store.
        """
        bound = self.bound_to()
        if bound == store:
            return False
        if bound is not None or (os.path.lexists(self.directory) and keys_among(self._listed(None))):
            raise ForeignStoreError(
                f"the key store {self.directory} holds the keys of store {bound or 'unknown'}, not of {store}. "
                "No key was touched. Check INTAKE_KEY_STORE and INTAKE_KEY_STORE_MIRRORS"
            )
        return True

    def expect(self, store: str) -> None:
        """Expect this store when the folder is read. Writes nothing."""
        self._store = store

    def existing(self) -> Collection[tuple[str, int]]:
        """Return the purpose and generation of every key."""
        return keys_among(self._listed(self._store))

    def _listed(self, store: str | None) -> list[str]:
        # Use one descriptor: a disk that is unmounted meanwhile must not look like a folder without keys.
        try:
            descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            self.check_present()  # the error for a folder that was bound before
            raise self._failure("be read", "there is no such folder") from None
        except OSError as error:
            raise self._failure("be read", error.strerror) from None
        with self._wrap_os_errors("be read"):
            try:
                if store is not None and bound_in(descriptor) != store:
                    raise self._unavailable()
                return os.listdir(descriptor)  # noqa: PTH208  # names, not paths: there may be thousands
            finally:
                os.close(descriptor)

    def generations(self, purpose: str) -> Sequence[int]:
        """Return the generations of one purpose, ascending."""
        return sorted(generation for other, generation in self.existing() if other == purpose)

    def make(self, purpose: str, above: int = 0) -> int:
        """Make a key with a generation above all that exist, and above `above`. Durable on return."""
        generation = max([above, *self.generations(purpose)]) + 1
        while not self.put(purpose, generation, Secret(os.urandom(KEY))):
            generation += 1  # another process took this number
        return generation

    def put(self, purpose: str, generation: int, key: Secret) -> bool:
        """Store a key. Returns False, and overwrites nothing, if the generation exists."""
        return self._write(self._path(purpose, generation), key.reveal(), instead=False)

    def holds(self, purpose: str, generation: int) -> bool:
        """Return whether a file of this name exists."""
        return os.path.lexists(self._path(purpose, generation))

    def key(self, purpose: str, generation: int) -> Secret:
        """Return a key.

        Raises:
            LostKeyError: the key does not exist.
            KeyStoreError: the file cannot be read or is damaged, or the folder is not mounted.
        """
        path = self._path(purpose, generation)
        try:
            data = read_regular(path, MAX_KEY_FILE)
        except FileNotFoundError:
            self.check_present()
            raise LostKeyError(f"the deletion key for {purpose.split()[0]} does not exist any more") from None
        except OSError as error:
            raise self._failure("be read", error.strerror) from None
        if len(data) != KEY:
            raise KeyStoreError(f"the deletion key file {path.name} is damaged: {len(data)} bytes, not {KEY}")
        return Secret(data)

    def keep_copy(self, purpose: str, generation: int, sealed: bytes) -> None:
        """Store a ciphertext next to the key that it is encrypted under."""
        self._write(self._path(purpose, generation).with_suffix(".sealed"), sealed)

    def copy_of(self, purpose: str, generation: int) -> bytes | None:
        """Return the ciphertext that `keep_copy` stored, if any."""
        with self._wrap_os_errors("be read"):
            path = self._path(purpose, generation).with_suffix(".sealed")
            return read_regular(path, MAX_COPY) if path.exists() else None

    def drop_copy(self, purpose: str, generation: int) -> None:
        """Delete the ciphertext of a key that was destroyed elsewhere (on a token)."""
        with self._wrap_os_errors("be written"):
            self._path(purpose, generation).with_suffix(".sealed").unlink(missing_ok=True)

    def destroy(self, purpose: str, below: int | None = None) -> Sequence[str]:
        """Destroy keys: overwrite, fsync, unlink, fsync the folder. The key first, then the ciphertext next to it."""
        to_destroy = [generation for generation in self.generations(purpose) if below is None or generation < below]
        fingerprints = [self.remove(purpose, generation) for generation in to_destroy]
        return [fingerprint for fingerprint in fingerprints if fingerprint]

    def remove(self, purpose: str, generation: int) -> str:
        """Destroy one key. It is overwritten in place, so that no other name (hard link) of the file keeps it.

        Returns:
            Its fingerprint, or an empty text if another process has destroyed it.

        Raises:
            KeyStoreError: it could not be destroyed, or its file is also the file of another key.
        """
        path = self._path(purpose, generation)
        with self._wrap_os_errors("be written: a deletion key could not be destroyed"):
            try:
                with opened(path) as file:
                    links = self._links(path.name, file)
                    fingerprint = b64(sha256(file.read()).digest())
                    overwrite(file)
                path.unlink()
            except FileNotFoundError:
                return ""
            for link in links:  # the overwritten bytes are theirs too
                link.unlink(missing_ok=True)
            path.with_suffix(".sealed").unlink(missing_ok=True)
            self._sync()
        return fingerprint

    def _links(self, name: str, file: BinaryIO) -> list[Path]:
        """Return other names of an open key file in this folder. A process that was killed while it made a key leaves one."""
        if (status := os.fstat(file.fileno())).st_nlink == 1:
            return []
        with os.scandir(self.directory) as entries:
            links = [entry.name for entry in entries if entry.inode() == status.st_ino and entry.name != name]
        if shared := keys_among(links):
            raise KeyStoreError(
                f"the deletion key {name} and one for {min(shared)[0].split()[0]} are one file (a hard link). No key was "
                f"destroyed. Find out in {self.directory} which of the two names is wrong, and remove it"
            )
        return [self.directory / link for link in links]

    def linked(self) -> int:
        """Return how many keys have another name (hard link), in this folder or elsewhere."""
        with self._wrap_os_errors("be read"), os.scandir(self.directory) as entries:
            return sum(bool(keys_among([entry.name])) and entry.stat().st_nlink > 1 for entry in entries)

    def repair(self, committed: Mapping[str, int]) -> Sequence[str]:
        """Remove half-written files of processes that died, and ciphertexts whose key was destroyed."""
        self.clear()
        with self._wrap_os_errors("be written"):
            for path in self.directory.glob("*.sealed"):
                key = path.with_suffix(".key")
                named = keys_among([key.name])
                # A key is made before its ciphertext is stored. A ciphertext without a key is of a destroyed or lost key.
                if named - committed.items() and not key.exists():
                    path.unlink(missing_ok=True)
        return []

    def clear(self) -> None:
        """Remove half-written files of processes that died."""
        with self._wrap_os_errors("be written"):
            for path in self.directory.glob("*.new"):
                with contextlib.suppress(FileNotFoundError):  # its writer has finished meanwhile
                    status = path.lstat()
                    if stat.S_ISREG(status.st_mode) and status.st_mtime < time.time() - _HALF_WRITTEN_SECONDS:
                        # Rename it first, so that a writer that was only suspended cannot make a key of it.
                        discard(path.rename(path.with_name(f"{secrets.token_hex(8)}.new")))
                        self._sync()

    def held_by_mirrors(self, committed: Mapping[str, int]) -> str:
        """Return nothing: a single folder has no mirrors."""
        return ""

    def mirror_with(self, missing: Mapping[str, int]) -> Path | None:
        """Return nothing: a single folder has no mirrors."""
        return None

    def check_present(self) -> None:
        """Check that this is the folder that was bound.

        An empty mount point also holds no keys, and must not look like a key store whose keys were destroyed.

        Raises:
            KeyStoreError: the folder is missing (not mounted), or another folder is in its place.
        """
        if self._store is not None and self.bound_to() != self._store:
            raise self._unavailable()

    def _path(self, purpose: str, generation: int) -> Path:
        return self.directory / f"{purpose.replace(' ', '.')}.{generation}.key"

    def _write(self, path: Path, data: bytes, *, instead: bool = True) -> bool:
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
        with self._wrap_os_errors("be written"):
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
    def _wrap_os_errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._failure(what, error.strerror) from None

    def _failure(self, what: str, why: str | None) -> KeyStoreError:
        return KeyStoreError(
            f"the key store at {self.directory} cannot {what}: {why}. "
            f"Check INTAKE_KEY_STORE and its mirrors: ls -ld {quoted(self.directory)}"
        )

    def _unavailable(self) -> KeyStoreError:
        return KeyStoreError(
            f"the key store at {self.directory} is not available. Is its disk mounted? "
            f"Check INTAKE_KEY_STORE and its mirrors: ls -ld {quoted(self.directory)}"
        )
