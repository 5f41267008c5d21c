"""Text encodings with one accepted form each: base64url, JSON of a known shape, netstrings, ids, days."""

import datetime as dt
import re
import secrets
from typing import Annotated, NewType, TypeVar

import msgspec
import pybase64

from crypto.errors import EncodingError

CaseId = NewType("CaseId", str)
MemberId = NewType("MemberId", str)
GroupId = NewType("GroupId", str)
EpochId = NewType("EpochId", str)

Whole = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
"""A number of the formats. Bounded, so that all readers take the same: browsers round above 2^53, stores refuse above 2^31."""

ID_BYTES = 16
# To the standard alphabet, whose own two signs become one that is in neither.
_STANDARD = bytes.maketrans(b"-_+/", b"+/!!")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_YEARS = range(1970, 9000)  # sums of days stay within every calendar
_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
T = TypeVar("T")


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every JSON object of the formats: immutable, all members known, all members present."""


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return pybase64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str, length: int | None = None) -> bytes:
    """Strict inverse of `b64`.

    Args:
        length: the number of bytes that must come out, if known.

    Raises:
        EncodingError: padding, white space, another alphabet, non-zero trailing bits, or another length.
    """
    try:
        data = decode_base64(text.encode("ascii").translate(_STANDARD))
    except UnicodeEncodeError:
        raise EncodingError("not base64url") from None
    if length is not None and len(data) != length:
        raise EncodingError("not base64url of the right length")
    return data


def decode_base64(text: bytes) -> bytes:
    """Standard base64 without padding, in its one canonical form (RFC 4648, 3.5).

    Raises:
        EncodingError: padding, foreign characters, or non-zero trailing bits.
    """
    if b"=" in text:
        raise EncodingError("not base64url")
    try:
        data = pybase64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise EncodingError("not base64url") from None
    # What is left of the last group of three bytes shows whether the trailing bits are zero.
    rest = len(data) % 3
    if rest and pybase64.b64encode(data[-rest:]).rstrip(b"=") != text[-rest - 1 :]:
        raise EncodingError("not base64url")
    return data


def to_json(value: Shape) -> bytes:
    """The object as compact JSON, members in the order of its shape."""
    return msgspec.json.encode(value)


def from_json(shape: type[T], data: bytes | str) -> T:
    """`data` as exactly one object of `shape`.

    Raises:
        EncodingError: not JSON, not this shape, unknown or missing members.
    """
    try:
        source = data.encode() if isinstance(data, str) else data
        value = msgspec.json.decode(source, type=shape)
        # Numbers are digits alone; the library takes this one more.
        if b"-0" in source and b"-0" in _TEXTS.sub(b"", source):
            raise EncodingError("not the JSON of this shape", shape.__name__)
        return value
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        # The library's message may quote the input, so it is dropped.
        raise EncodingError("not the JSON of this shape", shape.__name__) from None


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
        raise EncodingError("not the JSON of this shape", shape.__name__) from None


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
    """A `YYYY-MM-DD` day of the years 1970 to 8999.

    Raises:
        EncodingError: another form, or no such day of the calendar.
    """
    try:
        day = dt.date.fromisoformat(text) if _DAY.match(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise EncodingError("not a day")
    return day
