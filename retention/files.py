"""Opens files that users name, and replaces files as a whole.

Refuses pipes, devices, sockets and folders, and reads no more bytes than a limit.

Reading a pipe could block forever, `/dev/zero` never ends, and opening a tape rewinds it. Each is refused with an `OSError`
whose `strerror` says what it is, so that callers report it in the same way as a missing file.
"""

import errno
import os
import secrets
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
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
    """Open a regular file for reading.

    Args:
        path: the file.
        block_device: also accept a block device.
        follow: accept a symbolic link, and open its target.

    Raises:
        OSError: the file cannot be opened, or is not a regular file.
    """
    _check(path.stat(follow_symlinks=follow).st_mode, path, block_device)  # opening a device can have effects
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    try:
        _check(os.fstat(descriptor).st_mode, path, block_device)  # the name may be another file's by now
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, limit: int, *, follow: bool = True) -> bytes:
    """Read a regular file.

    Raises:
        OSError: see `open_regular`, or the file is larger than `limit` bytes.
    """
    data = bytearray()
    with open_regular(path, follow=follow) as file:
        # In pieces: one read would allocate `limit` bytes, and a server overwrites all memory that it frees.
        while len(data) <= limit and (piece := file.read(min(_PIECE, limit + 1 - len(data)))):
            data += piece
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit:,} bytes", str(path))
    return bytes(data)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that only its owner can read. It durably replaces `path` when the block ends without an exception.

    Raises:
        OSError: the file cannot be written. `path` is unchanged.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def quoted(path: Path) -> str:
    """Return a path as one word of a command that an operator types."""
    return shlex.quote(str(path))


def kind_of(mode: int) -> str:
    """Name the kind of a file that is not a regular one."""
    return _KINDS.get(stat.S_IFMT(mode), "no file")


def _check(mode: int, path: Path, block_device: bool) -> None:
    if not stat.S_ISREG(mode) and not (block_device and stat.S_ISBLK(mode)):
        raise OSError(errno.EINVAL, f"it is {kind_of(mode)}, not a file", str(path))
