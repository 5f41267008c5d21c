"""Limits the bytes of all request bodies in memory, both those that still arrive and those in use.

Each route limits its own body, and this module limits their sum. When the sum exceeds the budget, the server answers 503 to
bodies that are still arriving, until a tenth of the budget is free. It begins with the bodies that have held the most bytes for
the longest. A client that stalls inside a large body loses it, and a small body on a slow line survives.
"""

import time
from collections.abc import Callable

BUDGET = 16 * 2**20  # bytes: 50 of the largest submissions at once, or 600 ordinary ones
_FREE = 0.9  # of the budget. Refusals reduce the sum to this part, so one pass over all bodies frees a tenth


class Body:
    """One request's body.

    Attributes:
        refused: whether the budget has dropped the body.
        whole: whether the body has arrived.
    """

    __slots__ = ("drop", "refused", "since", "size", "whole")

    def __init__(self, since: float, drop: Callable[[], None]) -> None:
        self.since = since
        self.drop = drop
        self.size = 0
        self.whole = False
        self.refused = False


class BodyBudget:
    """Counts the bytes of bodies. It is not thread-safe, so only the event loop may use it."""

    def __init__(self, most: int = BUDGET, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._bodies: dict[Body, None] = {}
        self.used = 0

    def open(self, drop: Callable[[], None]) -> Body:
        """Register a new body. The budget calls `drop` to refuse it, and `drop` must release its bytes."""
        body = Body(self._clock(), drop)
        self._bodies[body] = None
        return body

    def add(self, body: Body, size: int) -> None:
        """Count bytes that arrived. This may refuse bodies, even this one."""
        if body not in self._bodies:
            return
        body.size += size
        self.used += size
        if self.used > self._most:
            self._refuse_some()

    def close(self, body: Body) -> None:
        """Release a body that no request needs any more."""
        if self._bodies.pop(body, self) is None:
            self.used -= body.size

    def _refuse_some(self) -> None:
        now = self._clock()
        arriving = [body for body in self._bodies if body.size and not body.whole]
        for body in sorted(arriving, key=lambda body: body.size * (now - body.since), reverse=True):
            if self.used <= self._most * _FREE:
                return
            self.close(body)
            body.refused = True
            body.drop()
