"""What the store raises; no library exception leaves it."""


class StoreError(Exception):
    """Raised when the store cannot be opened, read or written; the message is for the operator."""


class UnknownSchemaError(StoreError):
    """Raised when the store's schema is not the one this version knows: migrate, or run the version that made it."""


class UnreadableKeyListError(StoreError):
    """Raised when a store's key list breaks a rule that came after the version that made it; nothing was changed."""


class InUseError(StoreError):
    """Raised when another server already has this store open."""


class BusyStoreError(StoreError):
    """Raised when other processes got in the way of a transaction; nothing was committed, and it may be tried again."""


class ConflictError(Exception):
    """Raised when what was sent contradicts what is stored: a taken id or number, an outdated version."""


class NotThereError(Exception):
    """Raised when there is no such thing, or it is not the asker's; the two cannot be told apart."""
