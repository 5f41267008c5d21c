"""Checking what purge runs have left: the chain of certificates, and that what it says is gone is gone from here.

It shows that this keeper destroyed these keys. It cannot show that no copy of them exists.
"""

import datetime as dt
from collections.abc import Sequence
from hashlib import sha256

from crypto import certificate
from crypto.certificate import Certificate
from crypto.encoding import b64
from crypto.errors import CryptoError
from crypto.signing import VerifyingKey
from retention import policy
from retention.errors import LostKeyError, ProofError
from retention.ports import KeyStore, RetentionStore


def chain(certificates: Sequence[tuple[bytes, str]], key: VerifyingKey, store: str) -> list[Certificate]:
    """The certificates, oldest first, if each is signed, of this store, and continues the one before.

    Raises:
        ProofError: one is not; which.
    """
    found: list[Certificate] = []
    previous: bytes | None = None
    for number, (text, signature) in enumerate(certificates):
        try:
            one = certificate.verify(text, signature, key, previous)
        except CryptoError as error:
            raise ProofError(f"certificate {number}: {error}") from None
        if (one.number, one.store) != (number, store):
            raise ProofError(f"certificate {number} is out of its place or another store's")
        found.append(one)
        previous = text
    return found


def contradictions(found: Sequence[Certificate], key_store: KeyStore, store: RetentionStore, today: dt.date) -> list[str]:
    """What is still here although it should not be: a destroyed key, an expired row, a day that has come."""
    told = []
    destroyed = {key for one in found for key in one.keys}
    for purpose, generation in sorted(key_store.living()):
        try:
            fingerprint = b64(sha256(key_store.key(purpose, generation).reveal()).digest())
        except LostKeyError:
            continue  # destroyed between our two looks
        if fingerprint in destroyed:
            told.append(f"a lock key for {purpose.split()[0]} lives although a certificate says that it was destroyed")
    for day, count in store.counts().items():
        if policy.expired(dt.date.fromisoformat(day), today):
            told.append(f"{count} cases that went on {day} are still stored")
    # A certificate from the future is a wrong clock's: once that was set right, its days were made anew.
    purged = {day for one in found if one.day <= today.isoformat() for day in one.days}
    told += [
        f"{record.day} is still there although a certificate says that it went"
        for record in store.days()
        if record.day in purged
    ]
    return told
