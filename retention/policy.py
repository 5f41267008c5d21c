"""Decide the expiry day of a case: days in, days out. docs/explanation/architecture.md, Expiry policy.

A case expires at midnight UTC at the start of its expiry day. Every number of days counts from the end of the day on which it
begins (`expiry_day`), so that N days are never less than N times 24 hours.

Precedence: withdrawal > the group's maximum > the requester's date > hold > grace > defaults. Nothing moves a case past its
requester's date, and the random part only shortens.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from retention.errors import PolicyError

HARD_MAXIMUM = 366  # days; the limit of every form
MAX_TOMBSTONE_DAYS = 90  # days; no tombstone is stored for longer
SOON_DAYS = 7  # days before expiry at which the holders of a case see a notice
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Policy:
    """The days of a form: default and maximum of a new case, after closing, grace after new activity, and random shortening."""

    default_days: int = 30
    maximum_days: int = 90
    closed_days: int = 7
    grace_days: int = 7
    fuzz_days: int = 3

    def latest(self, today: dt.date) -> dt.date:
        """Return the latest expiry day of a case that arrives today."""
        return expiry_day(today, self.maximum_days)

    def allows(self, days: int) -> bool:
        """Return whether a new case may be kept for `days` days."""
        return 1 <= days <= self.maximum_days

    def draw_fewer(self, below: Callable[[int], int]) -> int:
        """Draw by how many days the default is shortened, so that the expiry day does not reveal the day of arrival.

        A page draws before it shows the default, so that the number and the date that a person agrees to are the ones sent.

        Args:
            below: returns a uniformly random number from 0 to one below its argument.
        """
        return below(self.fuzz_days + 1)

    def after_closing(self, expiry: dt.date, today: dt.date, held: dt.date = dt.date.min) -> dt.date:
        """Return the day for a case that is closed today: never later than before, and not before a hold ends."""
        return min(expiry, max(expiry_day(today, self.closed_days), held))

    def after_activity(self, expiry: dt.date, latest: dt.date, today: dt.date) -> dt.date:
        """Return the day for a closed case after a message of its requester: time to answer, within the requester's date."""
        return min(latest, max(expiry, expiry_day(today, self.grace_days)))


def expiry_day(first: dt.date, days: int) -> dt.date:
    """Return the expiry day for `days` days from some moment of the UTC day `first`: days count from the day after it.

    docs/reference/format.md, Expiry days. `intake/client/src/crypto/expiry.ts` has the same rule.
    """
    return _days_after(1 + days, first)


def while_held(expiry: dt.date, latest: dt.date, until: dt.date) -> dt.date:
    """Return the day for a closed case with a hold: not before the hold ends, within the requester's date."""
    return min(latest, max(expiry, until))


def tombstone_until(expiry: dt.date, arrived: dt.date) -> dt.date:
    """Return until when a receipt's holder sees that the case was deleted: as long as the case was stored, at most 90 days.

    In whole weeks, rounded up: the day is stored in the clear next to the case and must not reveal the day of arrival.
    """
    weeks = -(-(expiry - arrived).days // _WEEK)
    return _days_after(min(MAX_TOMBSTONE_DAYS, weeks * _WEEK), expiry)


def tombstone_until_after_move(before: dt.date, old: dt.date, new: dt.date) -> dt.date:
    """Return `tombstone_until` for a case whose day changes from `old` to `new`: at least a week."""
    lived = (before - old).days + (new - old).days
    return _days_after(min(MAX_TOMBSTONE_DAYS, max(_WEEK, lived)), new)


def expired(day: dt.date, today: dt.date) -> bool:
    """Return whether `day` has expired: from its midnight UTC on, whether a run has deleted it or not."""
    return day <= today


def read(table: Mapping[str, object], hard_maximum: int) -> Policy:
    """Read the `[retention]` table of a form file.

    Raises:
        PolicyError: a setting is unknown or out of range.
    """
    allowed = {field.name for field in fields(Policy)}
    unknown = sorted(set(table) - allowed)
    if unknown:
        raise PolicyError(f"[retention]: unknown setting {unknown[0]}. Known settings: {', '.join(sorted(allowed))}")
    days: dict[str, int] = {}
    for name, value in table.items():
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= HARD_MAXIMUM:
            raise PolicyError(f"[retention] {name} must be a whole number of days, 0 to {HARD_MAXIMUM}")
        days[name] = value
    policy = Policy(**{"maximum_days": min(Policy().maximum_days, hard_maximum), **days})
    if policy.maximum_days > hard_maximum:
        raise PolicyError(
            f"[retention] maximum_days is {policy.maximum_days}, more than the group's own limit of {hard_maximum} "
            "(INTAKE_MAXIMUM_DAYS)"
        )
    if not 1 <= policy.default_days <= policy.maximum_days:
        raise PolicyError(
            f"[retention] default_days is {policy.default_days}: it must be at least 1, and at most maximum_days "
            f"({policy.maximum_days})"
        )
    if policy.fuzz_days >= policy.default_days:
        raise PolicyError(f"[retention] fuzz_days is {policy.fuzz_days}: it must leave at least a day of default_days")
    if policy.closed_days < 1:
        raise PolicyError("[retention] closed_days must be at least 1, so that a case closed by mistake can be reopened")
    if policy.closed_days > policy.maximum_days or policy.grace_days > policy.maximum_days:
        raise PolicyError("[retention] closed_days and grace_days may not be more than maximum_days")
    return policy


def _days_after(days: int, day: dt.date) -> dt.date:
    return day + dt.timedelta(days=days)
