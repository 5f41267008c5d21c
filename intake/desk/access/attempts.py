"""Failed attempts to prove a way in: counted by handle or by member, in memory alone, and slowed down but never blocked."""

from collections import OrderedDict
from dataclasses import dataclass, field

FREE_ATTEMPTS = 3
MAX_DELAY = 8.0  # seconds
_REMEMBERED = 10_000  # handles whose failures are counted


@dataclass(slots=True)
class Attempts:
    """Failures by handle id, in memory alone; the delay doubles with each beyond the free ones."""

    failures: "OrderedDict[str, int]" = field(default_factory=OrderedDict)

    def delay(self, handle_id: str) -> float:
        """Seconds to wait before the next attempt is looked at."""
        beyond = self.failures.get(handle_id, 0) - FREE_ATTEMPTS
        return min(MAX_DELAY, 0.25 * 2 ** min(beyond, 10)) if beyond >= 0 else 0.0

    def failed(self, handle_id: str) -> None:
        """Count one; the oldest handle is forgotten when there are too many."""
        self.failures[handle_id] = self.failures.pop(handle_id, 0) + 1
        if len(self.failures) > _REMEMBERED:
            self.failures.popitem(last=False)

    def succeeded(self, handle_id: str) -> None:
        """Start again from none."""
        self.failures.pop(handle_id, None)

    def not_judged(self, handle_id: str) -> None:
        """Take back one: it was no attempt that anything was learnt from."""
        if self.failures.get(handle_id, 0) > 1:
            self.failures[handle_id] -= 1
        else:
            self.failures.pop(handle_id, None)
