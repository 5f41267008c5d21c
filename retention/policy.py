"""Decide the expiry day of a case: days in, days out. docs/explanation/architecture.md, Expiry policy.

Precedence: withdrawal > the group's hard maximum > the requester's date > hold > grace > defaults. Nothing here ever
moves a case past its requester's date, and fuzz only shortens.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from retention.errors import PolicyError

HARD_MAXIMUM = 366  # days; nobody's form may go beyond
MAX_TOLD_DAYS = 90  # a tombstone stands no longer
SOON_DAYS = 7  # what goes within so many days is pointed out to those who hold it
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Policy:
    """A form's days: after arrival by default and at most, after closing, of grace after new activity, of fuzz."""

    default_days: int = 30
    maximum_days: int = 90
    closed_days: int = 7
    grace_days: int = 7
    fuzz_days: int = 3

    def latest(self, today: dt.date) -> dt.date:
        """The last day that a requester may choose."""
        return _in(self.maximum_days, today)

    def allows(self, expiry: dt.date, today: dt.date) -> bool:
        """Whether a new case may go on `expiry`: after today, not past the maximum."""
        return today < expiry <= self.latest(today)

    def default(self, today: dt.date, below: Callable[[int], int]) -> dt.date:
        """The day for someone who chooses none, so blurred that it does not tell the day of arrival.

        Args:
            below: a uniformly random number from 0 to one below its argument.
        """
        return _in(self.default_days - below(self.fuzz_days + 1), today)

    def after_closing(self, expiry: dt.date, today: dt.date, held: dt.date = dt.date.min) -> dt.date:
        """The day for a case that is closed today; never later than it was, not earlier than a hold says."""
        return min(expiry, max(_in(self.closed_days, today), held))

    def after_activity(self, expiry: dt.date, latest: dt.date, today: dt.date) -> dt.date:
        """The day for a closed case that its requester has written to: time to answer, within the requester's date."""
        return min(latest, max(expiry, _in(self.grace_days, today)))


def while_held(expiry: dt.date, latest: dt.date, until: dt.date) -> dt.date:
    """The day for a closed case that is held until a day: no earlier, within the requester's date."""
    return min(latest, max(expiry, until))


def told_until(expiry: dt.date, arrived: dt.date) -> dt.date:
    """Until when a receipt is told that its case was deleted: as long again as it lived, at most 90 days.

    In whole weeks, rounded up: it stands in clear beside the case and must not tell the day of arrival.
    """
    weeks = -(-(expiry - arrived).days // _WEEK)
    return _in(min(MAX_TOLD_DAYS, weeks * _WEEK), expiry)


def told_after_move(told: dt.date, old: dt.date, new: dt.date) -> dt.date:
    """As `told_until`, for a case whose day has changed from `old` to `new`; at least a week."""
    lived = (told - old).days + (new - old).days
    return _in(min(MAX_TOLD_DAYS, max(_WEEK, lived)), new)


def expired(day: dt.date, today: dt.date) -> bool:
    """Whether what goes on `day` is gone: from midnight UTC of its day, run or no run."""
    return day <= today


def read(table: Mapping[str, object], hard_maximum: int) -> Policy:
    """The policy that a form file's `[retention]` says.

    Raises:
        PolicyError: in plain words, what is wrong with it.
    """
    known = {field.name for field in fields(Policy)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise PolicyError(f"[retention] has {unknown[0]}, which means nothing; it may have: {', '.join(sorted(known))}")
    days: dict[str, int] = {}
    for name, value in table.items():
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= HARD_MAXIMUM:
            raise PolicyError(f"[retention] {name} must be a whole number of days, 0 to {HARD_MAXIMUM}")
        days[name] = value
    found = Policy(**{"maximum_days": min(Policy().maximum_days, hard_maximum), **days})
    if found.maximum_days > hard_maximum:
        raise PolicyError(
            f"[retention] maximum_days is {found.maximum_days}, more than the group's own limit of {hard_maximum} "
            "(INTAKE_MAXIMUM_DAYS)"
        )
    if not 1 <= found.default_days <= found.maximum_days:
        raise PolicyError(
            f"[retention] default_days is {found.default_days}: requests would be deleted on the day they come, or later than "
            f"maximum_days ({found.maximum_days}) allows"
        )
    if found.fuzz_days >= found.default_days:
        raise PolicyError(f"[retention] fuzz_days is {found.fuzz_days}: it must leave at least a day of default_days")
    if found.closed_days < 1:
        raise PolicyError("[retention] closed_days must be at least 1: a case that goes at once cannot be closed by mistake")
    if found.closed_days > found.maximum_days or found.grace_days > found.maximum_days:
        raise PolicyError("[retention] closed_days and grace_days may not be more than maximum_days")
    return found


def _in(days: int, day: dt.date) -> dt.date:
    return day + dt.timedelta(days=days)
