"""Locks among the processes of one machine: `flock` on empty files, which are removed when unused."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from retention.errors import KeyStoreError


class FileLocks:
    """Locks files in one folder. See `retention.ports.Locks`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Hold a lock exclusively. Waits for it."""
        with self._held(name, fcntl.LOCK_EX):
            yield

    @contextmanager
    def attempt(self, name: str) -> Iterator[bool]:
        """Hold a lock exclusively without waiting. Yields False if another process holds it."""
        with self._held(name, fcntl.LOCK_EX | fcntl.LOCK_NB) as acquired:
            yield acquired

    def share(self, name: str) -> Callable[[], None]:
        """Hold a shared lock until the returned function is called."""
        descriptor = self._open(name, fcntl.LOCK_SH)
        assert descriptor is not None
        return lambda: os.close(descriptor)

    def nobody_shares(self, name: str) -> bool:
        """Return whether no process holds the lock at this moment."""
        with self.attempt(name) as acquired:
            return acquired

    def lost(self) -> bool:
        """Return False: the kernel keeps the locks as long as the process runs."""
        return False

    def close(self) -> None:
        """Do nothing, because only held locks have an open file."""

    @contextmanager
    def _held(self, name: str, how: int) -> Iterator[bool]:
        descriptor = self._open(name, how)
        try:
            yield descriptor is not None
        finally:
            if descriptor is not None:
                # Remove the file while the lock is exclusive. A process that waits for it sees that the name has changed.
                self._path(name).unlink(missing_ok=True)
                os.close(descriptor)

    def _open(self, name: str, how: int) -> int | None:
        path = self._path(name)
        try:
            while True:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    fcntl.flock(descriptor, how)
                    if _is_still(path, descriptor):
                        return descriptor
                except BlockingIOError:
                    os.close(descriptor)
                    return None
                except BaseException:
                    os.close(descriptor)
                    raise
                os.close(descriptor)
        except OSError as error:
            raise KeyStoreError(f"the key store's directory cannot be written: {error.strerror}") from None

    def _path(self, name: str) -> Path:
        return self._directory / f"{name.replace(' ', '.')}.lock"


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
