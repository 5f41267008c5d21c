"""Locks among the processes of one machine: `flock` on small empty files that go again when nobody needs them."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from retention.errors import KeyStoreError


class FileLocks:
    """See `retention.ports.Locks`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """One holder at a time."""
        with self._held(name, fcntl.LOCK_EX):
            yield

    @contextmanager
    def attempt(self, name: str) -> Iterator[bool]:
        """As `exclusive`, without waiting."""
        with self._held(name, fcntl.LOCK_EX | fcntl.LOCK_NB) as got:
            yield got

    def share(self, name: str) -> Callable[[], None]:
        """Hold `name` beside others."""
        descriptor = self._open(name, fcntl.LOCK_SH)
        assert descriptor is not None
        return lambda: os.close(descriptor)

    def nobody_shares(self, name: str) -> bool:
        """Whether it could be held alone right now."""
        with self.attempt(name) as alone:
            return alone

    def lost(self) -> bool:
        """Never: the kernel keeps them as long as the process."""
        return False

    def close(self) -> None:
        """Nothing is open but what is held."""

    @contextmanager
    def _held(self, name: str, how: int) -> Iterator[bool]:
        descriptor = self._open(name, how)
        try:
            yield descriptor is not None
        finally:
            if descriptor is not None:
                # Removed while it is held alone: whoever waits for this file sees that it is no longer the one of that name.
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
            raise KeyStoreError(f"the keeper's directory cannot be written: {error.strerror}") from None

    def _path(self, name: str) -> Path:
        return self._directory / f"{name.replace(' ', '.')}.lock"


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
