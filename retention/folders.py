"""Keeps the folders that hold secrets, and the files in them, private to their owner. Reports other files that are not."""

import os
import stat
from pathlib import Path

from retention.errors import KeyStoreError
from retention.files import quoted

_OTHERS, _OTHERS_THAN_READERS, _OTHERS_WRITE = 0o077, 0o037, 0o022


def weaknesses(folder: Path) -> list[str]:
    """Return a message for each right that other accounts have in a folder. Changes nothing."""
    if not folder.is_dir():
        return []
    refusals = [f"{refusal}. Type: {_correction(folder)}"] if (refusal := _refusal(folder)) else []
    return refusals + [
        f"{path} may be used by others (mode {mode:04o}). Type: chmod {mode & ~_OTHERS:o} {quoted(path)}"
        for path, mode in _wide(folder)
    ]


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
        raise KeyStoreError(f"{refusal}. Nothing was changed. Check that all its files are yours, then: {_correction(folder)}")
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


def weakness_of(file: Path) -> str:
    """Return a message if other accounts have rights on a file with a secret, or an empty text. Changes nothing.

    The rule is PostgreSQL's for the key of its server: only the owner may use such a file, or also a group may read it if root
    owns it.
    """
    try:
        status = file.stat()
    except OSError:
        return ""  # there is none, or the one who reads it reports the error
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISREG(status.st_mode) or not mode & (_OTHERS if status.st_uid else _OTHERS_THAN_READERS):
        return ""
    return f"{file} may be used by others (mode {mode:04o}). {_remedy(file, status)}"


def _remedy(file: Path, status: os.stat_result) -> str:
    """Return the command after which the present account, or the group that root gave the file to, can still read it."""
    path, account = quoted(file), os.geteuid()
    if status.st_uid == 0 != status.st_gid and (account == 0 or status.st_gid in (os.getegid(), *os.getgroups())):
        return f"Type: chmod 640 {path}"
    if account in (0, status.st_uid):
        return f"Type: chmod 600 {path}"
    return f"Type as root: chown {account} {path} && chmod 600 {path}"


def _correction(folder: Path) -> str:
    """Return the command that makes a folder private. Only root can type it for a folder of another account."""
    path, account = quoted(folder), os.geteuid()
    return f"{f'chown {account} {path} && ' if folder.stat().st_uid != account != 0 else ''}chmod 700 {path}"


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
