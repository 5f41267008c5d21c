"""A coordinator selects cases, closes them together and takes it back. What others will read is held back first."""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from playwright.sync_api import Browser, Page, expect

from tests.support import requester, submitted
from tests.support.browser import Site, answer_dialogs, sign_in, visit

CASES = 8
OPEN, GRANTS = "SELECT count(*) FROM cases WHERE open", "SELECT count(*) FROM grants"
NOT_FOUND = {"type": "urn:sealed-intake:not-found"}


@contextmanager
def selecting(browser: Browser, site: Site) -> Iterator[Page]:
    """Show the list of a coordinator who holds eight cases or more, five of them selected with Shift."""
    while count(site, "SELECT count(*) FROM (SELECT 1 FROM grants GROUP BY member HAVING count(*) >= 8)") < 3:
        submitted.run(requester.sent(site.address, 4))  # each is assigned to two of three
    with visit(browser) as page:
        sign_in(page, site)
        expect(page.locator("#cases li").nth(CASES - 1)).to_be_visible()
        expect(page.locator("progress")).to_have_count(0)
        page.clock.install()
        page.get_by_role("button", name="Select cases").click()
        page.get_by_role("checkbox").nth(1).click()
        page.get_by_role("checkbox").nth(5).click(modifiers=["Shift"])
        expect(page.get_by_text("5 cases selected")).to_be_visible()
        yield page


def test_cases_closed_together_are_opened_again_with_one_undo_and_sharing_undone_in_time_leaves_no_grant(
    browser: Browser, of_three: Site
) -> None:
    with selecting(browser, of_three) as page:
        rows = page.locator("#cases li")
        before, opened, granted = rows.count(), count(of_three, OPEN), count(of_three, GRANTS)
        page.keyboard.press("x")
        expect(page.get_by_text("4 cases selected")).to_be_visible()
        page.keyboard.press("Shift+ArrowUp")  # from the row of `x` on
        expect(page.get_by_text("5 cases selected")).to_be_visible()
        stop_the_clock(page)
        share_with(page, "kim")
        expect(page.get_by_text("kim will read everything in 5 cases, and can write in them.")).to_be_visible()
        expect(page.get_by_text("Nothing is changed yet.")).to_be_visible()
        page.clock.run_for(9_000)
        page.get_by_role("button", name="Undo").click()
        page.clock.run_for(30_000)
        page.clock.resume()
        expect(page.get_by_text("5 cases selected")).to_be_visible()
        assert count(of_three, GRANTS) == granted

        bar = page.get_by_role("group", name="selected")
        bar.get_by_role("button", name="Status").click()
        bar.get_by_role("button", name="Ongoing").click()
        expect(page.get_by_text("Status: Ongoing · Done for 5 cases.")).to_be_visible()
        expect(page.get_by_text("5 cases selected")).to_be_visible()
        bar.get_by_role("button", name="Close", exact=True).click()
        bar.get_by_role("button", name="Done").click()
        expect(page.get_by_text("Close: Done · Done for 5 cases.")).to_be_visible()
        expect(rows).to_have_count(before - 5)
        assert count(of_three, OPEN) == opened - 5
        undo = page.get_by_role("button", name="Undo").last
        expect(undo).to_be_focused()
        undo.click()
        expect(page.get_by_text("Undo · Done for 5 cases.")).to_be_visible()
        expect(rows).to_have_count(before)
        assert count(of_three, OPEN) == opened
        expect(rows.filter(has_text="Ongoing")).to_have_count(5)


def test_a_case_that_fails_stays_selected_and_signing_out_drops_what_is_held_back(browser: Browser, of_three: Site) -> None:
    with selecting(browser, of_three) as page:
        page.route("**/api/desk/cases/*", lambda route: route.fulfill(status=404, json=NOT_FOUND), times=1)
        share_with(page, "kim")
        page.clock.run_for(10_000)
        expect(page.get_by_text("Share · Done for 4 cases. Not done for 1 case.")).to_be_visible()
        expect(page.get_by_text("1 case selected")).to_be_visible()
        expect(page.get_by_role("checkbox").nth(1)).to_be_checked()
        expect(page.locator("#cases li").nth(5)).to_contain_text("kim")

        granted = count(of_three, GRANTS)
        page.get_by_role("button", name="Select all").click()
        stop_the_clock(page)
        share_with(page, "lee")
        asked = answer_dialogs(page, leave=False)
        with page.expect_event("dialog"):
            page.evaluate("location.reload()")
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        assert asked == ["beforeunload"]
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()
        page.clock.run_for(30_000)
        assert count(of_three, GRANTS) == granted


def stop_the_clock(page: Page) -> None:
    """Let no second pass, so that nothing takes effect on a slow machine before the test has undone it."""
    page.clock.pause_at(dt.datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 5))


def share_with(page: Page, colleague: str) -> None:
    bar = page.get_by_role("group", name="selected")
    bar.get_by_role("button", name="Share").click()
    bar.get_by_label("A colleague").select_option(label=colleague)
    bar.get_by_role("button", name="Share").last.click()


def count(site: Site, query: str) -> int:
    with closing(sqlite3.connect(f"file:{site.folder / 'var' / 'store.db'}?mode=ro", uri=True)) as store:
        (number,) = store.execute(query).fetchone()
        return int(number)
