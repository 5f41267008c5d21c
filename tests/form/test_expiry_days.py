"""N days are at least N times 24 hours. The server stores the date that a person agreed to."""

import datetime as dt
import re
from typing import Any

import httpx2 as httpx
import pytest

from intake.form.nojs import throttle
from retention.policy import expiry_day
from tests.support import nojs, requester
from tests.support.api import post, refused
from tests.support.installation import Installation

LATE = {"hours": 11, "minutes": 59}  # from noon to the last minute of the day
HOURS = 24


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept a page that is sent at once, because these tests do not move the clock."""
    monkeypatch.setattr(throttle, "MIN_AGE", 0)


async def send(
    client: httpx.AsyncClient, like: requester.Sealed, days: int, expires: dt.date
) -> tuple[requester.Sealed, httpx.Response]:
    """Send the same sealed files as another case, for this number of days and with this expiry day."""
    new = await requester.copy(client, like)
    new.body |= {"days": days, "expires": expires.isoformat()}
    return new, await post(client, "cases", new.body)


async def test_n_days_sent_in_the_last_minute_of_a_day_live_n_times_24_hours_for_every_n(
    open_for_requests: Installation,
) -> None:
    installation = open_for_requests
    installation.clock.forward(**LATE)
    sent_at, today = installation.clock.now, installation.clock.today
    maximum = installation.service.settings.policy.maximum_days
    async with installation.client() as client:
        like = await requester.seal(client, "milk", today)
        stored: dict[int, requester.Sealed] = {}
        for days in range(1, maximum + 1):
            refused((await send(client, like, days, expiry_day(today, days) - dt.timedelta(days=1)))[1], 409, "stale")
            stored[days], answer = await send(client, like, days, expiry_day(today, days))
            assert answer.status_code == 201, answer.text
        for days, sealed in stored.items():
            while installation.clock.now < sent_at + dt.timedelta(hours=HOURS * days):
                installation.clock.forward(hours=HOURS)
            assert (await post(client, "return", {"token": sealed.token})).status_code == 200, days
            installation.clock.forward(minutes=1)  # midnight UTC, when it expires
            refused(await post(client, "return", {"token": sealed.token}), 410, "gone")
            installation.clock.jump(minutes=-1)


async def test_a_case_sealed_before_midnight_but_sent_after_it_is_refused_and_not_stored(
    open_for_requests: Installation,
) -> None:
    installation = open_for_requests
    installation.clock.forward(**LATE)
    async with installation.client() as client:
        sealed = await requester.seal(client, "milk", installation.clock.today, days=1)
        installation.clock.forward(minutes=2)
        refused(await post(client, "cases", sealed.body), 409, "stale")
        refused(await post(client, "return", {"token": sealed.token}), 404, "not-found")


async def test_a_case_that_was_stored_before_midnight_is_not_refused_when_its_answer_was_lost(
    open_for_requests: Installation,
) -> None:
    installation = open_for_requests
    installation.clock.forward(**LATE)
    async with installation.client() as client:
        sealed = await requester.seal(client, "milk", installation.clock.today, days=1)
        assert (await post(client, "cases", sealed.body)).status_code == 201
        installation.clock.forward(minutes=2)
        assert (await post(client, "cases", sealed.body)).status_code == 201
        assert installation.service.database.run(lambda tx: tx.exec_driver_sql("SELECT count(*) FROM cases").scalar_one()) == 1


async def test_the_longest_request_is_taken_after_midnight_before_the_days_run_has_made_keys(
    open_for_requests: Installation,
) -> None:
    installation = open_for_requests
    installation.service.job.run(installation.clock.today)
    installation.clock.forward(hours=12, minutes=1)
    async with installation.client() as client:
        longest = installation.service.settings.policy.maximum_days
        sealed = await requester.seal(client, "milk", installation.clock.today, days=longest)
        assert (await post(client, "cases", sealed.body)).status_code == 201


async def test_days_after_closing_are_whole_days(open_for_requests: Installation) -> None:
    installation = open_for_requests
    async with installation.client() as client:
        sealed = await requester.seal(client, "milk", installation.clock.today)
        assert (await post(client, "cases", sealed.body)).status_code == 201
        holder = next(member for member in installation.members if member.id == sealed.body["grants"][0]["member"])
        await installation.sign_in(client, holder)
        closed = (await client.post(f"/api/desk/cases/{sealed.body['case']}/close")).json()["expires"]
        kept = dt.datetime.fromisoformat(f"{closed}T00:00:00Z") - installation.clock.now
        assert dt.timedelta(days=7) <= kept < dt.timedelta(days=8)


def hidden(page: str) -> dict[str, Any]:
    """Return the hidden fields of a page without JavaScript."""
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page))


def date_on(page: str) -> str:
    """Return the expiry date on a page as the page shows it."""
    return str(re.findall(r"\w+ \d+, \d{4} at 00:00 UTC", page)[0])


def default_days(page: str) -> int:
    """Return the number of days that the form proposes: its ticked option."""
    return int(re.findall(r'name="days" value="(\d+)"[^>]* checked', page)[0])


async def begun(client: httpx.AsyncClient) -> str:
    return (await nojs.post(client, "", {"step": "begin", "form": "need"})).text


def written(day: dt.date) -> str:
    return f"{day:%B} {day.day}, {day.year} at 00:00 UTC"


async def test_without_javascript_label_check_page_receipt_and_return_page_show_one_date(
    open_for_requests: Installation,
) -> None:
    installation = open_for_requests
    async with installation.client() as client:
        drawn = set()
        for _ in range(8):
            form = await begun(client)
            days = default_days(form)
            drawn.add(days)
            assert f"After {days} days" in form
            check = (await nojs.post(client, "", {**hidden(form), "days": days, "q-words": "milk"})).text
            expected = written(expiry_day(installation.clock.today, days))
            assert date_on(check) == expected
        assert drawn <= {27, 28, 29, 30}
        again = (await nojs.post(client, "", {**hidden(check), "change": "all"})).text
        assert default_days(again) == days  # the page shows the number that the person has read
        receipt = (await nojs.post(client, "send/", hidden(check))).text
        assert date_on(receipt) == expected
        returned = (await nojs.post(client, "return/", {"code": hidden(check)["code"]})).text
        assert date_on(returned) == expected


async def checked(client: httpx.AsyncClient) -> httpx.Response:
    """Return the check page of a request for one day."""
    form = await begun(client)
    return await nojs.post(client, "", {**hidden(form), "days": "1", "q-words": "milk"})


async def test_without_javascript_a_page_open_past_midnight_asks_again_before_it_sends_the_new_date(
    open_for_requests: Installation,
) -> None:
    installation = open_for_requests
    installation.clock.forward(**LATE)
    async with installation.client() as client:
        check = await checked(client)
        assert date_on(check.text) == "November 22, 2026 at 00:00 UTC"
        installation.clock.forward(minutes=2)
        asked = await nojs.post(client, "send/", hidden(check.text))
        nojs.readable(asked, 409, "the date when it will be deleted has changed")
        assert date_on(asked.text) == "November 23, 2026 at 00:00 UTC"
        sent = await nojs.post(client, "send/", hidden(asked.text))
        nojs.readable(sent, 200, "November 23, 2026 at 00:00 UTC")


async def test_without_javascript_a_page_sent_before_and_after_midnight_shows_the_same_receipt(
    open_for_requests: Installation,
) -> None:
    installation = open_for_requests
    installation.clock.forward(**LATE)
    async with installation.client() as client:
        check = await checked(client)
        sent = await nojs.post(client, "send/", hidden(check.text))
        nojs.readable(sent, 200, "November 22, 2026 at 00:00 UTC")
        installation.clock.forward(minutes=2)
        assert (await nojs.post(client, "send/", hidden(check.text))).text == sent.text


@pytest.mark.parametrize("agreed", ["2026-11-21", "2027-06-01", "soon"])
async def test_without_javascript_another_date_than_the_check_page_shows_is_never_stored(
    open_for_requests: Installation, agreed: str
) -> None:
    async with open_for_requests.client() as client:
        answer = await nojs.post(client, "send/", nojs.ready(days="1", agreed=agreed))
        assert answer.status_code in (400, 409)
        assert (
            open_for_requests.service.database.run(lambda tx: tx.exec_driver_sql("SELECT count(*) FROM cases").scalar_one())
            == 0
        )
