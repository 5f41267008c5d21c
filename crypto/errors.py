"""Everything this package raises on hostile or broken input. Misuse by our own code is `ValueError`.

The class says which layer refused, and what callers tell apart; the reason says which rule (`crypto.reasons`).
"""

from typing import ClassVar

from crypto.reasons import LocalReason, Reason


class CryptoError(Exception):
    """Raised when input to this package cannot be accepted; it names the layer and the rule, never the content."""

    layer: ClassVar[str] = "crypto"

    def __init__(self, reason: Reason | LocalReason, what: str = "") -> None:
        """Refuse for `reason`.

        Args:
            what: which kind of thing of ours it was, for the operator; never its content.
        """
        super().__init__(f"{reason}: {what}" if what else reason)
        self.reason: Reason | LocalReason = reason


class EncodingError(CryptoError):
    """Raised when base64url, JSON, Bech32 or a sheet's lines are not of the one accepted form."""

    layer = "encoding"


class HeaderError(CryptoError):
    """Raised when an age header breaks the grammar or holds a stanza that must not be there."""

    layer = "age"


class NoMatchError(CryptoError):
    """Raised when none of an age file's stanzas opens with the identities given."""

    layer = "age"


class HeaderMacError(CryptoError):
    """Raised when an age header's MAC does not verify."""

    layer = "age"


class PayloadError(CryptoError):
    """Raised when an age payload is truncated, extended, reordered or altered."""

    layer = "age"


class SizeError(CryptoError):
    """Raised when something is larger than its ceiling or not one of the allowed sizes."""

    layer = "size"


class SignatureError(CryptoError):
    """Raised when a signature or the key that it is checked with is missing, foreign, malformed, or does not verify."""

    layer = "signature"


class UnknownHeadError(SignatureError):
    """Raised when something names a head that is not in the key list: the list is to be fetched again before it is given up."""


class MacError(CryptoError):
    """Raised when a sheet's MAC is missing, unexpected, or does not verify."""

    layer = "mac"


class BindingError(CryptoError):
    """Raised when a sealed thing names another case, sequence, number, grantee, group or member than the one asked for."""

    layer = "binding"


class NamesError(CryptoError):
    """Raised when a names file is older than the newest snapshot, or was signed as if it were."""

    layer = "names"


class KeyListError(CryptoError):
    """Raised when a key list breaks a rule: a fork, a rollback, a missing approval, another group."""

    layer = "key list"


class StatementError(CryptoError):
    """Raised when an epoch statement is overdue, too long, by someone who is not a member, or not named by the snapshot."""

    layer = "statement"


class SnapshotError(CryptoError):
    """Raised when a snapshot does not verify, is of another key list, or older than one seen before."""

    layer = "snapshot"


class StaleSnapshotError(SnapshotError):
    """Raised when the newest snapshot is older than the group allows: a member must sign in."""

    layer = "stale snapshot"


class DigitsError(CryptoError):
    """Raised when a receipt or paper code has the wrong length or check digit."""

    layer = "digits"


class HandleError(CryptoError):
    """Raised when a handle is too short, too long or has characters that handles do not have."""

    layer = "handle"


class PuncturedError(CryptoError):
    """Raised when a leaf was punctured: what lay under it is gone for good."""

    layer = "store"


class RowError(CryptoError):
    """Raised when a stored blob was altered, moved, or lies under another key."""

    layer = "store"
