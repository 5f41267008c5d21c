"""The embedded keeper: a directory of 0600 files, one lock key each. DESIGN.md, The days.

The directory must not be backed up, snapshotted or replicated (it carries `CACHEDIR.TAG`), and losing it loses every
live case. What overwriting cannot reach (copy-on-write, worn SSD blocks) is said in SECURITY.md.
"""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from crypto.encoding import b64
from crypto.secret import Secret
from retention.errors import ForeignStoreError, KeeperError, LostKeyError

KEY = 32  # bytes
_CACHEDIR_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Lock keys. Never back this directory up: see SECURITY.md.\n"
_NAME = re.compile(r"(?P<purpose>[A-Za-z0-9_.-]+)\.(?P<generation>[1-9][0-9]*)\.key\Z", re.ASCII)


class FileKeeper:
    """See `retention.ports.Keeper`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            directory.chmod(0o700)
            tag = directory / "CACHEDIR.TAG"
            if not tag.exists():
                self._write(tag, _CACHEDIR_TAG.encode())
        except OSError as error:
            raise KeeperError(f"the keeper's directory cannot be used: {error.strerror}") from None

    def bound_to(self) -> str | None:
        """The store that this keeper belongs to, if any."""
        try:
            return (self._directory / "store").read_text("ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            raise KeeperError("the keeper's record of its store cannot be read") from None

    def bind(self, store: str) -> None:
        """Belong to `store` from now on."""
        bound = self.bound_to()
        if bound is None and not self.purposes():
            self._write(self._directory / "store", store.encode("ascii"))
        elif bound != store:
            raise ForeignStoreError(
                f"this keeper holds the keys of store {bound or 'unknown'}, not of {store}; no key was touched"
            )

    def generations(self, purpose: str) -> Sequence[int]:
        """Those that live, ascending."""
        return sorted(generation for found, generation in self._keys() if found == purpose)

    def purposes(self) -> Sequence[str]:
        """Those with a living key."""
        return sorted({purpose for purpose, _ in self._keys()})

    def make(self, purpose: str) -> int:
        """A new key above all that live; durable on return."""
        generation = max(self.generations(purpose), default=0) + 1
        self._write(self._path(purpose, generation), os.urandom(KEY))
        return generation

    def key(self, purpose: str, generation: int) -> Secret:
        """The key.

        Raises:
            LostKeyError: it was destroyed, or never was.
            KeeperError: the file cannot be read or is damaged.
        """
        try:
            data = self._path(purpose, generation).read_bytes()
        except FileNotFoundError:
            raise LostKeyError(f"the lock key for {purpose.split()[0]} is gone") from None
        except OSError as error:
            raise KeeperError(f"a lock key cannot be read: {error.strerror}") from None
        if len(data) != KEY:
            raise KeeperError(
                f"the lock key file {self._path(purpose, generation).name} is damaged: {len(data)} bytes, not {KEY}"
            )
        return Secret(data)

    def keep_copy(self, purpose: str, generation: int, sealed: bytes) -> None:
        """Lay what is sealed under a key beside it."""
        self._write(self._path(purpose, generation).with_suffix(".sealed"), sealed)

    def destroy(self, purpose: str, below: int | None = None) -> Sequence[str]:
        """Overwrite, fsync, unlink, fsync the directory; keys first, then what lay beside them."""
        fingerprints = []
        try:
            for generation in self.generations(purpose):
                if below is None or generation < below:
                    path = self._path(purpose, generation)
                    fingerprints.append(b64(sha256(path.read_bytes()).digest()))
                    _overwrite(path)
                    path.unlink()
                    path.with_suffix(".sealed").unlink(missing_ok=True)
            self._sync()
        except OSError as error:
            raise KeeperError(f"a lock key could not be destroyed: {error.strerror}") from None
        return fingerprints

    @contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """One process at a time."""
        with (self._directory / f"{_file_part(purpose)}.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _keys(self) -> Iterator[tuple[str, int]]:
        try:
            names = os.listdir(self._directory)  # noqa: PTH208  # names, not paths: there may be thousands
        except OSError as error:
            raise KeeperError(f"the keeper's directory cannot be read: {error.strerror}") from None
        for name in names:
            if match := _NAME.match(name):
                yield match["purpose"].replace(".", " "), int(match["generation"])

    def _path(self, purpose: str, generation: int) -> Path:
        return self._directory / f"{_file_part(purpose)}.{generation}.key"

    def _write(self, path: Path, data: bytes) -> None:
        temporary = path.with_name(path.name + ".new")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            self._sync()
        except OSError as error:
            raise KeeperError(f"the keeper's directory cannot be written: {error.strerror}") from None

    def _sync(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _file_part(purpose: str) -> str:
    return purpose.replace(" ", ".")


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(max(KEY, path.stat().st_size)))
        file.flush()
        os.fsync(file.fileno())
