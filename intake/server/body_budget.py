"""One budget of bytes for all request bodies in memory, those still arriving and those being worked on.

Each route bounds its own body; this bounds their sum. When the sum is over the budget, bodies that are still arriving are
refused with 503 until a tenth of it is free again. Those that have held the most bytes for the longest go first: a client
that stalls inside a large body loses it, a small one on a slow line keeps its own.
"""

import time
from collections.abc import Callable

BUDGET = 16 * 2**20  # bytes: 25 of the largest submissions at once, or 500 ordinary ones
_FREE = 0.9  # of the budget, to which refusals bring it down: one pass over all bodies then frees a tenth of it


class Body:
    """One request's body. `refused` once it had to go; `whole` once it has arrived."""

    __slots__ = ("drop", "refused", "since", "size", "whole")

    def __init__(self, since: float, drop: Callable[[], None]) -> None:
        self.since = since
        self.drop = drop
        self.size = 0
        self.whole = False
        self.refused = False


class BodyBudget:
    """Counts the bytes of bodies. Used on the event loop alone."""

    def __init__(self, most: int = BUDGET, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._bodies: dict[Body, None] = {}
        self.used = 0

    def open(self, drop: Callable[[], None]) -> Body:
        """A new body; `drop` is called if it has to go, and must let go of its bytes."""
        body = Body(self._clock(), drop)
        self._bodies[body] = None
        return body

    def add(self, body: Body, size: int) -> None:
        """Count bytes that arrived. May refuse bodies, this one among them."""
        if body not in self._bodies:
            return
        body.size += size
        self.used += size
        if self.used > self._most:
            self._make_room()

    def close(self, body: Body) -> None:
        """Nothing needs these bytes any more."""
        if self._bodies.pop(body, self) is None:
            self.used -= body.size

    def _make_room(self) -> None:
        now = self._clock()
        arriving = [body for body in self._bodies if body.size and not body.whole]
        for body in sorted(arriving, key=lambda one: one.size * (now - one.since), reverse=True):
            if self.used <= self._most * _FREE:
                return
            self.close(body)
            body.refused = True
            body.drop()
