"""The form, the check page, the receipt, the return page and the desk show one date, in the person's own time zone."""

import datetime as dt
import json
import re
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from intake.service.service import utc_now
from retention.policy import expiry_day
from tests.support.browser import Site, begin, come_back, reach, shown, sign_in, to_check, to_list, visit

ZONES = ["America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland"]


def written(day: dt.date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def expiry(days: int) -> dt.datetime:
    """Return when a request that is sent now expires."""
    return dt.datetime.combine(expiry_day(utc_now().date(), days), dt.time(), dt.UTC)


def in_zone(moment: dt.datetime, zone: str) -> str:
    """Return a date and, when it is near, the hour, as a page shows them in a time zone."""
    local, now = moment.astimezone(ZoneInfo(zone)), utc_now().astimezone(ZoneInfo(zone))
    if moment - utc_now() >= dt.timedelta(days=2):
        return written(local.date())
    word = {0: "today ", 1: "tomorrow "}.get((local.date() - now.date()).days, "")
    return f"{written(local.date())} ({word}at {local:%H:%M})"


def to_days(page: Page, site: Site, words: str) -> None:
    """Fill in the form up to the question of when to delete."""
    page.goto("about:blank")
    page.goto(f"{site.address}/en/#{site.fingerprint}")
    begin(page)
    reach(page, "words").fill(words)
    reach(page, "days")


def on_check_page(page: Page) -> str:
    return page.locator("#answers .answer", has=page.get_by_text("Deleted on", exact=True)).locator("dd").first.inner_text()


@pytest.mark.parametrize("zone", ZONES)
def test_default_and_one_day_show_one_local_date_from_the_form_to_the_desk(browser: Browser, site: Site, zone: str) -> None:
    with visit(browser, timezone_id=zone) as page, visit(browser, timezone_id=zone) as desk:
        for words, days in (("milk", None), ("bread", 1)):
            to_days(page, site, words)
            if days:
                shown(page).get_by_label(f"After {days} day").check()
            option = page.locator("#need-days .choice:has(input:checked)").inner_text()
            number = int(re.findall(r"After (\d+) day", option)[0])
            assert number == days if days else 27 <= number <= 30
            expected = in_zone(expiry(number), zone)
            assert option.endswith(expected)
            to_check(page)
            assert on_check_page(page) == expected
            page.get_by_role("button", name="Lock and send").click()
            page.get_by_role("button", name="I have written it down").wait_for()
            # A person may print the receipt and read it on another day.
            lasting = expected.replace("today ", "").replace("tomorrow ", "")
            assert page.locator("#deletion-day").inner_text() == lasting
            code = page.locator("#code").inner_text()
            page.get_by_role("button", name="I have written it down").click()
            come_back(page, site, code)
            expect(page.get_by_text(f"Your request will be deleted on {expected}.")).to_be_visible()
            if days is None:
                sign_in(desk, site)
            else:
                to_list(desk)
            row = desk.locator("li button", has_text=words)
            expect(row).to_contain_text(f"deleted on {expected}")
            row.click()
            expect(desk.locator("dl + .about")).to_contain_text(f"deleted on {expected}")


@pytest.mark.parametrize("zone", ZONES)
def test_an_earlier_date_means_the_local_date_that_was_chosen(browser: Browser, site: Site, zone: str) -> None:
    with visit(browser, timezone_id=zone) as page:
        to_days(page, site, "milk")
        to_check(page)
        page.get_by_role("button", name="Lock and send").click()
        page.get_by_role("button", name="I have written it down").wait_for()
        code = page.locator("#code").inner_text()
        page.get_by_role("button", name="I have written it down").click()
        come_back(page, site, code)
        chosen = utc_now().astimezone(ZoneInfo(zone)).date() + dt.timedelta(days=10)
        page.get_by_label("On this date").fill(chosen.isoformat())
        expect(page.locator(".hint", has_text=written(chosen))).to_be_visible()
        page.get_by_role("button", name="Delete my request sooner").click()
        expect(page.get_by_text(f"Your request will be deleted on {written(chosen)}.").first).to_be_visible()


def test_without_javascript_one_date_in_utc_from_the_check_page_to_the_desk(browser: Browser, site: Site) -> None:
    with visit(browser, java_script_enabled=False, timezone_id=ZONES[0]) as page:
        page.goto(f"{site.address}/nojs/en/")
        page.get_by_role("button", name="I need something").click()
        page.get_by_label("What should we know?").fill("milk")
        number = int(page.locator("#need-days input:checked").input_value())
        assert 27 <= number <= 30
        expect(page.locator("#need-days .choice:has(input:checked)")).to_have_text(f"After {number} days")
        expires = expiry(number)
        expected = f"{written(expires.date())} at 00:00 UTC"
        page.get_by_role("button", name="Check your answers").click()
        expect(page.locator("#answers")).to_contain_text(expected)
        page.wait_for_timeout(2100)  # the server refuses a page that is sent sooner
        page.get_by_role("button", name="Send").click()
        expect(page.locator("main")).to_contain_text(f"Your request will be deleted on: {expected}")
        expect(page.get_by_text("midnight in London in winter")).to_be_visible()
        code = page.locator("#code").inner_text()
        page.get_by_role("link", name="I have written it down").click()
        page.get_by_role("link", name="Use my receipt").click()
        page.get_by_label("The 24 digits").fill(code)
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_text(f"Your request will be deleted on {expected}.")).to_be_visible()
    with visit(browser, timezone_id=ZONES[0]) as desk:
        sign_in(desk, site)
        expect(desk.locator("li button", has_text="milk")).to_contain_text(f"deleted on {in_zone(expires, ZONES[0])}")


def test_a_page_that_is_open_past_midnight_asks_again_and_sends_the_date_that_it_then_shows(
    browser: Browser, site: Site
) -> None:
    with visit(browser, timezone_id=ZONES[1]) as page:
        # The page loads while the server's day is still yesterday, and the person sends today.
        def yesterday(route: Route) -> None:
            answer = route.fetch()
            body = answer.json()
            body["today"] = (dt.date.fromisoformat(body["today"]) - dt.timedelta(days=1)).isoformat()
            route.fulfill(response=answer, body=json.dumps(body))

        page.route("**/api/form/keylist", yesterday, times=1)
        to_days(page, site, "milk")
        shown(page).get_by_label("After 3 days").check()
        to_check(page)
        agreed, now = in_zone(expiry(2), ZONES[1]), in_zone(expiry(3), ZONES[1])
        assert on_check_page(page) == agreed
        page.get_by_role("button", name="Lock and send").click()
        expect(page.locator("#send-problem")).to_contain_text("the date when it will be deleted has changed")
        assert on_check_page(page) == now
        page.get_by_role("button", name="Lock and send").click()
        page.get_by_role("button", name="I have written it down").wait_for()
        assert page.locator("#deletion-day").inner_text() == now


def test_a_refused_day_is_asked_for_again_and_an_unchanged_date_is_sent_without_a_question(
    browser: Browser, site: Site
) -> None:
    with visit(browser) as page:
        to_days(page, site, "milk")
        shown(page).get_by_label("After 3 days").check()
        to_check(page)

        # Sealed on the day before: the server refuses the case, and the client asks for the day again.
        def late(route: Route) -> None:
            header, _, files = (route.request.post_data_buffer or b"").partition(b"\n")
            sent = json.loads(header)
            sent["expires"] = (dt.date.fromisoformat(sent["expires"]) - dt.timedelta(days=1)).isoformat()
            answer = route.fetch(post_data=json.dumps(sent).encode() + b"\n" + files)
            assert answer.status == 409
            route.fulfill(response=answer)

        page.route("**/api/form/cases", late, times=1)
        page.get_by_role("button", name="Lock and send").click()
        page.get_by_role("button", name="I have written it down").wait_for()  # still the day that the person saw
        assert page.locator("#deletion-day").inner_text() == in_zone(expiry(3), "UTC")
