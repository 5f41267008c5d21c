"""Text encodings with one accepted form each: base64url, JSON of a known shape, netstrings, ids, days."""

import base64
import binascii
import datetime as dt
import re
import secrets
from typing import NewType, TypeVar

import msgspec

from crypto.errors import EncodingError

CaseId = NewType("CaseId", str)
MemberId = NewType("MemberId", str)
GroupId = NewType("GroupId", str)
EpochId = NewType("EpochId", str)

ID_BYTES = 16
_B64 = re.compile(rb"[A-Za-z0-9_-]*\Z")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
T = TypeVar("T")


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every JSON object of the formats: immutable, all members known, all members present."""


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str, length: int | None = None) -> bytes:
    """Strict inverse of `b64`.

    Args:
        length: the number of bytes that must come out, if known.

    Raises:
        EncodingError: padding, white space, another alphabet, non-zero trailing bits, or another length.
    """
    try:
        raw = text.encode("ascii")
        if not _B64.match(raw):
            raise EncodingError("not base64url")
        data = base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
    except (UnicodeEncodeError, binascii.Error):
        raise EncodingError("not base64url") from None
    if b64(data) != text or (length is not None and len(data) != length):
        raise EncodingError("not base64url of the right length")
    return data


def to_json(value: Shape) -> bytes:
    """The object as compact JSON, members in the order of its shape."""
    return msgspec.json.encode(value)


def from_json(shape: type[T], data: bytes) -> T:
    """`data` as exactly one object of `shape`.

    Raises:
        EncodingError: not JSON, not this shape, unknown or missing members.
    """
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # The library's message may quote the input, so it is dropped.
        raise EncodingError(f"not the JSON of a {shape.__name__}") from None


def as_dict(value: Shape) -> dict[str, object]:
    """The object as plain JSON values."""
    return dict(msgspec.to_builtins(value))


def from_dict(shape: type[T], value: dict[str, object]) -> T:
    """Inverse of `as_dict`.

    Raises:
        EncodingError: not this shape.
    """
    try:
        return msgspec.convert(value, type=shape)
    except msgspec.ValidationError:
        raise EncodingError(f"not the JSON of a {shape.__name__}") from None


def netstrings(*parts: bytes) -> bytes:
    """D. J. Bernstein's netstrings, concatenated: no two lists of parts give the same bytes."""
    return b"".join(b"%d:%b," % (len(part), part) for part in parts)


def new_id() -> str:
    """16 random bytes as b64: 22 characters."""
    return b64(secrets.token_bytes(ID_BYTES))


def check_id(text: str) -> str:
    """`text` if it is an id.

    Raises:
        EncodingError: it is not 16 bytes of b64.
    """
    unb64(text, ID_BYTES)
    return text


def parse_day(text: str) -> dt.date:
    """A `YYYY-MM-DD` day.

    Raises:
        EncodingError: another form, or no day of the calendar.
    """
    try:
        if not _DAY.match(text):
            raise EncodingError("not a day")
        return dt.date.fromisoformat(text)
    except ValueError:
        raise EncodingError("not a day") from None
