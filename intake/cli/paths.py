"""Reads and writes what an operator names on the command line: bounded, and files alone."""

import os
import secrets
from pathlib import Path
from typing import IO

from intake.cli.errors import CommandError

MAX_SECRET = 4096  # characters of a passphrase with its line feed; the form takes fewer


def read_text(stream: IO[str], limit: int) -> str:
    """The text of a file or of standard input, a pipe included.

    Raises:
        CommandError: it is longer than `limit` characters, or no text.
    """
    try:
        text = stream.read(limit + 1)
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"{stream.name} cannot be read as text") from None
    if len(text) > limit:
        raise CommandError(f"{stream.name} holds more than {limit:,} characters")
    return text


def read_secret(stream: IO[str]) -> str:
    """A passphrase, without its line feed; raises as `read_text`."""
    return read_text(stream, MAX_SECRET).rstrip("\r\n")


def write_private(path: Path, data: bytes) -> None:
    """Write a file for its owner alone, in place of the one before only once it is whole.

    Raises:
        CommandError: something that is no file lies there, or it cannot be written.
    """
    check_replaceable(path)
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from None


def check_replaceable(path: Path) -> None:
    """Return if nothing lies at `path`, or a regular file.

    Raises:
        CommandError: a device, a pipe, a folder, a link to nothing.
    """
    if (path.is_symlink() and not path.exists()) or (path.exists() and not path.is_file()):
        raise CommandError(f"{path} is there and is no file: nothing was written")
