"""Reads the age recipients and identities that an operator names for backups."""

from collections.abc import Iterable
from pathlib import Path

from crypto.age import MAX_RECIPIENTS, Identity, Recipient
from crypto.errors import CryptoError
from intake.errors import InvalidError
from retention.files import read_regular

MAX_KEYS = 256 * 1024  # bytes of a file of recipients or identities. A recipient has 1,960


def read_recipients(texts: Iterable[str]) -> list[Recipient]:
    """Read recipients.

    Args:
        texts: each is a recipient, or the path of a file with one recipient per line.

    Raises:
        InvalidError: there is no recipient, there are too many, or one is not valid.
    """
    recipients: list[Recipient] = []
    for text in texts:
        lines = [text] if text.startswith("age1") else _lines(Path(text))
        recipients += [_recipient(line) for line in lines]
    if len(recipients) > MAX_RECIPIENTS:
        raise InvalidError(f"a backup has at most {MAX_RECIPIENTS} recipients, and {len(recipients)} were given")
    if not recipients:
        raise InvalidError("a backup needs a recipient: intake backup --help")
    return recipients


def read_identities(path: Path) -> list[Identity]:
    """Read the identities in an age identity file. Lines that begin with # are comments.

    Raises:
        InvalidError: the file contains no identity, or a line that is not one.
    """
    try:
        identities = [Identity.parse(line) for line in _lines(path)]
    except CryptoError:
        raise InvalidError(f"{path.name} is not a file of age identities") from None
    if not identities:
        raise InvalidError(f"{path.name} contains no age identity")
    return identities


def _lines(path: Path) -> list[str]:
    """Return the lines of a file of up to `MAX_KEYS` bytes, without comments."""
    try:
        lines = [line.strip() for line in read_regular(path, MAX_KEYS).decode("ascii").splitlines()]
    except OSError as error:
        raise InvalidError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidError(f"{path.name} is not a file of age keys") from None
    return [line for line in lines if line and not line.startswith("#")]


def _recipient(text: str) -> Recipient:
    try:
        return Recipient.parse(text)
    except CryptoError:
        raise InvalidError(
            "not a post-quantum age recipient (age1pq1…); make a pair with intake backup --new-key FILE"
        ) from None
