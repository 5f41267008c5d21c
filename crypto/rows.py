"""Row encryption: every stored blob of a case is encrypted under its leaf's key. docs/reference/format.md, Row sealing."""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto.dayroot import NONCE
from crypto.encoding import netstrings
from crypto.errors import RowError
from crypto.labels import Label, derive
from crypto.secret import Secret

OVERHEAD = NONCE + 16  # bytes


@dataclass(frozen=True, slots=True)
class RowName:
    """The position of a blob. Each position has its own key and associated data."""

    store: str
    table: str
    case: str
    item: str
    day: str
    leaf: int

    @property
    def bound(self) -> bytes:
        """The associated data."""
        parts = (Label.ROW, self.store, self.table, self.case, self.item, self.day, str(self.leaf))
        return netstrings(*(part.encode() for part in parts))


def seal(data: bytes, name: RowName, leaf_key: Secret, epoch_lock: Secret | None = None) -> bytes:
    """Encrypt `data` under the leaf's key. A grant is also encrypted under its grantee's epoch deletion key."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(_key(name, leaf_key, epoch_lock)).encrypt(nonce, data, name.bound)


def open_(sealed: bytes, name: RowName, leaf_key: Secret, epoch_lock: Secret | None = None) -> bytes:
    """Decrypt what `seal` encrypted.

    Raises:
        RowError: altered, moved, or under another key.
    """
    try:
        cipher = AESGCM(_key(name, leaf_key, epoch_lock))
        return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], name.bound)
    except (InvalidTag, ValueError):
        raise RowError("a stored row that was altered or moved", name.table) from None


def _key(name: RowName, leaf_key: Secret, epoch_lock: Secret | None) -> bytes:
    secret = Secret(leaf_key.reveal() + epoch_lock.reveal()) if epoch_lock else leaf_key
    return derive(secret, Label.ROW, name.table.encode()).reveal()
