"""Refuses a clock that contradicts what is known: nothing may be dated, signed, rotated or purged by one that is wrong.

The known days are the last purge run, the newest day on which a server of this store believed its clock, and the newest
snapshot of a member. The newest of them counts. A person can confirm the clock: `intake clock confirm`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from retention.errors import ClockError

EARLIEST = dt.date(2026, 1, 1)  # this version did not exist before: a clock that was never set says 1970 or 2000
MAX_BEHIND = dt.timedelta(days=1)  # another machine's clock may be a little ahead
MAX_AHEAD = dt.timedelta(days=2)  # the day's run may still be due, and the day before's have failed once
REMEDY = "Set this machine's clock. If the clock is right, run: intake clock confirm"


@dataclass(frozen=True, slots=True)
class KnownDay:
    """A day that cannot be in the future, and where it comes from, in words."""

    day: dt.date
    source: str


def contradiction(today: dt.date, known: Sequence[KnownDay]) -> str | None:
    """Why a clock that says `today` cannot be right; None if nothing speaks against it."""
    if today < EARLIEST:
        return f"the clock says {today}, which is before this version was made"
    newest = max(known, key=lambda one: one.day, default=None)
    if newest is None or -MAX_BEHIND <= today - newest.day <= MAX_AHEAD:
        return None
    return f"the clock says {today}, {newest.source} was on {newest.day}"


def check(today: dt.date, known: Sequence[KnownDay]) -> None:
    """Return if nothing that is known speaks against a clock that says `today`.

    Raises:
        ClockError: more than a day behind the newest known day, more than two days after it, or before this version.
    """
    why = contradiction(today, known)
    if why is not None:
        raise ClockError(f"{why}. Nothing was changed. {REMEDY}")
