"""Public check digits, digits to compare and the secret paper code look different. They never appear or print together."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import everywhere
from tests.support.browser import (
    HANDLE,
    PASSPHRASE,
    Site,
    answer_dialogs,
    begin_enrolment,
    groups_of,
    make_keys,
    operate,
    prove_paper_code,
    sign_in,
    to_group,
    visit,
)
from tests.support.forked_server import started

KINDS = (".public-digits", ".compared-digits", ".secret-code")


def kinds_shown(page: Page) -> list[str]:
    return [kind for kind in KINDS if page.locator(f"{kind}:visible").count()]


def test_a_paper_code_counts_only_after_it_was_entered_and_never_shares_a_page_with_digits(
    browser: Browser, environment: dict[str, str]
) -> None:
    with started(environment) as (_, link), visit(browser) as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url))
        begin_enrolment(page, link, "Sam")
        page.locator("#paper").wait_for()
        expect(page).to_have_url(re.compile(r"/desk/enrol/#/paper-code$"))
        assert kinds_shown(page) == [".secret-code"]
        paper = groups_of(page.locator("#paper"))
        page.get_by_role("button", name="I have written it down").click()
        assert paper not in " ".join(page.locator("body").inner_text().split())
        groups = paper.split()
        for at in (2, 6):
            groups[at] = f"{(int(groups[at]) + 1) % 10_000:04}"
        page.get_by_label("The 40 digits").fill(" ".join(groups))
        page.get_by_role("button", name="Check the code").click()
        expect(page.get_by_role("alert")).to_contain_text("group 3, 7")
        expect(page.locator("#paper")).to_have_count(0)
        page.get_by_label("The 40 digits").fill(paper[:-5])
        page.get_by_role("button", name="Check the code").click()
        expect(page.get_by_role("alert")).to_contain_text("group 10")
        assert not [url for url in sent if url.endswith("/enrolment/found")]
        page.get_by_label("The 40 digits").fill(paper)
        page.get_by_role("button", name="Check the code").click()
        page.locator("#digits").wait_for()
        assert kinds_shown(page) == [".public-digits"]
        assert paper.replace(" ", "") not in re.sub(r"\D", "", page.content())
        page.go_back()
        page.wait_for_timeout(300)
        assert ".secret-code" not in kinds_shown(page)


def test_leaving_the_paper_code_early_says_what_is_lost(browser: Browser, of_three: Site) -> None:
    with visit(browser) as page:
        asked = answer_dialogs(page, leave=False)
        begin_enrolment(page, operate(of_three, "group", "invite").strip(), "noor")
        page.locator("#paper").wait_for()
        expect(page.get_by_text("If you leave this page now, this code is lost")).to_be_visible()
        with page.expect_event("dialog"):
            page.close(run_before_unload=True)
        assert asked == ["beforeunload"]
    with visit(browser) as page:
        page.goto(f"{of_three.address}/en/desk/enrol/#/paper-code")
        expect(page.get_by_role("alert")).to_contain_text("Open the link again")


def test_a_new_paper_code_replaces_the_old_one_only_after_it_was_entered(browser: Browser, environment: dict[str, str]) -> None:
    with started(environment) as (_, link), visit(browser) as page:
        _, old = make_keys(page, link, "Sam")
        page.get_by_role("link", name="To the desk").click()
        page.get_by_role("button", name="Use my paper code").click()
        with_code(page, old)
        page.get_by_role("button", name="My keys").click()
        expect(page.get_by_text("Your paper code is set up.")).to_be_visible()
        page.get_by_label("Your passphrase", exact=True).fill(PASSPHRASE)
        page.get_by_role("button", name="Make a new paper code").click()
        page.locator("#paper").wait_for()
        expect(page).to_have_url(re.compile(r"/desk/#/paper-code$"))
        assert kinds_shown(page) == [".secret-code"]
        lost = groups_of(page.locator("#paper"))
        page.locator(".menu button").nth(1).click()
        expect(page.get_by_role("alert")).to_contain_text("this code is lost")
        expect(page.locator("#paper")).to_be_visible()
        page.get_by_role("button", name="Leave").click()
        page.get_by_role("heading", name="Group", exact=True).wait_for()
        assert lost.replace(" ", "") not in re.sub(r"\D", "", page.content())
        page.go_back()
        expect(page.get_by_text("The code was shown once")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        with_code(page, old)
        page.get_by_role("button", name="My keys").click()
        page.get_by_label("Your passphrase", exact=True).fill(PASSPHRASE)
        page.get_by_role("button", name="Make a new paper code").click()
        new = prove_paper_code(page)
        expect(page.get_by_text("The new paper code is set up.")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("The 40 digits").fill(old)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("Handle and passphrase do not fit.")).to_be_visible()
        with_code(page, new)


def with_code(page: Page, code: str) -> None:
    """Sign in with a paper code. The sign-in page already asks for it."""
    page.get_by_label("Handle").fill("sam")
    page.get_by_label("The 40 digits").fill(code)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Your cases").wait_for()


def test_printing_a_page_with_public_digits_prints_no_secret_and_no_digits_to_compare(browser: Browser, of_three: Site) -> None:
    with visit(browser) as sam, visit(browser) as noor:
        begin_enrolment(noor, operate(of_three, "group", "invite").strip(), "noor")
        noor.locator("#paper").wait_for()
        noor.emulate_media(media="print")
        assert kinds_shown(noor) == [".secret-code"]
        noor.emulate_media(media="screen")
        prove_paper_code(noor)
        noor.locator("#digits").wait_for()
        assert kinds_shown(noor) == [".compared-digits"]
        noor.emulate_media(media="print")
        assert kinds_shown(noor) == []
        sign_in(sam, of_three)
        to_group(sam)
        assert kinds_shown(sam) == [".public-digits", ".compared-digits"]
        # A button copies a public code. Digits to compare have no such button.
        expect(sam.locator(".public-digits").get_by_role("button", name="Copy")).to_be_visible()
        expect(sam.locator(".compared-digits").get_by_role("button", name="Copy")).to_have_count(0)
        looks = {
            kind: sam.locator(f"{kind} .code").first.evaluate("one => getComputedStyle(one).display") for kind in KINDS[:2]
        }
        assert looks[".public-digits"] != looks[".compared-digits"]
        sam.emulate_media(media="print")
        assert kinds_shown(sam) == [".public-digits"]


@pytest.mark.parametrize("code", ["en", "ar"])
def test_the_views_with_codes_have_no_barrier_that_axe_finds(browser: Browser, of_three: Site, code: str) -> None:
    with visit(browser, bypass_csp=True) as page:
        page.goto(operate(of_three, "group", "invite").strip().replace("/en/", f"/{code}/"))
        page.locator("#handle").fill("noor")
        page.locator("#passphrase").fill(PASSPHRASE)
        page.locator("#again").fill(PASSPHRASE)
        page.locator("#enrol form button").click()
        page.locator("#paper").wait_for()
        paper = groups_of(page.locator("#paper"))
        everywhere(page, f"{code}, the paper code")
        page.locator("#written-down").click()
        page.locator("#entered").fill(paper[:-1] + str((int(paper[-1]) + 1) % 10))
        page.locator("#enrol form button").first.click()
        page.get_by_role("alert").wait_for()
        everywhere(page, f"{code}, the paper code entered wrongly")
        page.locator("#entered").fill(paper)
        page.locator("#enrol form button").first.click()
        page.locator("#digits").wait_for()
        everywhere(page, f"{code}, the digits to compare")
        for handle in ("noor", HANDLE):
            page.goto(f"{of_three.address}/{code}/desk/")
            page.locator("#handle").fill(handle)
            page.locator("#secret").fill(PASSPHRASE)
            page.locator("#desk form button").first.click()
            if handle == "noor":
                page.locator("#digits").wait_for()
                everywhere(page, f"{code}, the newcomer waits")
        page.locator(".menu button").nth(1).click()
        page.locator(".compared-digits").wait_for()
        everywhere(page, f"{code}, the group with a newcomer")
        page.locator(".menu button").nth(2).click()
        page.locator("#proof").fill(PASSPHRASE)
        page.locator("form", has=page.locator("#proof")).get_by_role("button").click()
        page.locator("#paper").wait_for()
        everywhere(page, f"{code}, a new paper code at the desk")
