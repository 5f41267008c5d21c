"""Looking for given bytes in raw files: databases, journals, dumps, backups, a block device. Reads, and changes nothing.

What is stored is cut up by engines (pages, chunks), so blobs are looked for by short probes taken from all along them.
"""

import base64
import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ahocorasick_rs import BytesAhoCorasick, Implementation

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


def files(paths: Sequence[Path]) -> Iterator[Path]:
    """Every regular file and block device at or below the paths; links are not followed.

    What a database removes from a folder meanwhile is passed over: to be sure of a store, look at it while it is at rest.

    Raises:
        OSError: a path that is not there, or a folder that cannot be read.
    """
    for path in paths:
        yield from _at(path, path.lstat().st_mode)


def _at(path: Path, mode: int) -> Iterator[Path]:
    if stat.S_ISDIR(mode):
        for inner in sorted(path.iterdir()):
            with contextlib.suppress(FileNotFoundError):
                yield from _at(inner, inner.lstat().st_mode)
    elif stat.S_ISREG(mode) or stat.S_ISBLK(mode):
        yield path


def size(path: Path) -> int:
    """Bytes of a file or block device."""
    with path.open("rb") as file:
        return file.seek(0, os.SEEK_END)


def scan(paths: Sequence[Path], wanted: Mapping[str, Sequence[bytes]], progress: Callable[[int], None]) -> Iterator[Found]:
    """Each place where something wanted stands.

    Args:
        wanted: pieces to look for, by the name of what they belong to.
        progress: is told each number of bytes that was read.

    Raises:
        OSError: a file cannot be read; what was not read was not searched.
    """
    pieces = [(name, piece) for name, some in wanted.items() for piece in some]
    if not pieces:
        return
    machine = BytesAhoCorasick([piece for _, piece in pieces], implementation=Implementation.ContiguousNFA)
    overlap = max(len(piece) for _, piece in pieces) - 1
    for path in files(paths):
        try:
            yield from _in_file(path, machine, pieces, overlap, progress)
        except FileNotFoundError:
            if path in paths:
                raise


def _in_file(
    path: Path, machine: BytesAhoCorasick, pieces: Sequence[tuple[str, bytes]], overlap: int, progress: Callable[[int], None]
) -> Iterator[Found]:
    with path.open("rb") as file:
        start, tail = 0, b""
        while data := file.read(WINDOW):
            progress(len(data))
            window = tail + data
            for index, begin, end in machine.find_matches_as_indexes(window, overlapping=True):
                if end > len(tail):  # what ends in the overlap was told with the window before
                    yield Found(path, start - len(tail) + begin, pieces[index][0])
            tail = window[-overlap:] if overlap else b""
            start += len(data)
