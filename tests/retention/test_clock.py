"""A clock that contradicts the known days: what is refused, and what an operator is told to do."""

import datetime as dt

import pytest

from retention import clock
from retention.clock import EARLIEST, KnownDay
from retention.errors import ClockError

DAY = dt.timedelta(days=1)
RUN = KnownDay(dt.date(2026, 11, 20), "the last deletion run")
KNOWN = [KnownDay(RUN.day - 300 * DAY, "the newest snapshot"), RUN]


@pytest.mark.parametrize("days", [-1, 0, 1, 2])
def test_a_clock_near_the_newest_known_day_is_believed(days: int) -> None:
    clock.check(RUN.day + days * DAY, KNOWN)


@pytest.mark.parametrize("days", [-2, 3])
def test_a_clock_that_contradicts_the_newest_known_day_is_refused_with_both_days(days: int) -> None:
    today = RUN.day + days * DAY
    with pytest.raises(ClockError) as refusal:
        clock.check(today, KNOWN)
    assert str(refusal.value) == (
        f"the clock shows {today}, but the last deletion run was on {RUN.day}. Nothing was changed. "
        "Set this machine's clock. If the clock is right, run: intake clock confirm"
    )


def test_a_clock_that_was_never_set_is_refused_although_no_day_is_known() -> None:
    today = EARLIEST - DAY
    with pytest.raises(ClockError, match=f"the clock shows {today}, which is before this version was made"):
        clock.check(today, [])


def test_a_clock_that_was_never_set_is_to_be_set_and_not_to_be_confirmed() -> None:
    assert clock.remedy(EARLIEST - DAY) == "Set this machine's clock: timedatectl set-ntp true"


def test_the_first_clock_of_a_new_store_is_believed() -> None:
    clock.check(EARLIEST, [])
