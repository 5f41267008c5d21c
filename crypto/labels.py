"""Every domain-separation label, and the one key derivation. docs/reference/format.md, Conventions.

No other module may spell a label or call HKDF.
"""

from enum import StrEnum

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.encoding import netstrings
from crypto.secret import Secret


class Label(StrEnum):
    """The purpose of a key, signature or associated data. No label has two purposes."""

    ENTRY = "sealed-intake/1/entry"
    SHARED_MAC = "sealed-intake/1/shared mac"
    DESK_MAC = "sealed-intake/1/desk mac"
    GRANT = "sealed-intake/1/grant"
    RECEIPT_TOKEN = "sealed-intake/1/receipt token"
    RECEIPT_IDENTITY = "sealed-intake/1/receipt identity"
    RECEIPT_GRANT = "sealed-intake/1/receipt grant"
    KEY_LIST = "sealed-intake/1/key list"
    SNAPSHOT = "sealed-intake/1/snapshot"
    STATEMENT = "sealed-intake/1/statement"
    CANDIDATE = "sealed-intake/1/candidate"
    NAMES = "sealed-intake/1/names"
    GROUP_WORDS = "sealed-intake/1/group words"
    HANDLE_ID = "sealed-intake/1/handle id"
    PASSPHRASE_SALT = "sealed-intake/1/passphrase salt"
    PAPER_CODE = "sealed-intake/1/paper code"
    UNLOCK_IDENTITY = "sealed-intake/1/unlock identity"
    UNLOCK_AUTHENTICATION = "sealed-intake/1/unlock authentication"
    PASSKEY = "sealed-intake/1/passkey"
    KEYRING = "sealed-intake/1/keyring"
    SHARE = "sealed-intake/1/share"
    DEAL = "sealed-intake/1/deal"
    LOG = "sealed-intake/1/log"
    NOTICES = "sealed-intake/1/notices"
    DELETION_KEY = "sealed-intake/1/lock key"  # the earlier name: another value would make the keys of existing tokens useless
    DAY_ROOT = "sealed-intake/1/day root"
    ROW = "sealed-intake/1/row"
    SHARE_ROW = "sealed-intake/1/share row"
    KEYRING_ROW = "sealed-intake/1/keyring row"
    SIGN_IN_HANDLE = "sealed-intake/1/sign-in handle"
    SIGN_IN_ROW = "sealed-intake/1/sign-in row"
    SIGN_IN_DECOY = "sealed-intake/1/sign-in decoy"
    CERTIFICATE = "sealed-intake/1/certificate"
    BACKUP = "sealed-intake/1/backup"
    DRAFT = "sealed-intake/1/draft"
    DRAFT_IDENTITY = "sealed-intake/1/draft identity"
    DESK_ADDRESS = "sealed-intake/1/desk address"
    HOLD = "sealed-intake/1/hold"
    ON_BEHALF = "sealed-intake/1/on behalf"
    WORK = "sealed-intake/1/work"
    SITE = "sealed-intake/1/site settings"


def derive(secret: Secret, label: Label, *context: bytes, length: int = 32) -> Secret:
    """Derive HKDF-SHA256 of `secret` for one purpose.

    Args:
        secret: the input keying material.
        label: the purpose.
        context: what the result is bound to; joined as netstrings, so that parts cannot run into each other.
        length: bytes, at most 8160 (RFC 5869).
    """
    info = netstrings(label.encode(), *context)
    return Secret(HKDF(SHA256(), length, salt=None, info=info).derive(secret.reveal()))
