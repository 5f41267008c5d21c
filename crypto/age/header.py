"""Parse and write the age v1 header: syntax and MAC. C2SP age.md, "File format: header".

This module knows no recipient type. `crypto.age` interprets the stanzas.
"""

import base64
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto import encoding
from crypto.errors import EncodingError, HeaderError, HeaderMacError

VERSION_LINE = b"age-encryption.org/v1\n"
MAX_HEADER = 512 * 1024  # bytes; 255 hybrid stanzas are 388 KiB
_LINE = 64  # characters in a full body line
_ARGUMENT = re.compile(rb"[\x21-\x7e]+\Z")


@dataclass(frozen=True, slots=True)
class Stanza:
    """One recipient stanza: its type, its other arguments and its decoded body."""

    kind: str
    arguments: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header: its stanzas, its MAC (32 bytes), the bytes that the MAC covers, and its length in the file."""

    stanzas: tuple[Stanza, ...]
    mac: bytes
    covered: bytes
    size: int


def parse(file: bytes) -> Header:
    """Parse the header at the start of `file`.

    Raises:
        HeaderError: the bytes break age.md's grammar, or the header is longer than `MAX_HEADER`.
    """
    if not file.startswith(VERSION_LINE):
        raise HeaderError("not an age v1 file")
    position = len(VERSION_LINE)
    stanzas = []
    while True:
        line, following = _line(file, position)
        if line.startswith(b"--- "):
            break
        stanza, position = _stanza(file, line, following)
        stanzas.append(stanza)
    mac = decode_base64(line[4:])
    if len(mac) != 32 or not stanzas:
        raise HeaderError("a MAC of the wrong length, or no stanza")
    return Header(tuple(stanzas), mac, file[: position + 3], following)


def build(stanzas: tuple[Stanza, ...], file_key: bytes) -> bytes:
    """Write the header of `stanzas` with its MAC under the 16-byte file key."""
    covered = VERSION_LINE + b"".join(_encode(stanza) for stanza in stanzas) + b"---"
    return covered + b" " + encode_base64(_mac(file_key, covered).finalize()) + b"\n"


def check_mac(header: Header, file_key: bytes) -> None:
    """Check that a holder of the file key made this header.

    Raises:
        HeaderMacError: the MAC does not verify.
    """
    try:
        _mac(file_key, header.covered).verify(header.mac)
    except InvalidSignature:
        raise HeaderMacError("the header's MAC does not verify") from None


def encode_base64(data: bytes) -> bytes:
    """Encode standard base64 without padding (age.md, "Conventions")."""
    return base64.b64encode(data).rstrip(b"=")


def decode_base64(text: bytes) -> bytes:
    """Decode what `encode_base64` writes, and nothing else.

    Raises:
        HeaderError: padding, foreign characters or a non-canonical form.
    """
    try:
        return encoding.decode_base64(text)
    except EncodingError:
        raise HeaderError("not canonical base64") from None


def _mac(file_key: bytes, covered: bytes) -> HMAC:
    mac = HMAC(HKDF(SHA256(), 32, salt=None, info=b"header").derive(file_key), SHA256())
    mac.update(covered)
    return mac


def _line(file: bytes, position: int) -> tuple[bytes, int]:
    end = file.find(b"\n", position, MAX_HEADER)
    if end < 0:
        raise HeaderError("an unfinished or oversized header")
    return file[position:end], end + 1


def _stanza(file: bytes, line: bytes, position: int) -> tuple[Stanza, int]:
    arrow, *arguments = line.split(b" ")
    if arrow != b"->" or not arguments or not all(_ARGUMENT.match(a) for a in arguments):
        raise HeaderError("a malformed stanza")
    body = []
    while True:
        text, position = _line(file, position)
        if len(text) > _LINE:
            raise HeaderError("a stanza line that is too long")
        body.append(decode_base64(text))
        if len(text) < _LINE:
            break
    kind, *rest = (a.decode("ascii") for a in arguments)
    return Stanza(kind, tuple(rest), b"".join(body)), position


def _encode(stanza: Stanza) -> bytes:
    arguments = " ".join((stanza.kind, *stanza.arguments)).encode("ascii")
    text = encode_base64(stanza.body)
    # A body always ends in a line of fewer than 64 characters, which may be empty.
    lines = [text[i : i + _LINE] for i in range(0, len(text) + 1, _LINE)]
    return b"-> " + arguments + b"\n" + b"\n".join(lines) + b"\n"
