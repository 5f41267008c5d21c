"""Everything this package raises on hostile or broken input. Misuse by our own code is `ValueError`."""


class CryptoError(Exception):
    """Raised when input to this package cannot be accepted; the message names the layer, never the content."""


class EncodingError(CryptoError):
    """Raised when base64url, JSON, Bech32 or a sheet's lines are not of the one accepted form."""


class HeaderError(CryptoError):
    """Raised when an age header breaks the grammar or holds a stanza that must not be there."""


class NoMatchError(CryptoError):
    """Raised when none of an age file's stanzas opens with the identities given."""


class HeaderMacError(CryptoError):
    """Raised when an age header's MAC does not verify."""


class PayloadError(CryptoError):
    """Raised when an age payload is truncated, extended, reordered or altered."""


class SizeError(CryptoError):
    """Raised when something is larger than its ceiling or not one of the allowed sizes."""


class SignatureError(CryptoError):
    """Raised when a signature is missing, foreign, or does not verify."""


class MacError(CryptoError):
    """Raised when a sheet's MAC is missing, unexpected, or does not verify."""


class BindingError(CryptoError):
    """Raised when a sealed thing names another case, sequence, number, grantee, group or member than the one asked for."""


class KeyListError(CryptoError):
    """Raised when a key list breaks a rule: a fork, a rollback, a missing approval, another group."""


class StatementError(CryptoError):
    """Raised when an epoch statement is overdue, too long, or by someone who is not a member."""


class DigitsError(CryptoError):
    """Raised when a receipt or paper code has the wrong length or check digit."""


class HandleError(CryptoError):
    """Raised when a handle is too short, too long or has characters that handles do not have."""


class PuncturedError(CryptoError):
    """Raised when a leaf was punctured: what lay under it is gone for good."""


class RowError(CryptoError):
    """Raised when a stored blob was altered, moved, or lies under another key."""
