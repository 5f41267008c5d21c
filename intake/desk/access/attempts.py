"""Counts failed sign-in attempts in memory, by handle or member. Failures slow later attempts down but never block them."""

from collections import OrderedDict
from dataclasses import dataclass, field

FREE_ATTEMPTS = 3
MAX_DELAY = 8.0  # seconds before an attempt is checked, at most
_MAX_HANDLES = 10_000  # handles whose failures are counted


@dataclass(slots=True)
class Attempts:
    """Failures by handle id. The delay doubles with each failure beyond the free ones."""

    failures: "OrderedDict[str, int]" = field(default_factory=OrderedDict)

    def delay(self, handle_id: str) -> float:
        """Return the seconds to wait before the next attempt is checked."""
        beyond = self.failures.get(handle_id, 0) - FREE_ATTEMPTS
        return min(MAX_DELAY, 0.25 * 2 ** min(beyond, 10)) if beyond >= 0 else 0.0

    def failed(self, handle_id: str) -> None:
        """Count a failure. Drop the oldest handle if there are too many."""
        self.failures[handle_id] = self.failures.pop(handle_id, 0) + 1
        if len(self.failures) > _MAX_HANDLES:
            self.failures.popitem(last=False)

    def succeeded(self, handle_id: str) -> None:
        """Reset the failures of a handle."""
        self.failures.pop(handle_id, None)

    def discard(self, handle_id: str) -> None:
        """Take back the failure of an attempt that was never checked, because it revealed nothing."""
        if self.failures.get(handle_id, 0) > 1:
            self.failures[handle_id] -= 1
        else:
            self.failures.pop(handle_id, None)
