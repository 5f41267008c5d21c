"""The files of a key store's folder: their names, and how one is opened, overwritten and removed."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

KEY = 32  # bytes
MAX_NAME = 64  # bytes of the file that names the store
_NAME = re.compile(r"(?P<purpose>[A-Za-z0-9_.-]+)\.(?P<generation>[1-9][0-9]*)\.key\Z", re.ASCII)


def keys_among(names: Iterable[str]) -> set[tuple[str, int]]:
    """Return the purpose and generation of each name that is of a deletion key."""
    matches = (_NAME.match(name) for name in names)
    return {(match["purpose"].replace(".", " "), int(match["generation"])) for match in matches if match}


def bound_in(directory: int) -> str | None:
    """Return the store that an open folder belongs to, if any."""
    try:
        with os.fdopen(os.open("store", os.O_RDONLY | os.O_NONBLOCK, dir_fd=directory), encoding="ascii") as file:
            return file.read(MAX_NAME).strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def opened(path: Path) -> BinaryIO:
    """Open a file for reading and overwriting. Never follows a symbolic link."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_NOFOLLOW), "r+b")


def discard(path: Path) -> None:
    """Remove a name. Overwrite the bytes only if the file has no other name, which may be of an existing key."""
    with opened(path) as file:
        if os.fstat(file.fileno()).st_nlink == 1:
            overwrite(file)
    path.unlink()


def overwrite(file: BinaryIO) -> None:
    """Overwrite the bytes of an open file with random ones. Durable on return."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    file.write(os.urandom(max(KEY, size)))
    file.flush()
    os.fsync(file.fileno())
