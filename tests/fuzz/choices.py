"""Good and odd values that the makers of the differential fuzzer choose from."""

# One field a line would hide what is changed.
# ruff: noqa: E501

import datetime as dt
import json
from functools import cache
from random import Random
from typing import Any

from crypto.age import bech32
from crypto.ed25519 import L, P
from crypto.encoding import b64
from crypto.labels import Label
from crypto.signing import SigningKey
from tests.fuzz import texts
from tests.vectors import signatures
from tests.vectors.world import (
    CASE_KEY,
    DAY,
    EPOCH,
)

Made = tuple[str, dict[str, Any]]
DAYS = [DAY, "2026-11-19", "2026-11-21", "2026-11-24", "2026-12-20", "2027-01-19", "2027-01-21", "1970-01-01", "0000-01-01", "8999-12-31",
        "9999-12-31", "2026-02-29", "2026-1-1", ""]  # fmt: skip
NUMBERS = [0, 1, 2, 3, 9, 10, 7, 60, 61, 2**31 - 1, 2**31, -1]


SMALL = [b64(signatures.encode(point)) for point in signatures.SMALL]
ODD_KEYS = [*SMALL, b64(b"\2" + bytes(31)), b64((P + 1).to_bytes(32, "little")), b64(b"\xff" * 32), "", "x", b64(bytes(31))]
WORDS = ["", "x", "ليلى", "a\u0085b", "\ufeff", "\u2028", "é", "e\u0301", "🥖", "\0", "x" * 41, "new", "done"]
RAW = EPOCH.recipient.raw
LATEST = dt.date(2027, 1, 1)


@cache
def recipients() -> list[str]:
    """Valid recipients, and some to which nobody can encrypt."""
    odd = [RAW[:1184] + u.to_bytes(32, "little") for u in (0, 1, 9, 2**255 - 20, 2**255 - 19, 2**255 - 1, 2**256 - 1)]
    odd += [b"\x01\x0d" + RAW[2:], b"\x00\x0d" + RAW[2:], RAW[:1151] + b"\xd0" + RAW[1152:], RAW[:-1], b""]
    return [str(EPOCH.recipient), str(CASE_KEY.recipient), *(bech32.encode("age1pq", raw) for raw in odd), "age1pq1", ""]


def chosen(random: Random, good: Any, odd: list[Any], chance: float = 0.05) -> Any:
    """Choose the valid value mostly, or one of the odd ones."""
    return random.choice(odd) if random.random() < chance else good


def written(random: Random, fields: dict[str, Any]) -> str:
    """The object as JSON: mostly compact, sometimes in another form."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return texts.changed(random, text) if random.random() < 0.25 else text


def sign_text(random: Random, key: SigningKey, label: Label, text: str) -> str:
    body = text.encode("utf-8", "replace")
    signature = key.sign(label, body)
    return (
        signature
        if random.random() < 0.97
        else random.choice([signature[:-1], "", signature[:43] + b64(L.to_bytes(32, "little"))])
    )
