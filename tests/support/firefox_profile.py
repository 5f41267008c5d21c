"""Read what Firefox keeps in a profile: every file, and its session files unpacked."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lz4.block

from tests.support.any_browser import until

WRITTEN = 2.5  # seconds in which Firefox writes its session file, at the interval that the tests set
_MAGIC = b"mozLz40\0"  # before the size, in four bytes, and one LZ4 block


def unpacked(data: bytes) -> bytes:
    """Return the content of a `.jsonlz4` file."""
    assert data.startswith(_MAGIC)
    content: bytes = lz4.block.decompress(data[len(_MAGIC) :])  # the size is in front of the block, as LZ4's own format has it
    return content


def session_files(profile: Path) -> dict[str, bytes]:
    """Return every session file unpacked: the current one, the one before it, and that of an ended session."""
    paths = [*profile.glob("sessionstore*"), *profile.glob("sessionstore-backups/*")]
    return {path.name: unpacked(path.read_bytes()) for path in paths if path.is_file()}


def written(profile: Path) -> None:
    """Wait until Firefox has written its session file."""
    time.sleep(WRITTEN)
    until((profile / "sessionstore-backups" / "recovery.jsonlz4").exists, "the session file")


def open_pages(profile: Path) -> list[dict[str, Any]]:
    """Return the newest entry of each tab that the newest session file would open again."""
    path = profile / "sessionstore-backups" / "recovery.jsonlz4"
    if not path.exists():
        return []
    windows = json.loads(unpacked(path.read_bytes()))["windows"]
    return [tab for window in windows for tab in window["tabs"]]


def everything(profile: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a profile, and the unpacked content of compressed ones."""
    for path in profile.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            yield str(path), data
            if data.startswith(_MAGIC):
                yield f"{path} unpacked", unpacked(data)
