"""Errors of this package. Operators and coordinators read the messages."""


class RetentionError(Exception):
    """Base of all errors of this package."""


class KeyStoreError(RetentionError):
    """Raised when the key store cannot be read or written, or holds a damaged deletion key."""


class MirrorUnavailableError(KeyStoreError):
    """Raised when a key was destroyed in every folder that is present, and a mirror that is not may still hold it.

    Attributes:
        destroyed: the fingerprints of the destroyed keys.
    """

    def __init__(self, message: str, destroyed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.destroyed = destroyed


class LostKeyError(RetentionError):
    """Raised when a deletion key does not exist any more. Everything encrypted under it is permanently unreadable."""


class ForeignStoreError(RetentionError):
    """Raised when store and key store do not belong together. The message names both. No key was changed."""


class OlderStoreError(RetentionError):
    """Raised when the store is a copy from before a key was destroyed."""


class ClockError(RetentionError):
    """Raised when the clock contradicts the known days. An operator must confirm or correct it."""


class BusyError(RetentionError):
    """Raised when another process does the same at this moment."""


class StepError(RetentionError):
    """Raised when the store could not do a step of a deletion run. The next run repeats the step."""


class ProofError(RetentionError):
    """Raised when the chain of certificates is broken: one is missing, altered, or signed by another key."""


class PolicyError(RetentionError):
    """Raised when a form file's `[retention]` table has an unknown name or an impossible number of days."""
