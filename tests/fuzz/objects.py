"""Objects of docs/reference/format.md for the differential fuzzer: properly signed and encrypted, with some content changed.

A maker takes a source of randomness and gives an operation of tests/support/operations.py with its input. To fuzz one more kind
of
object, write a maker and add it to `MAKERS`. To fuzz one more kind of key-list entry, add it to `_KINDS`.
"""

# One field a line would hide what is changed.
# ruff: noqa: E501

import json
from collections.abc import Callable
from random import Random

from crypto import digits, sheet
from crypto.age import bech32
from crypto.ed25519 import L, P
from crypto.encoding import b64
from crypto.labels import Label
from crypto.sheet import Sizes
from tests.fuzz import headers, texts
from tests.fuzz.choices import ODD_KEYS, RAW, WORDS, Made, chosen
from tests.fuzz.lists import candidate, hold, key_list, snapshot, statement
from tests.fuzz.sealed import entry, grant, keyring, names, receipt_grant, share
from tests.vectors import signatures
from tests.vectors.world import (
    EPOCH,
    GROUP,
    KEYS,
    MEMBERS,
    SHARED_MAC,
    SIGNERS,
)


def page(random: Random) -> Made:
    """A sheet as it is, damaged somewhere."""
    text = json.dumps({"text": random.choice(WORDS)}, ensure_ascii=False).encode()
    author, mac = random.choice([None, SIGNERS[0]]), random.choice([None, SHARED_MAC])
    data = texts.damaged(random, sheet.write(text, Sizes.ENTRY, Label.ENTRY, author=author, mac_key=mac))
    sizes = chosen(random, "ENTRY", ["GRANT", "KEYRING", "REQUEST", "RECEIPT_GRANT"], 0.1)
    return "read sheet", {"page": b64(data), "sizes": sizes, "key": KEYS[MEMBERS[0]] if author else "", "mac": b64(mac.reveal()) if mac else ""}  # fmt: skip


def signature(random: Random) -> Made:
    """A key, an R and an S, each from edge cases."""
    torsion = random.choice(signatures.SMALL)
    key_torsion = random.choice([signatures.NEUTRAL, torsion])
    # Often only the small-order points remain of the key or of R.
    secret, nonce = (random.choice([0, 0, 1, 2]) for _ in range(2))
    key = signatures.encode(signatures.add(signatures.times(secret, signatures.BASE), key_torsion))
    r = signatures.encode(
        signatures.add(signatures.times(nonce, signatures.BASE), random.choice([signatures.NEUTRAL, torsion]))
    )
    made = signatures.signed(key, secret, r, nonce)
    assert made
    data = bytearray(made[1])
    if random.random() < 0.3:
        data[random.randrange(64)] ^= 1 << random.randrange(8)
    elif random.random() < 0.2:
        data[32:] = ((int.from_bytes(data[32:], "little") + random.randrange(1, 9) * L) % 2**256).to_bytes(32, "little")
    elif random.random() < 0.2:
        data[:32] = random.choice([P, P + 1, P - 1, 1 | 1 << 255, P - 1 | 1 << 255, 2**255 - 1, 2]).to_bytes(32, "little")
    shown = chosen(random, b64(key), ODD_KEYS, 0.1)
    return "verify", {"label": Label.ENTRY.value, "body": signatures.BODY.decode(), "key": shown, "signature": b64(bytes(data))}


def recipient(random: Random) -> Made:
    """A recipient with some bytes changed, its checksum right."""
    raw = bytearray(RAW)
    if random.random() < 0.5:
        raw[random.randrange(1216)] = random.choice([0, 0xFF, 0x0D, 0x7F, random.randrange(256)])
    else:
        raw[1184:] = random.choice([0, 1, P - 1, P, P + 1, 2**255 - 1, 2**255, 2**255 + 1, 2**256 - 1, 9]).to_bytes(
            32, "little"
        )
    text = bech32.encode("age1pq", bytes(raw))
    return "recipient", {"recipient": texts.swapped(random, text) if random.random() < 0.2 else text}


def header(random: Random) -> Made:
    """An age file whose header is changed and whose MAC verifies."""
    return "age", {"file": b64(headers.changed(random)), "identities": [EPOCH.reveal()]}


def json_text(random: Random) -> Made:
    """A names file's text."""
    fields = {"format": "f", "group": "g", "number": 1, "author": "a", "members": {"m": random.choice(WORDS), "__proto__": "n"}}
    return "json", {"text": texts.changed(random, json.dumps(fields, ensure_ascii=random.random() < 0.5))}


def day(random: Random) -> Made:
    """A day, or nearly one."""
    text = f"{random.choice([0, 1, 1969, 1970, 2026, 2028, 2100, 8999, 9000, 9999]):04}-{random.randrange(14):02}-{random.randrange(33):02}"
    return "day", {"text": texts.swapped(random, text) if random.random() < 0.2 else text}


def base64(random: Random) -> Made:
    """Base64url, or nearly."""
    text = b64(random.randbytes(random.randrange(40)))
    return "b64", {"text": texts.swapped(random, text) if random.random() < 0.5 and text else text}


def receipt(random: Random) -> Made:
    """A receipt as people type it."""
    code = digits.generate(24) if random.random() < 0.9 else "1" * 24
    return "receipt digits", {"typed": texts.typed(random, code)}


def ascii_digits(random: Random) -> Made:
    """Any text, its digits as ASCII."""
    return "ascii digits", {"text": texts.typed(random, "tel. 0123 456 789")}


def handle(random: Random) -> Made:
    """A handle as people type it."""
    return "handle", {
        "typed": texts.typed(random, random.choice(["sam", "María.Ⅳ", "ليلى_٢", "ΟΔΟΣ", "İDA", "ﬁx", "ẞtraße"])),
        "group": GROUP,
    }


MAKERS: list[Callable[[Random], Made]] = [
    *[key_list] * 4, *[signature] * 4, *[json_text] * 3, *[recipient] * 2, *[statement] * 2, *[snapshot] * 2, candidate, hold, *[entry] * 2, grant, receipt_grant,
    names, keyring, share, page, header, day, base64, receipt, ascii_digits, handle,
]  # fmt: skip
"""Every maker; those that are cheap or have many rules appear several times."""
