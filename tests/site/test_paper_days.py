"""The days on a paper form are true whenever somebody types the form in, and whatever number the page draws."""

import datetime as dt
import re

import pytest

from intake.site import flyer
from retention.policy import expiry_day
from tests.support.rendered import rendered

DAY = dt.date(2026, 11, 30)


def printed(name: str = "need") -> str:
    return flyer.form(rendered(), rendered().forms[name], "en", "a4", "https://help.example.org")


@pytest.mark.parametrize("name", ["need", "offer"])
def test_the_days_on_paper_are_true_for_each_day_of_typing_and_each_drawn_number(name: str) -> None:
    site, sheet = rendered(), printed(name)
    numbers = [int(number) for number in re.findall(r"After (\d+) days?", sheet)]
    longer = int(re.findall(r"With the last choice it can be up to (\d+) days? more\.", sheet)[0])
    assert "The days count from the end of the day on which this sheet is typed in." in sheet
    form = site.forms[name]
    end = dt.datetime.combine(DAY + dt.timedelta(days=1), dt.time(), dt.UTC)  # of the day on which somebody types it in
    for fewer in range(site.rules(form).fuzz_days + 1):
        drawn = site.days(form, fewer)
        assert len(drawn) == len(numbers)
        for said, days in zip(numbers, drawn, strict=True):
            deleted = dt.datetime.combine(expiry_day(DAY, days), dt.time(), dt.UTC)
            most = longer if said == numbers[-1] else 0
            assert end + dt.timedelta(days=said) <= deleted <= end + dt.timedelta(days=said + most), (said, days)


def test_paper_leaves_room_for_the_exact_date() -> None:
    strip = printed().split('class="keep"')[1]
    assert "Deleted on" in strip
    assert "Your request is deleted at 00:00 UTC, when this date begins." in strip
