"""Which day a case goes on. DESIGN.md, Retention. Pure: days in, days out.

Precedence: withdrawal > the group's hard maximum > the requester's date > hold > grace > defaults. Nothing here ever
moves a case past its requester's date.
"""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """Days: after arrival by default, at most, and after closing."""

    default_days: int = 30
    maximum_days: int = 90
    closed_days: int = 7

    def latest(self, today: dt.date) -> dt.date:
        """The last day that a requester may choose."""
        return today + dt.timedelta(days=self.maximum_days)

    def allows(self, expiry: dt.date, today: dt.date) -> bool:
        """Whether a new case may go on `expiry`: after today, not past the maximum."""
        return today < expiry <= self.latest(today)

    def after_closing(self, expiry: dt.date, today: dt.date) -> dt.date:
        """The day for a case that is closed today; never later than it was."""
        return min(expiry, today + dt.timedelta(days=self.closed_days))


def expired(day: dt.date, today: dt.date) -> bool:
    """Whether what goes on `day` is gone: from midnight UTC of its day, run or no run."""
    return day <= today
