"""Refuses a clock that contradicts the known days, because nothing may be dated, signed, rotated or deleted by a wrong clock.

The known days are the day of the last deletion run, the newest day on which a server of this store accepted its clock, and the
day of the newest snapshot. The newest of them counts. An operator can confirm the clock: `intake clock confirm`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from retention.errors import ClockError

EARLIEST = dt.date(2026, 1, 1)  # this version did not exist earlier; a clock that was never set shows 1970 or 2000
MAX_BEHIND = dt.timedelta(days=1)  # another machine's clock may be a little ahead
MAX_AHEAD = dt.timedelta(days=2)  # today's run may still be due, and yesterday's may have failed


@dataclass(frozen=True, slots=True)
class KnownDay:
    """A day that cannot be in the future, and a description of its source."""

    day: dt.date
    source: str


def contradiction(today: dt.date, known: Sequence[KnownDay]) -> str | None:
    """Return why a clock that shows `today` is wrong; None if it does not contradict the known days."""
    if today < EARLIEST:
        return f"the clock shows {today}, which is before this version was made"
    newest = max(known, key=lambda known_day: known_day.day, default=None)
    if newest is None or -MAX_BEHIND <= today - newest.day <= MAX_AHEAD:
        return None
    return f"the clock shows {today}, but {newest.source} was on {newest.day}"


def remedy(today: dt.date) -> str:
    """Return what an operator can do about a clock that shows `today` and is contradicted."""
    if today < EARLIEST:  # nobody can confirm this day
        return "Set this machine's clock: timedatectl set-ntp true"
    return "Set this machine's clock. If the clock is right, run: intake clock confirm"


def check(today: dt.date, known: Sequence[KnownDay]) -> None:
    """Check that a clock that shows `today` does not contradict the known days.

    Raises:
        ClockError: it is more than a day behind or two days ahead of the newest known day, or before this version was made.
    """
    why = contradiction(today, known)
    if why is not None:
        raise ClockError(f"{why}. Nothing was changed. {remedy(today)}")
