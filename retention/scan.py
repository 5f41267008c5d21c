"""Searches raw files for given bytes: databases, journals, dumps, backups, block devices. Changes nothing.

Database engines split values into pages and chunks. So a blob is searched by short probes taken at regular distances.
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
PROBE = 24  # bytes; two ciphertexts do not share this many by chance
SPACING = 256  # bytes between probes; engines split values into pieces of 1 KiB or more


@dataclass(frozen=True, slots=True)
class Match:
    """A place where a probe occurs: file, byte offset, and the name of what the probe belongs to."""

    path: Path
    offset: int
    what: str


def probes(blob: bytes) -> list[bytes]:
    """Return pieces of a blob that identify it even when it is split."""
    return [blob[i : i + PROBE] for i in range(0, len(blob) - PROBE + 1, SPACING)] or ([blob] if blob else [])


def encodings_of(canary: str) -> list[bytes]:
    """Return the encodings of a text that a file may contain: UTF-8, UTF-16, hexadecimal, base64 at its three offsets."""
    raw = canary.encode()
    encodings = [raw, canary.encode("utf-16-le"), canary.encode("utf-16-be"), raw.hex().encode(), raw.hex().upper().encode()]
    for shift in range(3):
        # The first and last groups depend on the bytes around the text. Search only for the groups between them.
        inner = base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 :]
        encodings.append(inner[: (len(inner) // 4 - 1) * 4])
    return list(dict.fromkeys(piece for piece in encodings if len(piece) >= 4))


Skipped = Callable[[Path, str], None]
"""Receives each path that cannot be searched, and the reason."""


def refuse(path: Path, why: str) -> None:
    """Raise for a path that cannot be searched, so that nothing is skipped silently."""
    raise OSError(errno.EINVAL, why, str(path))


def files(paths: Sequence[Path], skipped: Skipped = refuse) -> Iterator[Path]:
    """Yield every regular file and block device at or below the paths.

    A named path may be a symbolic link. Links below it are not followed: one whose target is searched anyway is ignored, and
    any other is reported as skipped. Files that a database removes meanwhile are ignored: stop the server before searching.

    Raises:
        OSError: a path does not exist.
    """
    roots = [_resolved(path) for path in paths]
    for path in paths:
        several = 0
        for several, file in enumerate(_at(path, path.stat().st_mode, roots, skipped), 1):  # noqa: B007
            if file is not None:
                yield file
        if not several:
            skipped(path, "it is a folder without files")


def _resolved(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except OSError as error:  # name the path that the operator gave, not the target of a link
        raise OSError(error.errno, error.strerror, str(path)) from None


def _at(path: Path, mode: int, roots: Sequence[Path], skipped: Skipped) -> Iterator[Path | None]:
    """Yield files, and None for each other thing."""
    if stat.S_ISDIR(mode):
        try:
            children = sorted(path.iterdir())
        except PermissionError as error:
            skipped(path, error.strerror or "it cannot be read")
            yield None
            return
        for child in children:
            with contextlib.suppress(FileNotFoundError):
                yield from _at(child, child.lstat().st_mode, roots, skipped)
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
    """Return the size of a file or block device in bytes; 0 if it cannot be opened."""
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
) -> Iterator[Match]:
    """Yield each place where a wanted piece occurs.

    Args:
        paths: files and folders to search.
        wanted: the pieces to search for, by the name of what they belong to.
        progress: receives each number of bytes that was read.
        skipped: receives each path that cannot be searched. By default it raises.

    Raises:
        OSError: a path does not exist, or `skipped` raised.
    """
    pieces = [(name, piece) for name, group in wanted.items() for piece in group]
    if not pieces:
        return
    automaton = BytesAhoCorasick([piece for _, piece in pieces], implementation=Implementation.ContiguousNFA)
    overlap = max(len(piece) for _, piece in pieces) - 1
    for path in files(paths, skipped):
        try:
            yield from _in_file(path, automaton, pieces, overlap, progress)
        except FileNotFoundError:
            if path in paths:
                raise
        except OSError as error:
            skipped(path, error.strerror or "it cannot be read")


def _in_file(
    path: Path, automaton: BytesAhoCorasick, pieces: Sequence[tuple[str, bytes]], overlap: int, progress: Callable[[int], None]
) -> Iterator[Match]:
    with open_regular(path, block_device=True) as file:
        start, tail = 0, b""
        while data := file.read(WINDOW):
            progress(len(data))
            window = tail + data
            for index, begin, end in automaton.find_matches_as_indexes(window, overlapping=True):
                if end > len(tail):  # a match within the overlap was reported with the previous window
                    yield Match(path, start - len(tail) + begin, pieces[index][0])
            tail = window[-overlap:] if overlap else b""
            start += len(data)
