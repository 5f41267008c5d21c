"""The server's day, for all that is dated: refused while the clock contradicts what is known of the store."""

import datetime as dt
from collections.abc import Callable

from intake.errors import ClockError
from intake.store import clock as stored
from intake.store.clock import SetRight
from intake.store.deletion.purge_store import PurgeStore
from retention import clock

Clock = Callable[[], dt.datetime]


class ClockGuard:
    """Tells day and second of a clock for as long as nothing speaks against it. May be used by several threads.

    What is known is read from the store when it is opened, after each run and, while something speaks against the clock, by
    `refresh`.
    """

    def __init__(self, clock: Clock, store: PurgeStore) -> None:
        self._clock = clock
        self._store = store
        self.refresh()

    @property
    def clock_day(self) -> dt.date:
        """What the clock says, UTC, believed or not."""
        return self._clock().astimezone(dt.UTC).date()

    @property
    def today(self) -> dt.date:
        """The day, UTC; never before the last run's, so that a clock set back shows nothing again.

        Raises:
            ClockError: the clock contradicts what is known, so nobody here knows which day it is.
        """
        self.check()
        return max(self._floor, self.clock_day)

    @property
    def seconds(self) -> int:
        """Seconds since 1970; raises as `today`."""
        self.check()
        return int(self._clock().timestamp())

    @property
    def contradiction(self) -> str | None:
        """What speaks against the clock, for the operator; None if nothing does."""
        return clock.contradiction(self.clock_day, self._known)

    def check(self) -> None:
        """Return if nothing speaks against the clock.

        Raises:
            ClockError: something does.
        """
        if self.contradiction is not None:
            raise ClockError("this server's clock is wrong, or must be confirmed by a person; nothing was changed")

    def refresh(self) -> None:
        """Look again at what is known of the store, whoever has written to it."""
        self._known = self._store.known_days()
        last = self._store.last_run()
        self._floor = dt.date.fromisoformat(last) if last else dt.date.min

    def note_day(self) -> None:
        """Remember in the store that this clock was believed today; raises as `today`."""
        today = self.today
        self._store.database.run(lambda tx: stored.note_day(tx, today))
        self.refresh()

    def confirm(self) -> SetRight:
        """Take a person's word that the clock is right, and set right what is dated later than it.

        Raises:
            retention.errors.ClockError: the clock cannot be right, or the group was founded by a wrong one.
        """
        now = self._clock().astimezone(dt.UTC)
        clock.check(now.date(), ())
        done = self._store.database.run(lambda tx: stored.set_right(tx, now))
        self.refresh()
        return done
