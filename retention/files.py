"""Opens files by a name that somebody gives: never a pipe, a device, a socket or a folder, and never more than a bound.

A pipe would be waited for without end, `/dev/zero` read without end, and a tape rewound. Each is refused with an `OSError`
whose `strerror` says what it is, so that callers report it as they report a file that is not there.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_PIECE = 65_536  # bytes that are read at once
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a block device",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
}


def open_regular(path: Path, *, block_device: bool = False, follow: bool = True) -> BinaryIO:
    """Open a regular file to read.

    Args:
        block_device: take a block device as well.
        follow: take what a symbolic link leads to.

    Raises:
        OSError: it cannot be opened, or is something else.
    """
    _check(path.stat(follow_symlinks=follow).st_mode, path, block_device)  # opening a device may already do something
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    try:
        _check(os.fstat(descriptor).st_mode, path, block_device)  # another may lie there by now
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, limit: int, *, follow: bool = True) -> bytes:
    """The bytes of a regular file.

    Raises:
        OSError: as `open_regular`, or it is larger than `limit` bytes.
    """
    data = bytearray()
    with open_regular(path, follow=follow) as file:
        # In pieces: one read would allocate `limit` bytes, and a server overwrites all memory that it frees.
        while len(data) <= limit and (piece := file.read(min(_PIECE, limit + 1 - len(data)))):
            data += piece
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit:,} bytes", str(path))
    return bytes(data)


def kind_of(mode: int) -> str:
    """What a file is that is not a regular one."""
    return _KINDS.get(stat.S_IFMT(mode), "no file")


def _check(mode: int, path: Path, block_device: bool) -> None:
    if not stat.S_ISREG(mode) and not (block_device and stat.S_ISBLK(mode)):
        raise OSError(errno.EINVAL, f"it is {kind_of(mode)}, not a file", str(path))
