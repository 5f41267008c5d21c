"""Returns the server's day for everything with a date, as long as the clock does not contradict the store."""

import datetime as dt
from collections.abc import Callable

from intake.errors import ClockError
from intake.store import clock as stored
from intake.store.clock import Corrections
from intake.store.deletion.purge_store import PurgeStore
from retention import clock

Clock = Callable[[], dt.datetime]


class ClockGuard:
    """Returns the day and second of a clock as long as nothing contradicts it. Thread-safe.

    It reads the store's known days when the store is opened and after each run. While they contradict the clock, `refresh`
    reads them again.
    """

    def __init__(self, clock: Clock, store: PurgeStore) -> None:
        self._clock = clock
        self._store = store
        self.refresh()

    @property
    def clock_day(self) -> dt.date:
        """The clock's day in UTC, even if it contradicts the known days."""
        return self._clock().astimezone(dt.UTC).date()

    @property
    def today(self) -> dt.date:
        """The day in UTC. It is never before the last run's, so that a clock set back shows no deleted case again.

        Raises:
            ClockError: the clock contradicts the known days.
        """
        self.check()
        return max(self._floor, self.clock_day)

    @property
    def seconds(self) -> int:
        """Seconds since 1970. Raises as `today`."""
        self.check()
        return int(self._clock().timestamp())

    @property
    def contradiction(self) -> str | None:
        """The fact that contradicts the clock, in words for the operator, or None."""
        return clock.contradiction(self.clock_day, self._known)

    def check(self) -> None:
        """Check that nothing contradicts the clock.

        Raises:
            ClockError: a known day contradicts the clock.
        """
        if self.contradiction is not None:
            raise ClockError("this server's clock is wrong, or an operator must confirm it. Nothing was changed")

    def check_for_operator(self) -> None:
        """Check like `check`. The error names the day that contradicts the clock, and the command that helps.

        Raises:
            retention.errors.ClockError: something contradicts the clock.
        """
        clock.check(self.clock_day, self._known)

    def refresh(self) -> None:
        """Read the known days again, because another process may have written them."""
        self._known = self._store.known_days()
        last = self._store.last_run()
        self._floor = dt.date.fromisoformat(last) if last else dt.date.min

    def note_day(self) -> None:
        """Record in the store that the server accepted its clock today. Raises as `today`."""
        today = self.today
        self._store.database.run(lambda tx: stored.note_day(tx, today))
        self.refresh()

    def confirm(self) -> Corrections:
        """Correct every date that is later than the clock, after an operator has confirmed the clock. Return how many.

        Raises:
            retention.errors.ClockError: the clock cannot be right, or the group was founded with a wrong clock.
        """
        now = self._clock().astimezone(dt.UTC)
        clock.check(now.date(), ())
        done = self._store.database.run(lambda tx: stored.correct(tx, now))
        self.refresh()
        return done
