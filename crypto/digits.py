"""Codes of decimal digits with a Damm check digit: receipts and paper codes. docs/format.md, Receipt."""

import secrets
import unicodedata

from crypto.errors import DigitsError

GROUP = 4
_SEPARATORS = frozenset(" -‐‑‒–—\u00a0\u200e\u200f\u202f\t\r\n")
# H. M. Damm, "Total anti-symmetrische Quasigruppen" (2004): every single wrong digit and every swap of neighbours is noticed.
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
    """`length` digits, all but the last random."""
    body = "".join(secrets.choice("0123456789") for _ in range(length - 1))
    return body + check_digit(body)


def check_digit(digits: str) -> str:
    """The digit that makes `digits` followed by it check."""
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def plain(text: str) -> str:
    """ASCII digits of what a person typed, in the digits of any script, grouped or not.

    Raises:
        DigitsError: another character.
    """
    found = []
    for character in text:
        if character in _SEPARATORS:
            continue
        value = unicodedata.decimal(character, None)
        if value is None:
            raise DigitsError("something in it is not a digit")
        found.append(str(int(value)))
    return "".join(found)


def to_ascii(text: str) -> str:
    """The same text, its digits of whatever script as 0 to 9; all else as it was."""
    return "".join(str(unicodedata.decimal(character, character)) for character in text)


def normalise(text: str, length: int) -> str:
    """What `plain` gives of a code with a check digit.

    Raises:
        DigitsError: another character, another length, or a check digit that does not fit.
    """
    digits = plain(text)
    if len(digits) != length:
        raise DigitsError("it has too few or too many digits")
    if check_digit(digits) != "0":
        raise DigitsError("a digit is mistyped")
    return digits


def in_groups(digits: str) -> str:
    """Digits in groups of four, as people read them out."""
    return " ".join(digits[i : i + GROUP] for i in range(0, len(digits), GROUP))


def from_hash(digest: bytes) -> str:
    """40 digits of a 32-byte hash, in fours: what people compare."""
    return in_groups(f"{int.from_bytes(digest, 'big') % 10**40:040d}")
