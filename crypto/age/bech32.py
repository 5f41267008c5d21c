"""Bech32 (BIP-173) as age uses it: no 90-character limit and no version byte. docs/adr/0003."""

from functools import reduce
from operator import xor

from crypto.errors import EncodingError

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM = 6  # characters
# What each value of the checksum's highest five bits adds. A loop for each bit would take 2 ms for a recipient.
_ADDED = [reduce(xor, (generator for i, generator in enumerate(_GENERATOR) if top >> i & 1), 0) for top in range(32)]


def encode(prefix: str, data: bytes) -> str:
    """Encode `data` as lower-case Bech32 with this prefix."""
    words = _regroup(data, 8, 5, pad=True)
    checksum = _polymod([*_expand(prefix), *words, *([0] * _CHECKSUM)]) ^ 1
    words += [(checksum >> 5 * (5 - i)) & 31 for i in range(_CHECKSUM)]
    return prefix + "1" + "".join(_CHARSET[word] for word in words)


def decode(prefix: str, text: str) -> bytes:
    """Decode lower-case Bech32. Callers with upper-case strings convert them first.

    Raises:
        EncodingError: another prefix, a character outside the set, a wrong checksum, or non-zero padding bits.
    """
    head, separator, tail = text.rpartition("1")
    if head != prefix or not separator or len(tail) < _CHECKSUM:
        raise EncodingError("not a key of this kind")
    words = [_CHARSET.find(character) for character in tail]
    if -1 in words or _polymod([*_expand(prefix), *words]) != 1:
        raise EncodingError("not a key of this kind")
    return bytes(_regroup(words[:-_CHECKSUM], 5, 8, pad=False))


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value ^ _ADDED[checksum >> 25]
    return checksum


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _regroup(values: bytes | list[int], width_in: int, width_out: int, *, pad: bool) -> list[int]:
    accumulator = bits = 0
    out = []
    for value in values:
        accumulator = (accumulator << width_in | value) & 0xFFF
        bits += width_in
        while bits >= width_out:
            bits -= width_out
            out.append((accumulator >> bits) & ((1 << width_out) - 1))
    rest = (accumulator << (width_out - bits)) & ((1 << width_out) - 1)
    if pad and bits:
        out.append(rest)
    elif not pad and (bits >= width_in or rest):
        raise EncodingError("not a key of this kind")
    return out
