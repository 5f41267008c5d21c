"""Proof of work: the cost of a submission while many arrive. docs/reference/format.md, Work.

It uses Argon2id, so that special hardware gains little over an old phone, with small parameters, so that a check takes a third
of a millisecond. It is bound to one single-use offer, so nothing need be stored against replays.
"""

import os
from hashlib import sha256

from crypto import argon2id
from crypto.encoding import netstrings
from crypto.labels import Label

NONCE = 16  # bytes
UNIT = 32 * 1024  # bytes of age files that a price is for: an ordinary request, whose text fits the smallest size
MAX_PRICE = 80_000  # tries for each unit, on average; a try takes 20 ms on a phone of 2016 and 0.2 ms on a server


def cost(price: int, size: int) -> int:
    """Return the tries, on average, for `size` bytes of age files."""
    return -(-price * size // UNIT)


def for_entry(lookup: str, number: int, digest: str) -> str:
    """Return what an entry under a receipt is paid for instead of an offer: this file, at this position of this case."""
    return f"{lookup} {number} {digest}"


def fits(offer: str, nonce: bytes, tries: int) -> bool:
    """Return whether a nonce of 16 bytes pays for the offer of this token. On average, one nonce in `tries` does."""
    if tries == 0:
        return True
    password = sha256(netstrings(Label.WORK.encode(), offer.encode())).digest()
    drawn = int.from_bytes(argon2id.stretch(password, nonce, argon2id.WORK).reveal()[:4], "big")
    return drawn * tries < 2**32


def pay(offer: str, tries: int) -> bytes:
    """Search for a nonce that pays."""
    while not fits(offer, nonce := os.urandom(NONCE), tries):
        pass
    return nonce
