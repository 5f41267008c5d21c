"""Proof of work: what a submission costs its sender while many are sent. docs/format.md, Work.

Argon2id, so that special hardware gains little over an old phone; small, so that checking costs a third of a millisecond.
Bound to one slate, which is good once: nothing need be remembered against replays.
"""

import os
from hashlib import sha256

from crypto import argon2id
from crypto.encoding import netstrings
from crypto.labels import Label

NONCE = 16  # bytes
MAX_PRICE = 128  # tries on average; about 3 s on a phone of 2016, where one takes 20 ms


def fits(slate: str, nonce: bytes, price: int) -> bool:
    """Whether a nonce of 16 bytes pays `price` for the slate of this token: so many tries find one on average."""
    if price == 0:
        return True
    password = sha256(netstrings(Label.WORK.encode(), slate.encode())).digest()
    drawn = int.from_bytes(argon2id.stretch(password, nonce, argon2id.WORK).reveal()[:4], "big")
    return drawn * price < 2**32


def pay(slate: str, price: int) -> bytes:
    """A nonce that fits."""
    while not fits(slate, nonce := os.urandom(NONCE), price):
        pass
    return nonce
