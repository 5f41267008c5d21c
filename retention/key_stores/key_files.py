"""The files of a keeper's directory, one by one: names, and how a file is opened, overwritten and removed."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

KEY = 32  # bytes
MAX_NAME = 64  # bytes of the file that says whose the keys are
_NAME = re.compile(r"(?P<purpose>[A-Za-z0-9_.-]+)\.(?P<generation>[1-9][0-9]*)\.key\Z", re.ASCII)


def keys_among(names: Iterable[str]) -> set[tuple[str, int]]:
    """Purpose and generation of each name that is a lock key's."""
    found = (_NAME.match(name) for name in names)
    return {(match["purpose"].replace(".", " "), int(match["generation"])) for match in found if match}


def bound_in(directory: int) -> str | None:
    """The store that an open directory belongs to, if any."""
    try:
        with os.fdopen(os.open("store", os.O_RDONLY | os.O_NONBLOCK, dir_fd=directory), encoding="ascii") as file:
            return file.read(MAX_NAME).strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def opened(path: Path) -> BinaryIO:
    """Open a file to read and overwrite it; never what a symbolic link points to."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_NOFOLLOW), "r+b")


def discard(path: Path) -> None:
    """Remove a name. Its bytes are overwritten only if no other name has them: that one may be a key that lives."""
    with opened(path) as file:
        if os.fstat(file.fileno()).st_nlink == 1:
            overwrite(file)
    path.unlink()


def overwrite(file: BinaryIO) -> None:
    """Put noise in place of the bytes of an open file, durably."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    file.write(os.urandom(max(KEY, size)))
    file.flush()
    os.fsync(file.fileno())
