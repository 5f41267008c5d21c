"""Keeps the folders that hold secrets, and the files in them, private to their owner."""

import os
import stat
from pathlib import Path

from retention.errors import KeyStoreError

_OTHERS, _OTHERS_WRITE = 0o077, 0o022


def weaknesses(folder: Path) -> list[str]:
    """Return a message for each right that other accounts have in a folder. Changes nothing."""
    if not folder.is_dir():
        return []
    refusals = [refusal] if (refusal := _refusal(folder)) else []
    return refusals + [f"{path} may be used by others (mode {mode:04o})" for path, mode in _wide(folder)]


def make_private(folder: Path) -> list[str]:
    """Remove the rights of other accounts.

    Returns:
        A message for each change.

    Raises:
        KeyStoreError: another account owns the folder or may write in it. The files in it may be that account's too, and a
            corrected mode would hide this. Nothing was changed.
    """
    if not folder.is_dir():
        return []
    if refusal := _refusal(folder):
        raise KeyStoreError(f"{refusal}. Nothing was changed. Check that all its files are yours, then: chmod 700 {folder}")
    changed = []
    for path, mode in _wide(folder):
        try:
            path.chmod(mode & ~_OTHERS)
        except FileNotFoundError:
            continue  # a lock or a journal file that was deleted meanwhile
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
    """Return the folder and its regular files that other accounts have rights on, with their modes."""
    paths = [(folder, stat.S_IMODE(folder.stat().st_mode))]
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.is_file(follow_symlinks=False):
                    paths.append((Path(entry.path), stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)))
            except FileNotFoundError:
                continue
    return [(path, mode) for path, mode in paths if mode & _OTHERS]
