"""Sheets: the three lines inside every age file. docs/reference/format.md, Sheets."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from crypto.encoding import b64, unb64
from crypto.errors import EncodingError, MacError, SignatureError, SizeError
from crypto.labels import Label
from crypto.secret import Secret
from crypto.signing import SIGNATURE, SigningKey, VerifyingKey

KIB = 1024
_NONE = b"-"
_MAC = 32  # bytes
_TAIL_SIGNATURE = 86  # characters of b64
_TAIL_MAC = 43  # characters of b64


class Sizes(Enum):
    """The sizes in bytes that each kind of sheet may have, smallest first."""

    REQUEST = (11 * KIB, 16 * KIB, *range(64 * KIB, 256 * KIB + 1, 64 * KIB))
    ENTRY = (4 * KIB, 16 * KIB, 64 * KIB)
    GRANT = (1 * KIB, 4 * KIB)
    RECEIPT_GRANT = (2304, 4 * KIB)  # always the first: 2,198 bytes at most, none of them typed. The second is in older stores.
    KEYRING = tuple(range(4 * KIB, 1024 * KIB + 1, 4 * KIB))

    def fit(self, length: int) -> int:
        """Return the smallest size that holds `length` bytes.

        Raises:
            SizeError: no size is large enough.
        """
        for size in self.value:
            if length <= size:
                return size
        raise SizeError("content that exceeds the largest size")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A parsed sheet of an allowed size. Nothing in it is verified yet."""

    body: bytes
    signature: str | None
    mac: bytes | None
    covered: bytes

    def check_signature(self, label: Label, key: VerifyingKey | None) -> None:
        """Check that the body is signed by `key`, or unsigned if `key` is None.

        Raises:
            SignatureError: the signature is missing, unexpected, or of another key.
        """
        if key is None and self.signature is not None:
            raise SignatureError("an unexpected signature")
        if key is not None:
            if self.signature is None:
                raise SignatureError("a missing signature")
            key.verify(label, self.body, self.signature)

    def check_mac(self, key: Secret | None) -> None:
        """Check that the sheet ends in a MAC under `key`, or in none if `key` is None.

        Raises:
            MacError: the MAC is missing, unexpected, or under another key.
        """
        if key is None and self.mac is not None:
            raise MacError("an unexpected MAC")
        if key is not None:
            if self.mac is None:
                raise MacError("a missing MAC")
            if not hmac.compare_digest(self.mac, _tag(key, self.covered)):
                raise MacError("a MAC that does not verify")


def write(body: bytes, sizes: Sizes, label: Label, *, author: SigningKey | None = None, mac_key: Secret | None = None) -> bytes:
    """Make a sheet of `body` (one line of JSON), padded to the smallest allowed size.

    Raises:
        SizeError: `body` is longer than the largest size.
    """
    signature = author.sign(label, body).encode() if author else _NONE
    ending = 1 + len(signature) + 1
    closing = _TAIL_MAC if mac_key else len(_NONE)
    size = sizes.fit(len(body) + ending + closing)
    covered = body.ljust(size - ending - closing, b" ") + b"\n" + signature + b"\n"
    return covered + (b64(_tag(mac_key, covered)).encode() if mac_key else _NONE)


def parse(plaintext: bytes, sizes: Sizes) -> Sheet:
    """Split a plaintext into the lines of a sheet.

    Raises:
        SizeError: its length is not one of `sizes`.
        EncodingError: it does not have three lines of the form that sheets have.
    """
    if len(plaintext) not in sizes.value:
        raise SizeError("a sheet of another size")
    lines = plaintext.split(b"\n")
    if len(lines) != 3:
        raise EncodingError("not a sheet of three lines")
    first, signature, mac = lines
    return Sheet(
        body=first.rstrip(b" "),
        signature=_tail(signature, SIGNATURE, _TAIL_SIGNATURE),
        mac=unb64(closing, _MAC) if (closing := _tail(mac, _MAC, _TAIL_MAC)) else None,
        covered=plaintext[: len(first) + len(signature) + 2],
    )


def _tail(line: bytes, length: int, characters: int) -> str | None:
    if line == _NONE:
        return None
    if len(line) != characters or not line.isascii():
        raise EncodingError("a sheet with a malformed closing line")
    text = line.decode("ascii")
    unb64(text, length)
    return text


def _tag(key: Secret, covered: bytes) -> bytes:
    return hmac.digest(key.reveal(), covered, "sha256")


KeyOf = Callable[[str], VerifyingKey]
"""Finds a member's verifying key by id. Raises `SignatureError` if nobody by this id ever was a member."""

AuthorKey = Callable[[str, str | None], VerifyingKey]
"""Finds the key of the member who signed under a head of the key list, or before heads existed (None).

Raises `SignatureError` if they were not a member then.
"""
