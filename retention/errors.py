"""What this package raises. The messages are for people: an operator or a coordinator reads them."""


class RetentionError(Exception):
    """Raised when a purge, a puncture or a keeper cannot do what was asked; nothing was claimed that did not happen."""


class KeyStoreError(RetentionError):
    """Raised when the keeper's directory cannot be read or written, or holds something that is no lock key."""


class MirrorAwayError(KeyStoreError):
    """Raised when a key was destroyed wherever it could be, and a mirror may still hold it; `destroyed` are fingerprints."""

    def __init__(self, message: str, destroyed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.destroyed = destroyed


class LostKeyError(RetentionError):
    """Raised when a lock key is gone: what lay under it is unreadable for good."""


class ForeignStoreError(RetentionError):
    """Raised when store and keeper do not belong together; names both, and no key was touched."""


class OlderStoreError(RetentionError):
    """Raised when the store is older than its keeper: a copy from before something was destroyed."""


class ClockError(RetentionError):
    """Raised when the clock and the last run disagree too much; a person must say that the clock is right."""


class BusyError(RetentionError):
    """Raised when another process is doing the same right now."""


class StepError(RetentionError):
    """Raised when the store could not do a step of a run; the next run does it again."""


class ProofError(RetentionError):
    """Raised when the chain of certificates does not hold: one is missing, altered, or signed by another key."""


class PolicyError(RetentionError):
    """Raised when a form file's `[retention]` table has an unknown name or an impossible number of days."""
