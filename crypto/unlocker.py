"""Unlockers open a keyring: a passphrase, a printed code or a passkey. docs/reference/format.md, Unlockers and keyring."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from crypto import argon2id, digits
from crypto.age import Identity
from crypto.encoding import ID_BYTES, GroupId, b64, unb64
from crypto.errors import HandleError
from crypto.labels import Label, derive
from crypto.secret import Secret

PAPER_LENGTH = 40  # digits; 39 random ones are 129 bits
_HANDLE_LENGTH = range(2, 33)  # characters


class UnlockerKind(StrEnum):
    """The source of an unlocker's secret."""

    PASSPHRASE = "passphrase"
    PAPER = "paper"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class Unlocker:
    """The identity that opens the keyring, and the key (32 bytes) that the client shows the server to receive it."""

    kind: UnlockerKind
    identity: Identity
    authentication: Secret


def normalise_handle(text: str) -> str:
    """Return a handle in its one form.

    Raises:
        HandleError: too short, too long, or with characters that handles may not have.
    """
    handle = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip(digits.WHITE)).lower())
    fits = all(unicodedata.category(c)[0] in "LM" or digits.decimal(c) is not None or c in "._-" for c in handle)
    if len(handle) not in _HANDLE_LENGTH or not fits:
        raise HandleError("a handle has 2 to 32 letters, digits, dots, dashes or underscores")
    return handle


def handle_id(group: GroupId, handle: str) -> str:
    """Return the id by which a server knows a normalised handle: 16 bytes as b64."""
    return b64(derive(_group_secret(group), Label.HANDLE_ID, handle.encode(), length=ID_BYTES).reveal())


def from_passphrase(passphrase: str, group: GroupId, handle: str) -> Unlocker:
    """Derive the unlocker of a passphrase. Costs 64 MiB and about 0.2 s."""
    salt = derive(_group_secret(group), Label.PASSPHRASE_SALT, handle.encode(), length=16)
    password = unicodedata.normalize("NFC", passphrase).encode()
    return _unlocker(UnlockerKind.PASSPHRASE, argon2id.stretch(password, salt.reveal(), argon2id.PASSPHRASE))


def from_paper_code(code: str, group: GroupId, handle: str) -> Unlocker:
    """Derive the unlocker of a printed code.

    Raises:
        DigitsError: mistyped.
    """
    secret = Secret(digits.normalise(code, PAPER_LENGTH).encode("ascii"))
    return _unlocker(UnlockerKind.PAPER, derive(secret, Label.PAPER_CODE, unb64(group, ID_BYTES), handle.encode()))


def from_passkey(output: Secret, group: GroupId, handle: str) -> Unlocker:
    """Derive the unlocker of a passkey.

    Args:
        output: the authenticator's PRF output for the group, 32 bytes.
        group: the group's id.
        handle: the member's sign-in name.
    """
    return _unlocker(UnlockerKind.PASSKEY, derive(output, Label.PASSKEY, unb64(group, ID_BYTES), handle.encode()))


def new_paper_code() -> str:
    """Generate digits, without spaces."""
    return digits.generate(PAPER_LENGTH)


def _unlocker(kind: UnlockerKind, root: Secret) -> Unlocker:
    return Unlocker(kind, Identity(derive(root, Label.UNLOCK_IDENTITY)), derive(root, Label.UNLOCK_AUTHENTICATION))


def _group_secret(group: GroupId) -> Secret:
    # The salt is public, but this derivation takes its input keying material in this form.
    return Secret(unb64(group, ID_BYTES))
