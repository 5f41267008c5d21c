"""What a coordinator has opened at the desk has no barrier that axe finds and does not scroll sideways, in any language.

One visit shows each state once, and its language is changed in place.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from intake.site.languages import languages
from tests.support.axe import everywhere, once
from tests.support.browser import FORM_BUTTON, Site, reach, sign_in, status, to_check, to_list, visit
from tests.support.browser_languages import EVERY_MODE, in_language
from tests.support.group_words import write_words
from tests.support.overflow import fits
from tests.support.submitted import submit_request

LONG = "Donaudampfschifffahrtsgesellschaft"
KINDS = ("groceries", "interpreting", "reproductive")


@contextmanager
def at_the_desk(browser: Browser, site: Site) -> Iterator[Page]:
    """Show the list of a coordinator of three who has four cases or more."""
    for number in range(8):  # each is assigned to two of three
        submit_request(site, f"milk {number}", KINDS)
    with visit(browser, bypass_csp=True) as page:
        sign_in(page, site)
        yield page


def in_every_language(page: Page, states: dict[str, Callable[[], None]]) -> None:
    """Show each state in each language, and check it."""
    for code in languages():
        in_language(page, code)
        for state, show in states.items():
            show()
            check(page, code, state)
    in_language(page, "en")


def check(page: Page, code: str, state: str) -> None:
    (everywhere if code in EVERY_MODE else once)(page, f"{code}, {state}")
    fits(page, f"{code}, {state}", (320, 1280))


def open_all(page: Page) -> None:
    """Open everything that is folded away."""
    page.locator("main details").evaluate_all("all => all.forEach((details) => { details.open = true; })")


def test_a_case_with_tags_a_status_of_the_group_and_a_follow_up_and_the_page_of_the_groups_words(
    browser: Browser, of_three: Site
) -> None:
    with at_the_desk(browser, of_three) as page:
        write_words(page, title="W" * 80, tag=LONG, status=LONG)
        page.locator(".words li").first.get_by_role("button", name="Change").click()
        page.locator(".words li", has_text=LONG).get_by_role("button", name="Change").click()
        in_every_language(page, {"the group's words": lambda: open_all(page)})
        to_list(page)
        page.locator("ul.cases button").first.click()
        page.locator(".tagging input").check()
        expect(page.locator(".tagging .result")).to_be_visible()
        status(page, LONG).click()
        open_all(page)
        page.get_by_label("What to do").fill(LONG * 2)
        page.get_by_role("button", name="Tomorrow").click()
        expect(page.locator("#follow-up")).to_contain_text(LONG)
        page.locator("#reply").fill(LONG * 4)
        in_every_language(page, {"a case": lambda: open_all(page)})


def test_selected_cases_with_what_can_be_done_and_undone(browser: Browser, of_three: Site) -> None:
    with at_the_desk(browser, of_three) as page:
        page.get_by_role("button", name="Select cases").click()
        page.get_by_role("checkbox").nth(1).click()
        page.get_by_role("checkbox").nth(2).click()
        page.evaluate("globalThis.setInterval = () => 1")  # what can be undone stays so

        def ask() -> None:
            if page.locator(".undo").count():
                page.locator(".undo").click()
            page.locator(".bulk .actions").nth(1).locator("button").nth(2).click()
            page.locator("#bulk-choice").wait_for()

        def hold_back() -> None:
            page.locator(".bulk .actions").nth(2).locator("button").click()
            page.locator(".undo").wait_for()

        in_every_language(page, {"selected cases": ask, "what can be undone": hold_back})


def test_the_form_that_a_member_fills_in_for_someone(browser: Browser, of_three: Site) -> None:
    with visit(browser, bypass_csp=True) as desk:
        sign_in(desk, of_three)
        form = desk.context.new_page()
        form.set_default_timeout(90_000)
        for code in languages():
            form.goto(f"{of_three.address}/{code}/desk/for-someone/#{of_three.fingerprint}")
            form.locator("html.ready").wait_for()
            form.locator("[name=channel]").first.check()
            form.locator("#mark p").wait_for()
            check(form, code, "the first page")
            form.locator(".form > summary").first.click()
            form.locator(FORM_BUTTON).first.wait_for()
            reach(form, "words").fill(LONG * 4)
            to_check(form)
            check(form, code, "the check page")
            form.locator("#send button").first.click()
            form.locator("#leave button").first.wait_for()
            check(form, code, "the receipt")
            form.locator("#leave button").first.click()
            check(form, code, "the end")
