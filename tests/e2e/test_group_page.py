"""The group's page at a glance: members, first steps and history. Handing a case over with a reason."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.axe import check
from tests.support.browser import HANDLE, PASSPHRASE, Site, listed, operate, sign_in, to_group, to_list, visit
from tests.support.submitted import submit_request

MEMBERS = ("sam", "kim", "lee")
ISOLATES = re.compile("[\u2068\u2069]")


def plain(shown: Locator) -> str:
    """Return the text on the screen without the invisible marks around names, in one line."""
    return " ".join(ISOLATES.sub("", shown.inner_text()).split())


def row(page: Page, name: str) -> Locator:
    """A member's row."""
    return page.locator("ul.people li").filter(has=page.get_by_text(name, exact=True))


def test_each_member_has_one_row_with_open_cases_and_the_day_of_their_keys(browser: Browser, of_three: Site) -> None:
    submit_request(of_three, "milk")
    held = {handle: len(listed(of_three, handle)) for handle in MEMBERS}
    assert sorted(held.values()) == [0, 1, 1]
    with visit(browser) as page:
        sign_in(page, of_three)
        to_group(page)
        expect(page.locator("ul.people li")).to_have_count(3)
        for handle, number in held.items():
            expect(row(page, handle)).to_contain_text(f"open cases: {number}")
            expect(row(page, handle)).to_contain_text("keys renewed by")


@pytest.mark.parametrize("code", ["en", "ar"])
def test_the_groups_page_of_three_fits_and_has_no_barrier_that_axe_finds(browser: Browser, of_three: Site, code: str) -> None:
    with visit(browser, bypass_csp=True) as page:
        page.goto(f"{of_three.address}/{code}/desk/")
        page.locator("#handle").fill(HANDLE)
        page.locator("#secret").fill(PASSPHRASE)
        page.locator("#desk form button").first.click()
        page.locator(".menu button").nth(1).click()
        expect(page.locator(".steps")).to_be_visible()
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            check(page, f"the group, {code}, {width} px")


def test_the_first_steps_tick_themselves_off_and_stay_hidden_once_their_member_hides_them(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        sign_in(page, site)
        expect(page.get_by_text("The first steps for a new group are on the group's page.")).to_be_visible()
        to_group(page)
        step = page.locator(".steps li")
        poster, request = step.filter(has_text="Print the poster"), step.filter(has_text="Send a test request")
        expect(request.get_by_role("link")).to_be_visible()
        before = page.locator(".steps li.done").count()
        poster.get_by_role("button", name="The poster is printed").click()
        expect(poster.get_by_text("Done")).to_be_attached()
        submit_request(site, "a test")
        to_group(page)
        expect(request.get_by_text("Done")).to_be_attached()
        expect(page.locator(".steps li.done")).to_have_count(before + 2)
        page.get_by_role("button", name="Hide the first steps").click()
        expect(page.get_by_role("heading", name="First steps")).to_be_hidden()
    assert HANDLE.lower() in operate(site, "group", "show")  # a terminal opens the same keyring
    with visit(browser) as page:
        sign_in(page, site)
        to_group(page)
        expect(page.get_by_role("heading", name="Coordinators")).to_be_visible()
        expect(page.get_by_role("heading", name="First steps")).to_be_hidden()


def test_the_history_says_in_sentences_who_was_added_and_who_signed(browser: Browser, of_three: Site) -> None:
    with visit(browser) as page:
        sign_in(page, of_three)
        to_group(page)
        lines = [plain(line) for line in page.locator(".history li").all()]
    added = next(line for line in lines if "lee was added." in line)
    assert re.search(r"\d .*lee was added\. Signed by: (sam, kim|kim, sam)\.$", added)
    assert any(line.endswith("kim was added. Signed by: sam.") for line in lines)
    assert lines[-1].endswith("sam founded the group.")


def test_the_colleague_who_gets_a_case_reads_why_and_their_list_marks_it_until_they_open_it(
    browser: Browser, of_three: Site
) -> None:
    submit_request(of_three, "milk")
    holders = [handle for handle in MEMBERS if listed(of_three, handle)]
    receiver = next(handle for handle in MEMBERS if handle not in holders)
    with visit(browser) as page:
        sign_in(page, of_three, holders[0])
        page.locator("ul.cases li button").first.click()
        page.get_by_label("A colleague").select_option(label=receiver)
        page.get_by_role("button", name="Hand over").click()
        page.get_by_label("Why do you hand the case over?").fill("I am away on Monday")
        page.get_by_role("button", name="Yes, hand it over").click()
        expect(page.get_by_text("It is handed over.")).to_be_visible()
    with visit(browser) as page:
        sign_in(page, of_three, receiver)
        case = page.locator("ul.cases li").filter(has_text="milk")
        expect(case.get_by_text("Handed over to you")).to_be_visible()
        case.get_by_role("button").click()
        expect(page.get_by_text(f"Handed over to {receiver}: I am away on Monday")).to_be_visible()
        to_list(page)
        expect(case).to_be_visible()
        expect(case.get_by_text("Handed over to you")).to_be_hidden()
