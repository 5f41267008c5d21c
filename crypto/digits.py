"""Codes of decimal digits with a Damm check digit: receipts and paper codes. docs/reference/format.md, Receipt."""

import re
import secrets
from bisect import bisect_right

from crypto.errors import DigitsError

GROUP = 4
# The characters that people see as a space: Unicode's White_Space and the byte order mark. Languages disagree about white
# space, so the list is explicit.
WHITE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"
# The zero of every script with decimal digits, each followed by its nine: Unicode 17.0. The list is explicit because Python and
# browsers know only the scripts of their own Unicode version.
_ZEROS = [
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0, 0x11136, 0x111D0,
    0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50,
    0x11DA0, 0x11DE0, 0x11F50, 0x16130, 0x16A60, 0x16AC0, 0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC,
    0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
]  # fmt: skip
_DIGIT = re.compile("[" + "".join(f"{chr(zero)}-{chr(zero + 9)}" for zero in _ZEROS) + "]")
# H. M. Damm, "Total anti-symmetrische Quasigruppen" (2004): detects every single wrong digit and every swap of neighbours.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def generate(length: int) -> str:
    """Generate `length` digits, all random but the last."""
    body = "".join(secrets.choice("0123456789") for _ in range(length - 1))
    return body + check_digit(body)


def check_digit(digits: str) -> str:
    """Return the check digit of `digits`."""
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def plain(text: str) -> str:
    """Return the digits in a text, of any script, as ASCII. Leave out everything else.

    Messengers and other apps put spaces, dashes, words and invisible characters around and between digits. The length and the
    check digit decide whether a code is right.
    """
    return "".join(str(value) for character in text if (value := decimal(character)) is not None)


def to_ascii(text: str) -> str:
    """Return the same text with the digits of any script as 0 to 9."""
    return _DIGIT.sub(lambda match: str(decimal(match[0])), text)


def decimal(character: str) -> int | None:
    """Return the value of a decimal digit of any script, or None."""
    point = ord(character)
    value = point - _ZEROS[max(0, bisect_right(_ZEROS, point) - 1)]
    return value if 0 <= value <= 9 else None


def normalise(text: str, length: int) -> str:
    """Return the ASCII digits of a code with a check digit.

    Raises:
        DigitsError: another length, or a check digit that does not match.
    """
    digits = plain(text)
    if len(digits) != length:
        raise DigitsError("a code with too few or too many digits")
    if check_digit(digits) != "0":
        raise DigitsError("a code with a mistyped digit")
    return digits


def in_groups(digits: str) -> str:
    """Return digits in groups of four, as people read them out."""
    return " ".join(digits[i : i + GROUP] for i in range(0, len(digits), GROUP))


def from_hash(digest: bytes) -> str:
    """Return 40 digits of a 32-byte hash, in groups of four. People compare these."""
    return in_groups(f"{int.from_bytes(digest, 'big') % 10**40:040d}")
