"""The day on which a case expires: which rule comes first, and that no rule moves it past the requester's date."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention import policy
from retention.errors import PolicyError
from retention.policy import HARD_MAXIMUM, MAX_TOMBSTONE_DAYS, Policy

TODAY = dt.date(2026, 11, 20)
DAY = dt.timedelta(days=1)
days = st.dates(min_value=TODAY, max_value=TODAY + 366 * DAY)
rules = st.builds(
    Policy, st.integers(1, 90), st.integers(1, 366), st.integers(1, 90), st.integers(0, 90), st.integers(0, 10)
)  # fmt: skip


@given(rules, days, days, days)
def test_nothing_ever_moves_a_case_past_its_requesters_date(
    form_policy: Policy, latest: dt.date, until: dt.date, now: dt.date
) -> None:
    closed = form_policy.after_closing(latest, now, until)
    assert closed <= latest
    assert form_policy.after_activity(closed, latest, now) <= latest
    assert policy.while_held(closed, latest, until) <= latest


@given(rules, days, days, days)
def test_a_hold_only_suspends_early_closing(form_policy: Policy, latest: dt.date, until: dt.date, now: dt.date) -> None:
    without, held = form_policy.after_closing(latest, now), form_policy.after_closing(latest, now, until)
    assert held >= without
    assert held >= min(latest, until)
    assert policy.while_held(without, latest, until) == max(without, min(latest, until))


@given(st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(8000, 1, 1)), st.integers(0, HARD_MAXIMUM))
def test_n_days_are_at_least_n_times_24_hours_and_less_than_one_more(arrival: dt.datetime, number: int) -> None:
    kept = dt.datetime.combine(policy.expiry_day(arrival.date(), number), dt.time()) - arrival
    assert number * DAY <= kept <= (number + 1) * DAY


@given(rules, st.datetimes(dt.datetime(2026, 11, 20), dt.datetime(2027, 11, 20)))
def test_days_after_closing_and_after_activity_are_whole_days_too(form_policy: Policy, now: dt.datetime) -> None:
    far = now.date() + 400 * DAY
    closed = dt.datetime.combine(form_policy.after_closing(far, now.date()), dt.time())
    assert closed - now >= form_policy.closed_days * DAY
    answered = dt.datetime.combine(form_policy.after_activity(now.date(), far, now.date()), dt.time())
    assert answered - now >= form_policy.grace_days * DAY


@given(rules)
def test_fuzz_only_shortens_and_every_number_within_it_is_drawn(form_policy: Policy) -> None:
    drawn = {form_policy.draw_fewer(lambda below, n=n: min(n, below - 1)) for n in range(form_policy.fuzz_days + 2)}  # type: ignore[misc]
    assert drawn == set(range(form_policy.fuzz_days + 1))


@given(days, st.integers(1, 366), st.integers(1, 200))
def test_a_tombstone_is_stored_as_long_as_the_case_in_whole_weeks_up_to_ninety_days(
    arrived: dt.date, lived: int, sooner: int
) -> None:
    expiry = arrived + lived * DAY
    kept_until = policy.tombstone_until(expiry, arrived)
    assert min(lived, MAX_TOMBSTONE_DAYS) <= (kept_until - expiry).days <= MAX_TOMBSTONE_DAYS
    if (kept_until - expiry).days < MAX_TOMBSTONE_DAYS:
        assert (kept_until - expiry).days % 7 == 0
    moved = max(arrived, expiry - sooner * DAY)
    assert 7 <= (policy.tombstone_until_after_move(kept_until, expiry, moved) - moved).days <= MAX_TOMBSTONE_DAYS


def test_a_case_that_was_closed_and_written_to_has_time_for_an_answer() -> None:
    form_policy = Policy(grace_days=5)
    assert form_policy.after_activity(TODAY + DAY, TODAY + 30 * DAY, TODAY) == TODAY + 6 * DAY
    assert form_policy.after_activity(TODAY + DAY, TODAY + 3 * DAY, TODAY) == TODAY + 3 * DAY
    assert form_policy.after_activity(TODAY + 9 * DAY, TODAY + 30 * DAY, TODAY) == TODAY + 9 * DAY


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"days": 3}, "unknown setting"),
        ({"default_days": "thirty"}, "whole number of days"),
        ({"default_days": True}, "whole number of days"),
        ({"default_days": -1}, "whole number of days"),
        ({"maximum_days": 91}, "the group's own limit of 90"),
        ({"default_days": 0}, "must be at least 1"),
        ({"default_days": 50, "maximum_days": 40}, "at most maximum_days"),
        ({"fuzz_days": 30}, "at least a day of default_days"),
        ({"closed_days": 0}, "closed by mistake"),
        ({"grace_days": 80, "maximum_days": 60}, "may not be more than"),
    ],
)
def test_a_form_files_days_are_checked_in_plain_words(table: dict[str, object], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        policy.read(table, 90)


def test_a_form_file_may_say_nothing_or_all_and_stays_within_the_groups_limit() -> None:
    assert policy.read({}, 90) == Policy()
    assert policy.read({"default_days": 10}, 20).maximum_days == 20
    named = {"default_days": 9, "maximum_days": 20, "closed_days": 2, "grace_days": 3, "fuzz_days": 0}
    assert policy.read(named, HARD_MAXIMUM) == Policy(9, 20, 2, 3, 0)
