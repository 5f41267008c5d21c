"""Errors of the store, and the outcome of a write that was refused. No exception of a library leaves the store."""

from dataclasses import dataclass


class StoreError(Exception):
    """Raised when the store cannot be opened, read or written. The message is for the operator."""


class UnknownSchemaError(StoreError):
    """Raised when another version made the schema of the store. `intake migrate` upgrades a schema of an earlier version."""


class UnreadableKeyListError(StoreError):
    """Raised when the key list breaks a rule that an earlier version did not have. Nothing was changed."""


class InUseError(StoreError):
    """Raised when another server has this store open."""


class BusyStoreError(StoreError):
    """Raised when transactions of other processes conflict with this one. Nothing was committed. The caller may try again."""


class ConflictError(Exception):
    """Raised when a write contradicts the stored state: an id or number is taken, or a version is outdated."""


class NotThereError(Exception):
    """Raised when a row does not exist, or the caller may not see it. The caller cannot tell which."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The outcome of a write that was refused, among several writes of one transaction. It wrote nothing."""

    reason: Exception
