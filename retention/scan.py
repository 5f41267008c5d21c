"""Looking for given bytes in raw files: databases, journals, dumps, backups, a block device. Reads, and changes nothing.

What is stored is cut up by engines (pages, chunks), so blobs are looked for by short probes taken from all along them.
"""

import base64
import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ahocorasick_rs import BytesAhoCorasick, Implementation

from retention.files import kind_of, open_regular

WINDOW = 4 * 1024 * 1024  # bytes read at once
PROBE = 24  # bytes: no two ciphertexts share so many by chance
SPACING = 256  # bytes between probes; engines cut into pieces of 1 KiB or more


@dataclass(frozen=True, slots=True)
class Found:
    """Where a probe was found: file, byte offset, and what it belongs to."""

    path: Path
    offset: int
    what: str


def probes(blob: bytes) -> list[bytes]:
    """Pieces of a blob by which it is known, even when it is cut up."""
    return [blob[i : i + PROBE] for i in range(0, len(blob) - PROBE + 1, SPACING)] or ([blob] if blob else [])


def texts(canary: str) -> list[bytes]:
    """A text as it may stand in a file: UTF-8, UTF-16, hexadecimal, base64 at each of its three offsets."""
    raw = canary.encode()
    found = [raw, canary.encode("utf-16-le"), canary.encode("utf-16-be"), raw.hex().encode(), raw.hex().upper().encode()]
    for shift in range(3):
        # The ends depend on what stands before and after: only whole groups within are looked for.
        inner = base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 :]
        found.append(inner[: (len(inner) // 4 - 1) * 4])
    return list(dict.fromkeys(piece for piece in found if len(piece) >= 4))


Skipped = Callable[[Path, str], None]
"""Is told what cannot be searched, and why."""


def refuse(path: Path, why: str) -> None:
    """Raise for what cannot be searched: nothing is passed over in silence."""
    raise OSError(errno.EINVAL, why, str(path))


def files(paths: Sequence[Path], skipped: Skipped = refuse) -> Iterator[Path]:
    """Every regular file and block device at or below the paths.

    A path that is named may be a link. Links below it are not followed: one that leads to what is searched anyway is passed
    over, any other is not searched. What a database removes from a folder meanwhile is passed over: to be sure of a store, look
    at it while it is at rest.

    Raises:
        OSError: a path that is not there.
    """
    roots = [_there(path) for path in paths]
    for path in paths:
        several = 0
        for several, file in enumerate(_at(path, path.stat().st_mode, roots, skipped), 1):  # noqa: B007
            if file is not None:
                yield file
        if not several:
            skipped(path, "it is a folder without a file")


def _there(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except OSError as error:  # it names what a link leads to; the operator knows the path
        raise OSError(error.errno, error.strerror, str(path)) from None


def _at(path: Path, mode: int, roots: Sequence[Path], skipped: Skipped) -> Iterator[Path | None]:
    """Files; None for each thing that is not one."""
    if stat.S_ISDIR(mode):
        try:
            inside = sorted(path.iterdir())
        except PermissionError as error:
            skipped(path, error.strerror or "it cannot be read")
            yield None
            return
        for inner in inside:
            with contextlib.suppress(FileNotFoundError):
                yield from _at(inner, inner.lstat().st_mode, roots, skipped)
    elif stat.S_ISREG(mode) or stat.S_ISBLK(mode):
        yield path
    else:
        if not (stat.S_ISLNK(mode) and _is_searched(path, roots)):
            skipped(path, f"it is {kind_of(mode)}")
        yield None


def _is_searched(link: Path, roots: Sequence[Path]) -> bool:
    target = link.resolve()
    try:
        kind = target.stat().st_mode
    except OSError:
        return False
    inside = any(target == root or root in target.parents for root in roots)
    return inside and (stat.S_ISREG(kind) or stat.S_ISBLK(kind) or stat.S_ISDIR(kind))


def size(path: Path) -> int:
    """Bytes of a file or block device; none of one that cannot be opened."""
    try:
        with open_regular(path, block_device=True) as file:
            return file.seek(0, os.SEEK_END)
    except OSError:
        return 0


def scan(
    paths: Sequence[Path],
    wanted: Mapping[str, Sequence[bytes]],
    progress: Callable[[int], None],
    skipped: Skipped = refuse,
) -> Iterator[Found]:
    """Each place where something wanted stands.

    Args:
        wanted: pieces to look for, by the name of what they belong to.
        progress: is told each number of bytes that was read.
        skipped: is told what cannot be searched; by default it raises.

    Raises:
        OSError: a path that is not there; by `skipped`, what cannot be read.
    """
    pieces = [(name, piece) for name, some in wanted.items() for piece in some]
    if not pieces:
        return
    machine = BytesAhoCorasick([piece for _, piece in pieces], implementation=Implementation.ContiguousNFA)
    overlap = max(len(piece) for _, piece in pieces) - 1
    for path in files(paths, skipped):
        try:
            yield from _in_file(path, machine, pieces, overlap, progress)
        except FileNotFoundError:
            if path in paths:
                raise
        except OSError as error:
            skipped(path, error.strerror or "it cannot be read")


def _in_file(
    path: Path, machine: BytesAhoCorasick, pieces: Sequence[tuple[str, bytes]], overlap: int, progress: Callable[[int], None]
) -> Iterator[Found]:
    with open_regular(path, block_device=True) as file:
        start, tail = 0, b""
        while data := file.read(WINDOW):
            progress(len(data))
            window = tail + data
            for index, begin, end in machine.find_matches_as_indexes(window, overlapping=True):
                if end > len(tail):  # what ends in the overlap was told with the window before
                    yield Found(path, start - len(tail) + begin, pieces[index][0])
            tail = window[-overlap:] if overlap else b""
            start += len(data)
