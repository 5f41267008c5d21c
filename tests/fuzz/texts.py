"""Changes to texts and bytes that parsers of different languages might read differently."""

# One field a line would hide what is changed.
# ruff: noqa: E501

import re
import unicodedata
from random import Random

from crypto.digits import _ZEROS, WHITE

_NUMBER = re.compile(r"(?<=[:\[,])-?\d+")
_ODD_NUMBERS = ["1.0", "1e0", "1E0", "-0", "-1", "0.0", "1.5", "01", "1e400", "2147483647", "2147483648", "9007199254740993", "NaN", "null",
                "true", '"1"', "[]", "+1", "0x1", "1_0"]  # fmt: skip
_ODD = [
    "\ud800",
    "\udc00",
    "\x85",
    "\ufeff",
    "\u2028",
    "\0",
    "\x1f",
    "\x7f",
    "\u200b",
    "\u0301",
    "🥖",
    "\u0130",
    "\u212a",
    "\uffff",
    "\u00ad",
]
_ESCAPES = [
    "\\u0041",
    "\\ud800",
    "\\udc00",
    "\\ud83e\\udd56",
    "\\udd56\\ud83e",
    "\\/",
    "\\u0000",
    "\\x41",
    "\\u00",
    "\\uD800\\u0041",
    "\\b",
]


def changed(random: Random, text: str) -> str:
    """JSON in another form, or broken."""
    index = random.randrange(len(text) + 1)
    quotes = [match.end() for match in re.finditer('"', text)] or [0]
    within = random.choice(quotes)
    match random.choice([0, 0, 1, 1, 1, *range(2, 9)]):
        case 0:
            numbers = list(_NUMBER.finditer(text))
            if not numbers:
                return text
            number = random.choice(numbers)
            return text[: number.start()] + random.choice(_ODD_NUMBERS) + text[number.end() :]
        case 1:
            return text[:within] + random.choice(_ESCAPES) + text[within:]
        case 2:
            return text[:within] + random.choice(_ODD) + text[within:]
        case 3:
            space = random.choice([" ", "\n", "\t", "\r", "\x0c", "\x0b", "\xa0", "\ufeff", "\x85"])
            return space + text if random.random() < 0.3 else re.sub("([:,])", r"\1" + space, text, count=1)
        case 4:
            members = text[1:-1].split(",")
            return "{" + ",".join([*members, random.choice(members)]) + "}"
        case 5:
            return swapped(random, text)
        case 6:
            return text[:index] + text[index + 1 :]
        case 7:
            return text + random.choice(["", " ", "\n", "{}", "\0", ",", "}"])
        case _:
            return text[:index] + random.choice(_ODD) + text[index:]


def swapped(random: Random, text: str) -> str:
    """One character replaced."""
    if not text:
        return text
    index = random.randrange(len(text))
    return (
        text[:index]
        + random.choice(["=", "-", "_", "+", "/", " ", "\n", "q", "0", "Z", "٣", "\x85", "é", ""])
        + text[index + 1 :]
    )


def damaged(random: Random, data: bytes) -> bytes:
    """Bytes with one changed, removed or put in."""
    near = [i for i, byte in enumerate(data) if byte == 10] or [0]
    index = random.choice([random.randrange(len(data)), random.choice(near), max(0, len(data) - random.randrange(1, 140))])
    byte = random.choice([b"\n", b" ", b"-", b"=", b"\xff", b"A", b"\0", b"_"])
    match random.randrange(4):
        case 0:
            return data[:index] + byte + data[index + 1 :]
        case 1:
            return data[:index] + data[index + 1 :]
        case 2:
            return data[:index] + byte + data[index:]
        case _:
            return data[:index] + byte + data[index + 1 :].replace(b"\n", random.choice([b"\n", b"\n", b" ", b""]), 1)


def typed(random: Random, text: str) -> str:
    """A text with digits of other scripts, spaces and signs in it. What this Python's Unicode does not know is left out."""
    zero = random.choice(_ZEROS)
    out = []
    for character in text:
        if character.isascii() and character.isdigit() and random.random() < 0.5:
            character = chr(zero + int(character))
        out.append(character)
        if random.random() < 0.05:
            out.append(
                random.choice(
                    [*WHITE, *"-‐‑‒–—−\u200e\u200f\u200b\u00b2\u2460\u3007\u4e00\x1c\x1d\x1e\x1f\u180e", _any(random)]
                )
            )
    edge: str = random.choice(["", "", *WHITE, "\x1c", "\x1f", "\u200b"])
    return edge + "".join(out) + edge


def _any(random: Random) -> str:
    """A character that this Python's Unicode knows."""
    while True:
        character = chr(random.randrange(0x30000))
        if unicodedata.category(character) not in ("Cs", "Cn"):
            return character
