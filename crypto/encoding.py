"""Text encodings with exactly one accepted form: base64url, JSON of a fixed shape, netstrings, ids and days."""

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
"""An integer of the formats. It is bounded so that all readers accept the same: browsers round above 2^53, stores refuse above
2^31.
"""

ID_BYTES = 16
# Maps base64url to the standard alphabet. The two characters that only standard base64 has map to one that neither has.
_STANDARD = bytes.maketrans(b"-_+/", b"+/!!")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_YEARS = range(1970, 9000)  # so that sums of days stay within every calendar
_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_MINUS_ZERO = re.compile(rb"[\s:,\[]-0")  # what a number can follow. In ids and days, "-0" follows something else
T = TypeVar("T")


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base class of every JSON object in the formats: immutable, no unknown members, no missing members."""


def b64(data: bytes) -> str:
    """Encode base64url without padding."""
    return pybase64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str, length: int | None = None) -> bytes:
    """Decode what `b64` writes, and nothing else.

    Args:
        text: base64url without padding.
        length: the expected number of bytes, if it is known.

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
    """Decode standard base64 without padding, in its one canonical form (RFC 4648, 3.5).

    Raises:
        EncodingError: padding, foreign characters, or non-zero trailing bits.
    """
    if b"=" in text:
        raise EncodingError("not base64url")
    try:
        data = pybase64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise EncodingError("not base64url") from None
    # The rest of the last group of three bytes shows whether the trailing bits are zero.
    rest = len(data) % 3
    if rest and pybase64.b64encode(data[-rest:]).rstrip(b"=") != text[-rest - 1 :]:
        raise EncodingError("not base64url")
    return data


def to_json(value: Shape) -> bytes:
    """Encode the object as compact JSON, with members in the order of its shape."""
    return msgspec.json.encode(value)


def from_json(shape: type[T], data: bytes | str) -> T:
    """Parse `data` as exactly one object of `shape`.

    Raises:
        EncodingError: not JSON, not this shape, unknown or missing members.
    """
    try:
        source = data.encode() if isinstance(data, str) else data
        value = msgspec.json.decode(source, type=shape)
        # Numbers consist of digits only. The library also accepts this form, so refuse it here.
        if _MINUS_ZERO.search(source) and b"-0" in _TEXTS.sub(b"", source):
            raise EncodingError("not the JSON of this shape", shape.__name__)
        return value
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        # The library's message may quote the input, so it is dropped.
        raise EncodingError("not the JSON of this shape", shape.__name__) from None


def as_dict(value: Shape) -> dict[str, object]:
    """Return the object as plain JSON values."""
    return dict(msgspec.to_builtins(value))


def from_dict(shape: type[T], value: dict[str, object]) -> T:
    """Parse what `as_dict` returns.

    Raises:
        EncodingError: not this shape.
    """
    try:
        return msgspec.convert(value, type=shape)
    except msgspec.ValidationError:
        raise EncodingError("not the JSON of this shape", shape.__name__) from None


def netstrings(*parts: bytes) -> bytes:
    """Concatenate D. J. Bernstein's netstrings. No two lists of parts give the same bytes."""
    return b"".join(b"%d:%b," % (len(part), part) for part in parts)


def new_id() -> str:
    """Generate 16 random bytes as b64: 22 characters."""
    return b64(secrets.token_bytes(ID_BYTES))


def check_id(text: str) -> str:
    """Return `text` if it is an id.

    Raises:
        EncodingError: it is not 16 bytes of b64.
    """
    unb64(text, ID_BYTES)
    return text


def parse_day(text: str) -> dt.date:
    """Parse a `YYYY-MM-DD` day of the years 1970 to 8999.

    Raises:
        EncodingError: another form, or no such day in the calendar.
    """
    try:
        day = dt.date.fromisoformat(text) if _DAY.match(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise EncodingError("not a day")
    return day
