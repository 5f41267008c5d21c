"""The embedded keeper: a directory of 0600 files, one lock key each. DESIGN.md, The days.

The directory must not be backed up, snapshotted or replicated (it carries `CACHEDIR.TAG`), and losing it loses every
live case. What overwriting cannot reach (copy-on-write, worn SSD blocks) is said in SECURITY.md.
"""

import contextlib
import os
import re
import secrets
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from crypto.encoding import b64
from crypto.secret import Secret
from retention.errors import ForeignStoreError, KeeperError, LostKeyError

KEY = 32  # bytes
_CACHEDIR_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Lock keys. Never back this directory up: see SECURITY.md.\n"
_NAME = re.compile(r"(?P<purpose>[A-Za-z0-9_.-]+)\.(?P<generation>[1-9][0-9]*)\.key\Z", re.ASCII)
_HALF_WRITTEN_SECONDS = 3600  # a file that is still half-written after so long was left by a process that died


class FileKeeper:
    """See `retention.ports.Keeper`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._store: str | None = None

    def bound_to(self) -> str | None:
        """The store that this keeper belongs to, if any."""
        try:
            return (self.directory / "store").read_text("ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            raise KeeperError(f"the keeper at {self.directory.name} does not tell which store it belongs to") from None

    def bind(self, store: str) -> None:
        """Belong to `store` from now on."""
        with self._doing("be used"):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.chmod(0o700)
        bound = self.bound_to()
        if bound is None and not self._names():
            self._write(self.directory / "CACHEDIR.TAG", _CACHEDIR_TAG.encode())
            self._write(self.directory / "store", store.encode("ascii"))
        elif bound != store:
            raise ForeignStoreError(
                f"this keeper holds the keys of store {bound or 'unknown'}, not of {store}; no key was touched"
            )
        self.expect(store)

    def expect(self, store: str) -> None:
        """Belong to `store` once the directory is there; touches nothing."""
        self._store = store

    def living(self) -> Collection[tuple[str, int]]:
        """Purpose and generation of every key that lives."""
        self.check_present()
        return self._names()

    def _names(self) -> Collection[tuple[str, int]]:
        with self._doing("be read"):
            names = os.listdir(self.directory)  # noqa: PTH208  # names, not paths: there may be thousands
        found = (_NAME.match(name) for name in names)
        return {(match["purpose"].replace(".", " "), int(match["generation"])) for match in found if match}

    def generations(self, purpose: str) -> Sequence[int]:
        """Those of one purpose, ascending."""
        return sorted(generation for found, generation in self.living() if found == purpose)

    def make(self, purpose: str) -> int:
        """A new key above all that live; durable on return."""
        generation = max(self.generations(purpose), default=0) + 1
        while not self.put(purpose, generation, Secret(os.urandom(KEY))):
            generation += 1  # another process was faster
        return generation

    def put(self, purpose: str, generation: int, key: Secret) -> bool:
        """Keep a key under its number; False, and nothing is overwritten, if there is one."""
        return self._write(self._path(purpose, generation), key.reveal(), instead=False)

    def key(self, purpose: str, generation: int) -> Secret:
        """The key.

        Raises:
            LostKeyError: it was destroyed, or never was.
            KeeperError: the file cannot be read or is damaged, or the whole directory is away.
        """
        path = self._path(purpose, generation)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            self.check_present()
            raise LostKeyError(f"the lock key for {purpose.split()[0]} is gone") from None
        except OSError as error:
            raise KeeperError(f"a lock key cannot be read: {error.strerror}") from None
        if len(data) != KEY:
            raise KeeperError(f"the lock key file {path.name} is damaged: {len(data)} bytes, not {KEY}")
        return Secret(data)

    def keep_copy(self, purpose: str, generation: int, sealed: bytes) -> None:
        """Lay what is sealed under a key beside it."""
        self._write(self._path(purpose, generation).with_suffix(".sealed"), sealed)

    def copy_of(self, purpose: str, generation: int) -> bytes | None:
        """What `keep_copy` laid there, if anything."""
        with self._doing("be read"):
            path = self._path(purpose, generation).with_suffix(".sealed")
            return path.read_bytes() if path.exists() else None

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
        """Destroy one key; its fingerprint, or nothing if another process was faster."""
        path = self._path(purpose, generation)
        with self._doing("be written: a lock key could not be destroyed"):
            try:
                fingerprint = b64(sha256(path.read_bytes()).digest())
                _overwrite(path)
                path.unlink()
            except FileNotFoundError:
                return ""
            path.with_suffix(".sealed").unlink(missing_ok=True)
            self._sync()
        return fingerprint

    def settle(self, committed: Mapping[str, int]) -> Sequence[str]:
        """Destroy what processes that died left half-written."""
        with self._doing("be written"):
            for path in self.directory.glob("*.new"):
                with contextlib.suppress(FileNotFoundError):  # its writer has just finished
                    if path.stat().st_mtime < time.time() - _HALF_WRITTEN_SECONDS:
                        _overwrite(path)
                        path.unlink()
        return []

    def check_present(self) -> None:
        """Return if this is the directory that it was when it was bound.

        An empty mount point holds no keys either, and must not pass for a keeper whose keys were destroyed.

        Raises:
            KeeperError: it is away (not mounted), or another lies in its place.
        """
        if self._store is not None and self.bound_to() != self._store:
            raise KeeperError(f"the keeper at {self.directory.name} is away: is its disk mounted?")

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
                temporary.unlink(missing_ok=True)
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
            raise KeeperError(f"the keeper at {self.directory.name} cannot {what}: {error.strerror}") from None


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(max(KEY, path.stat().st_size)))
        file.flush()
        os.fsync(file.fileno())
