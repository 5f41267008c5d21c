"""Looks after the folders that hold secrets: for their owner alone, and every file in them as well."""

import os
import stat
from pathlib import Path

from retention.errors import KeyStoreError

_OTHERS, _OTHERS_WRITE = 0o077, 0o022


def weaknesses(folder: Path) -> list[str]:
    """What others may do in a folder, or with a file in it; changes nothing."""
    if not folder.is_dir():
        return []
    found = [refusal] if (refusal := _refusal(folder)) else []
    return found + [f"{path} may be used by others (mode {mode:04o})" for path, mode in _wide(folder)]


def make_private(folder: Path) -> list[str]:
    """Take from others what they may read; what was changed, in words.

    Raises:
        KeyStoreError: another account owns the folder or may write in it. The files in it may be that account's too, and a
            corrected mode would hide this. Nothing was changed.
    """
    if not folder.is_dir():
        return []
    if refusal := _refusal(folder):
        raise KeyStoreError(f"{refusal}. Nothing was changed. Look whether all files there are yours, then: chmod 700 {folder}")
    changed = []
    for path, mode in _wide(folder):
        try:
            path.chmod(mode & ~_OTHERS)
        except FileNotFoundError:
            continue  # a lock or a journal that is gone again
        except OSError:
            raise KeyStoreError(f"{path} may be used by others (mode {mode:04o}), and that cannot be changed") from None
        changed.append(f"{path} could be used by others (mode {mode:04o}): it is {mode & ~_OTHERS:04o} now")
    return changed


def _refusal(folder: Path) -> str:
    status = folder.stat()
    if status.st_uid != os.geteuid() != 0:
        return f"the folder {folder} belongs to another user"
    if status.st_mode & _OTHERS_WRITE:
        return f"the folder {folder} may be written by others (mode {stat.S_IMODE(status.st_mode):04o})"
    return ""


def _wide(folder: Path) -> list[tuple[Path, int]]:
    """The folder and the regular files in it that others may use, with their modes."""
    found = [(folder, stat.S_IMODE(folder.stat().st_mode))]
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.is_file(follow_symlinks=False):
                    found.append((Path(entry.path), stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)))
            except FileNotFoundError:
                continue
    return [(path, mode) for path, mode in found if mode & _OTHERS]
