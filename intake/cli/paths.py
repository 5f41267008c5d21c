"""Read and write files that are named on the command line: regular files only, and bounded."""

import os
import sys
from pathlib import Path
from typing import IO

from intake.cli.errors import CommandError
from retention.files import replacing
from retention.folders import weakness_of

MAX_SECRET = 4096  # characters of a passphrase with its line feed. The form accepts fewer


def read_text(stream: IO[str], limit: int) -> str:
    """Read the text of a file, a pipe or standard input.

    Raises:
        CommandError: The text is longer than `limit` characters, or not text.
    """
    try:
        text = stream.read(limit + 1)
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"{stream.name} cannot be read as text. Nothing was changed") from None
    if len(text) > limit:
        raise CommandError(f"{stream.name} has more than {limit:,} characters. Nothing was changed")
    return text


def read_secret(stream: IO[str]) -> str:
    """Read a passphrase without its line feed, and warn if other accounts may read its file. Raises like `read_text`."""
    if isinstance(stream.name, str):  # a number: standard input, opened again
        warn_if_open(Path(stream.name))
    return read_text(stream, MAX_SECRET).rstrip("\r\n")


def warn_if_open(path: Path) -> None:
    """Warn on stderr if other accounts may use a file with a secret."""
    if weakness := weakness_of(path):
        print(f"intake: warning: {weakness}", file=sys.stderr)


def write_new(path: Path, text: str, mode: int) -> None:
    """Write a file that does not exist yet. If it cannot be written whole, leave none.

    Raises:
        CommandError: The file exists, or its folder does not.
        OSError: The file cannot be made or written. The error names its path.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise CommandError(f"{path} exists, and was not changed. Edit it, or name another file") from None
    except FileNotFoundError:
        raise CommandError(
            f"there is no folder {path.parent}. Nothing was written. Make it first, or name another file"
        ) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        path.unlink()
        raise _named(error, path) from None


def write_public(path: Path, data: bytes) -> None:
    """Write a file that anybody may read. If it cannot be written whole, leave none.

    Raises:
        OSError: The file cannot be written. The error names its path.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        if error.filename is None:  # it was opened
            path.unlink()
        raise _named(error, path) from None


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read. An existing file is replaced once the new one is complete.

    Raises:
        CommandError: The path is not a regular file.
        OSError: The file cannot be written. The error names its path, and an existing file is unchanged.
    """
    check_replaceable(path)
    try:
        with replacing(path.resolve()) as file:
            file.write(data)
    except OSError as error:
        raise _named(error, path) from None


def _named(error: OSError, path: Path) -> OSError:
    """Return the error with the path of the file. An error of a write, such as a full disk, has none."""
    return OSError(error.errno, error.strerror, str(path))


def check_replaceable(path: Path) -> None:
    """Check that `path` does not exist or is a regular file.

    Raises:
        CommandError: The path is a device, a pipe, a folder or a broken link.
    """
    if (path.is_symlink() and not path.exists()) or (path.exists() and not path.is_file()):
        raise CommandError(f"{path} exists and is not a regular file. Nothing was written")
