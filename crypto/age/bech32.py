"""Bech32 (BIP-173) as age uses it: no 90-character limit and no version byte. docs/adr/0003."""

import base64
import binascii
from collections.abc import Iterable
from functools import reduce
from operator import xor

from crypto.errors import EncodingError

_CHARSET = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # of RFC 4648
_WORDS = bytes(range(32))  # the values of five bits that the characters stand for
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
# What each value of the checksum's highest five bits adds. A loop for each bit would take 2 ms for a recipient.
_ADDED = [reduce(xor, (generator for i, generator in enumerate(_GENERATOR) if top >> i & 1), 0) for top in range(32)]
_CHECKSUM = 6  # characters

_TO_WORDS = bytes.maketrans(_CHARSET, _WORDS)
_FROM_WORDS = bytes.maketrans(_WORDS, _CHARSET)
_BASE32_TO_WORDS = bytes.maketrans(_BASE32, _WORDS)
_WORDS_TO_BASE32 = bytes.maketrans(_WORDS, _BASE32)


def encode(prefix: str, data: bytes) -> str:
    """Encode `data` as lower-case Bech32 with this prefix."""
    words = _words(data)
    checksum = _polymod([*_expand(prefix), *words, *bytes(_CHECKSUM)]) ^ 1
    words += bytes((checksum >> 5 * (5 - i)) & 31 for i in range(_CHECKSUM))
    return f"{prefix}1{words.translate(_FROM_WORDS).decode()}"


def decode(prefix: str, text: str) -> bytes:
    """Decode lower-case Bech32. Callers with upper-case strings convert them first.

    Raises:
        EncodingError: another prefix, a character outside the set, a wrong checksum, or non-zero padding bits.
    """
    head, separator, tail = text.rpartition("1")
    characters = tail.encode()
    if head != prefix or not separator or len(characters) < _CHECKSUM or characters.translate(None, _CHARSET):
        raise EncodingError("not a key of this kind")
    words = characters.translate(_TO_WORDS)
    if _polymod([*_expand(prefix), *words]) != 1:
        raise EncodingError("not a key of this kind")
    return _bytes(words[:-_CHECKSUM])


def _words(data: bytes) -> bytes:
    """Return the bits of `data` in groups of five, each in a byte, the last one filled up with zeros."""
    return base64.b32encode(data).rstrip(b"=").translate(_BASE32_TO_WORDS)


def _bytes(words: bytes) -> bytes:
    """Reverse `_words`. Raises `EncodingError` for words that it does not return."""
    stray = (1 << len(words) * 5 % 8) - 1  # the bits after the last whole byte
    try:
        data = base64.b32decode(words.translate(_WORDS_TO_BASE32) + b"=" * (-len(words) % 8))
    except binascii.Error:
        raise EncodingError("not a key of this kind") from None
    if words and words[-1] & stray:
        raise EncodingError("not a key of this kind")
    return data


def _polymod(values: Iterable[int]) -> int:
    checksum = 1
    for value in values:
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value ^ _ADDED[checksum >> 25]
    return checksum


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
