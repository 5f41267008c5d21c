"""Proof of work: what a submission costs its sender while many are sent. docs/reference/format.md, Work.

Argon2id, so that special hardware gains little over an old phone; small, so that checking costs a third of a millisecond.
Bound to one offer, which is good once: nothing need be remembered against replays.
"""

import os
from hashlib import sha256

from crypto import argon2id
from crypto.encoding import netstrings
from crypto.labels import Label

NONCE = 16  # bytes
UNIT = 32 * 1024  # bytes of age files that a price is for: an ordinary request, whose text fits the smallest size
MAX_PRICE = 80_000  # tries for each unit, on average; a try takes 20 ms of a core of a phone of 2016, 0.2 ms of a server's


def cost(price: int, size: int) -> int:
    """Tries, on average, for `size` bytes of age files."""
    return -(-price * size // UNIT)


def for_entry(lookup: str, number: int, digest: str) -> str:
    """What an entry under a receipt is paid for in place of an offer: this file, at this place of this case."""
    return f"{lookup} {number} {digest}"


def fits(offer: str, nonce: bytes, tries: int) -> bool:
    """Whether a nonce of 16 bytes pays for the offer of this token: so many tries find one on average."""
    if tries == 0:
        return True
    password = sha256(netstrings(Label.WORK.encode(), offer.encode())).digest()
    drawn = int.from_bytes(argon2id.stretch(password, nonce, argon2id.WORK).reveal()[:4], "big")
    return drawn * tries < 2**32


def pay(offer: str, tries: int) -> bytes:
    """A nonce that fits."""
    while not fits(offer, nonce := os.urandom(NONCE), tries):
        pass
    return nonce
