"""The errors that this package raises on hostile or broken input. Misuse by our own code raises `ValueError`.

The class names the layer that refused, which callers tell apart. The reason names the rule (`crypto.reasons`).
"""

from typing import ClassVar

from crypto.reasons import LocalReason, Reason


class CryptoError(Exception):
    """Raised when this package cannot accept its input. It names the layer and the rule, never the content."""

    layer: ClassVar[str] = "crypto"

    def __init__(self, reason: Reason | LocalReason, what: str = "") -> None:
        """Refuse for `reason`.

        Args:
            reason: the rule that the input breaks.
            what: the kind of object, for the operator; never its content.
        """
        super().__init__(f"{reason}: {what}" if what else reason)
        self.reason: Reason | LocalReason = reason


class EncodingError(CryptoError):
    """Raised when base64url, JSON, Bech32 or the lines of a sheet do not have the one accepted form."""

    layer = "encoding"


class HeaderError(CryptoError):
    """Raised when an age header breaks the grammar or holds a stanza that it must not have."""

    layer = "age"


class NoMatchError(CryptoError):
    """Raised when none of the given identities opens an age file."""

    layer = "age"


class HeaderMacError(CryptoError):
    """Raised when an age header's MAC does not verify."""

    layer = "age"


class PayloadError(CryptoError):
    """Raised when an age payload is truncated, extended, reordered or altered."""

    layer = "age"


class SizeError(CryptoError):
    """Raised when something is larger than its limit or does not have one of the allowed sizes."""

    layer = "size"


class SignatureError(CryptoError):
    """Raised when a signature or its key is missing, foreign or malformed, or the signature does not verify."""

    layer = "signature"


class UnknownHeadError(SignatureError):
    """Raised when something names a head that is not in the key list. The caller fetches the list again before it gives up."""


class MacError(CryptoError):
    """Raised when a sheet's MAC is missing, unexpected, or does not verify."""

    layer = "mac"


class BindingError(CryptoError):
    """Raised when an encrypted object names another case, sequence, number, grantee, group or member than expected."""

    layer = "binding"


class NamesError(CryptoError):
    """Raised when a names file is older than the newest snapshot, or claims to be."""

    layer = "names"


class KeyListError(CryptoError):
    """Raised when a key list breaks a rule: a fork, a rollback, a missing approval, another group."""

    layer = "key list"


class StatementError(CryptoError):
    """Raised when an epoch statement is expired, too long, not by a member, or not named by the snapshot."""

    layer = "statement"


class SnapshotError(CryptoError):
    """Raised when a snapshot does not verify or belongs to another key list."""

    layer = "snapshot"


class StaleSnapshotError(SnapshotError):
    """Raised when a snapshot is older than the group allows, or than one seen before. A member must sign in."""

    layer = "stale snapshot"


class DigitsError(CryptoError):
    """Raised when a receipt or paper code has the wrong length or check digit."""

    layer = "digits"


class HandleError(CryptoError):
    """Raised when a handle is too short, too long or has a character that handles may not have."""

    layer = "handle"


class PuncturedError(CryptoError):
    """Raised when a leaf was punctured. Its data is permanently unreadable."""

    layer = "store"


class RowError(CryptoError):
    """Raised when a stored blob was altered or moved, or is under another key."""

    layer = "store"
