"""People see holds, upcoming deletions and past ones: at the desk, by receipt, on a phone, without JavaScript."""

import datetime as dt
import re

from playwright.sync_api import Browser, Page, expect

from intake.service.service import utc_now
from tests.support.browser import HANDLE, Site, add_member, sign_in, visit
from tests.support.submitted import submit_request

PHONE = {"width": 360, "height": 760}


def returned(page: Page, site: Site, code: str, language: str = "en") -> None:
    page.goto(f"{site.address}/{language}/return/")
    page.locator("#code").fill(code)
    page.locator("#open-actions button").click()
    page.locator("#case h1").wait_for()


def returned_without_javascript(page: Page, site: Site, code: str, language: str) -> None:
    page.goto(f"{site.address}/nojs/{language}/return/")
    page.locator("#code").fill(code)
    page.locator("main button").first.click()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def open_first(page: Page, words: str) -> None:
    page.locator("li button", has_text=words).click()
    page.locator("#reply").wait_for()


def test_two_coordinators_keep_a_closed_case_and_its_requester_reads_why(browser: Browser, site: Site) -> None:
    add_member(site, "kim", by=[HANDLE])
    until = (utc_now().date() + dt.timedelta(days=20)).isoformat()
    with visit(browser) as requester, visit(browser) as sam, visit(browser) as kim:
        code = submit_request(site, "the hearing")
        sign_in(sam, site)
        sam.locator("li button", has_text="the hearing").wait_for()
        open_first(sam, "the hearing")
        sam.locator("summary", has_text="Keep longer").click()
        sam.get_by_label("Until").fill(until)
        sam.get_by_label("Why").fill("the hearing is on the tenth")
        sam.get_by_role("button", name="Ask to keep it").click()
        expect(sam.get_by_text("asks to keep it until")).to_be_visible()
        expect(sam.get_by_role("button", name="I agree")).to_have_count(0)
        returned(requester, site, code)
        expect(requester.get_by_text("the hearing is on the tenth")).to_have_count(0)  # one member's signature is no hold

        sign_in(kim, site, handle="kim")
        kim.locator("li button", has_text="the hearing").wait_for()
        open_first(kim, "the hearing")
        expect(kim.get_by_text("the hearing is on the tenth")).to_be_visible()
        kim.get_by_role("button", name="I agree").click()
        expect(kim.get_by_text("even when it is closed")).to_be_visible()
        kim.get_by_role("button", name="Close this case").click()
        kim.get_by_role("heading", name="Your cases").wait_for()

        returned(requester, site, code)
        expect(requester.get_by_text("Two people in the group keep this request until")).to_be_visible()
        expect(requester.get_by_text("the hearing is on the tenth")).to_be_visible()
        requester.locator("#text").fill("thank you")
        requester.get_by_role("button", name="Send as a message").click()
        expect(requester.get_by_text("Your message is sent.")).to_be_visible()
        expect(requester.get_by_text("The group has closed this request")).to_have_count(0)  # the case is open again
        with visit(browser, viewport=PHONE) as phone:
            returned(phone, site, code, "ar")
            expect(phone.get_by_text("the hearing is on the tenth")).to_be_visible()
            assert fits(phone)
        with visit(browser, java_script_enabled=False) as nojs:
            returned_without_javascript(nojs, site, code, "en")
            expect(nojs.get_by_text("the hearing is on the tenth")).to_be_visible()


def test_cases_that_expire_within_a_week_are_marked_and_listed_with_a_click(browser: Browser, site: Site) -> None:
    with visit(browser) as sam:
        submit_request(site, "tomorrow", days=3)
        submit_request(site, "much later")
        sign_in(sam, site)
        sam.locator("li button", has_text="much later").wait_for()
        notice = sam.locator(".notice", has_text="will be deleted within 7 days")
        expect(notice).to_contain_text("1 of your cases")
        notice.get_by_role("button").click()
        expect(sam.locator("li button", has_text="tomorrow")).to_be_visible()
        expect(sam.locator("li button", has_text="much later")).to_have_count(0)


def test_everyone_sees_what_was_deleted_on_a_phone_in_arabic_and_without_javascript(browser: Browser, site: Site) -> None:
    for language in ("en", "ar", "hi"):
        with visit(browser, viewport=PHONE) as page:
            page.goto(f"{site.address}/{language}/deletions/")
            expect(page.locator("#deletions td.hash").first).to_have_text(re.compile(r"^\d+ · [\w-]{43}$"))
            assert fits(page)
        with visit(browser, viewport=PHONE, java_script_enabled=False) as nojs:
            nojs.goto(f"{site.address}/{language}/deletions/")
            nojs.locator("main a[href^='/nojs/']").click()
            expect(nojs.locator("td.hash").first).to_have_text(re.compile(r"^\d+ · [\w-]{43}$"))
            assert fits(nojs)


def test_a_requester_moves_the_deletion_date_earlier_with_the_receipt_and_without_javascript(
    browser: Browser, site: Site
) -> None:
    today = utc_now().date()
    days = [(today + dt.timedelta(days=n)).isoformat() for n in range(13)]
    with visit(browser, viewport=PHONE) as requester, visit(browser) as sam:
        code = submit_request(site, "milk", days=14)
        returned(requester, site, code)
        requester.get_by_role("button", name="Delete my request sooner").click()
        expect(requester.get_by_text("Choose a date that is earlier")).to_be_visible()
        requester.get_by_label("On this date").fill(days[9])
        requester.get_by_role("button", name="Delete my request sooner").click()
        expect(requester.get_by_text("The deletion date is changed.")).to_be_visible()
        assert fits(requester)
        with visit(browser, java_script_enabled=False) as nojs:
            returned_without_javascript(nojs, site, code, "ar")
            nojs.locator("#sooner").fill(days[4])
            nojs.locator("button[value=sooner]").click()
            expect(nojs.locator("[role=status]")).to_be_visible()
            nojs.locator("button[value=sooner]").click()
            expect(nojs.locator(".error")).to_be_visible()
        returned(requester, site, code)
        requester.get_by_label("On this date").fill(days[2])
        sign_in(sam, site)
        sam.locator("li button", has_text="milk").wait_for()
        open_first(sam, "milk")
        expect(sam.locator("dl + .about")).to_contain_text(str((today + dt.timedelta(days=4)).day))
    with visit(browser) as anyone:
        anyone.goto(f"{site.address}/deletions")
        assert anyone.url == f"{site.address}/en/deletions/"
