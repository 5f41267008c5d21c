"""Checks the certificates of deletion runs, and that everything they name as deleted is deleted here.

The check shows that this key store destroyed these keys. It cannot show that no copy of them exists elsewhere.
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
    """Verify the certificates, oldest first: each is signed, of this store, and continues the previous one.

    Raises:
        ProofError: a certificate is not valid. The message names it.
    """
    verified: list[Certificate] = []
    previous: bytes | None = None
    for number, (text, signature) in enumerate(certificates):
        try:
            valid = certificate.verify(text, signature, key, previous)
        except CryptoError as error:
            raise ProofError(f"certificate {number}: {error}") from None
        if (valid.number, valid.store) != (number, store):
            raise ProofError(f"certificate {number} is out of order or of another store")
        verified.append(valid)
        previous = text
    return verified


def contradictions(
    certificates: Sequence[Certificate], key_store: KeyStore, store: RetentionStore, today: dt.date
) -> list[str]:
    """Return a message for each destroyed key, expired case or deleted day that still exists."""
    messages = []
    destroyed = {key for certificate in certificates for key in certificate.keys}
    for purpose, generation in sorted(key_store.existing()):
        try:
            fingerprint = b64(sha256(key_store.key(purpose, generation).reveal()).digest())
        except LostKeyError:
            continue  # destroyed after the list was read
        if fingerprint in destroyed:
            messages.append(f"a deletion key for {purpose.split()[0]} exists although a certificate says that it was destroyed")
    for day, count in store.counts().items():
        if policy.expired(dt.date.fromisoformat(day), today):
            messages.append(f"{count} cases that expired on {day} are still stored")
    # A certificate from the future is of a wrong clock. After the clock was corrected, its days were made again.
    past = [certificate for certificate in certificates if certificate.day <= today.isoformat()]
    deleted = {day for certificate in past for day in certificate.days}
    messages += [
        f"{record.day} still exists although a certificate says that it was deleted"
        for record in store.days()
        if record.day in deleted
    ]
    return messages
