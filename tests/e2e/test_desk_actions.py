"""The desk's buttons work when pressed twice, on a slow connection and on one that fails."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Route, expect

from tests.support import axe
from tests.support.browser import Site, sign_in, status, visit
from tests.support.browser_languages import in_language
from tests.support.submitted import submit_request


@contextmanager
def in_a_case(browser: Browser, site: Site) -> Iterator[Page]:
    """Show a case that the coordinator has opened before."""
    submit_request(site, "milk")
    with visit(browser) as page:
        sign_in(page, site)
        page.get_by_role("listitem").get_by_text("milk").click()
        page.get_by_role("heading", name="A request").wait_for()
        yield page


def test_a_double_click_sends_a_reply_once(browser: Browser, site: Site) -> None:
    with in_a_case(browser, site) as page:
        page.get_by_label("Reply").fill("Tomorrow at six")
        page.get_by_role("button", name="Send the reply").dblclick()
        expect(page.get_by_text("The reply is sent.")).to_be_visible()
        page.wait_for_timeout(1000)  # a second reply would arrive meanwhile
        expect(page.locator(".entry", has_text="Tomorrow at six")).to_have_count(1)


def test_a_note_on_a_slow_connection_is_stored_once_while_text_typed_meanwhile_stays(browser: Browser, site: Site) -> None:
    with in_a_case(browser, site) as page:
        waiting: list[Route] = []
        page.route("**/entries", lambda route: waiting.append(route))
        page.get_by_label("A new note").fill("they asked twice")
        with page.expect_request("**/entries"):  # the page seals the note first
            page.get_by_role("button", name="Keep the note").click()
        busy = page.get_by_role("button", name="Saving…")
        expect(busy).to_have_attribute("aria-disabled", "true")
        expect(busy).to_be_focused()
        busy.click(force=True)
        page.get_by_label("A new note").press_sequentially(", and again")
        expect(page.get_by_role("button", name="Send the reply")).to_be_enabled()
        assert len(waiting) == 1
        waiting[0].continue_()
        expect(page.get_by_text("The note is kept.")).to_be_visible()
        expect(page.locator(".entry", has_text="they asked twice")).to_have_count(1)
        expect(page.get_by_label("A new note")).to_have_value("they asked twice, and again")


def test_a_failure_is_shown_next_to_its_button_and_the_typed_text_stays(browser: Browser, site: Site) -> None:
    with in_a_case(browser, site) as page:
        page.route("**/entries", lambda route: route.abort())
        page.get_by_label("Reply").fill("Tomorrow at six")
        page.get_by_role("button", name="Send the reply").click()
        alert = page.get_by_role("alert")
        expect(alert).to_be_in_viewport()
        button, said = page.get_by_role("button", name="Send the reply").bounding_box(), alert.bounding_box()
        assert button
        assert said
        assert 0 <= said["y"] - button["y"] < 100, "right below the button"
        expect(page.get_by_label("Reply")).to_have_value("Tomorrow at six")
        page.unroute("**/entries")
        page.get_by_role("button", name="Send the reply").click()
        expect(page.get_by_text("The reply is sent.")).to_be_visible()
        expect(alert).to_have_count(0)
        expect(page.locator(".entry", has_text="Tomorrow at six")).to_have_count(1)


def test_the_status_shown_after_a_failed_save_is_the_one_stored(browser: Browser, site: Site) -> None:
    with in_a_case(browser, site) as page:
        page.route("**/entries", lambda route: route.abort())
        status(page, "Done").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(status(page, "New")).to_be_checked()
        page.unroute("**/entries")
        status(page, "Done").click()
        expect(page.get_by_text("The status is changed.")).to_be_visible()
        expect(status(page, "Done")).to_be_checked()


def test_a_status_is_set_in_the_case_with_one_press_or_with_keys(browser: Browser, site: Site) -> None:
    with in_a_case(browser, site) as page:
        status(page, "Ongoing").click()
        expect(page.get_by_text("The status is changed.")).to_be_visible()
        expect(status(page, "Ongoing")).to_be_checked()
        page.locator("h1").focus()
        page.keyboard.press("s")
        expect(status(page, "Ongoing")).to_be_focused()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(status(page, "Done")).to_be_checked()
        expect(status(page, "Ongoing")).not_to_be_checked()


def test_arrow_keys_move_between_statuses_and_choose_none_and_the_group_is_one_stop_of_the_tab_key(
    browser: Browser, site: Site
) -> None:
    submit_request(site, "milk")
    with visit(browser, bypass_csp=True) as page:
        sign_in(page, site)
        page.locator("#cases button").first.click()
        page.locator("#follow-up-text").focus()
        page.keyboard.press("Shift+Tab")
        expect(status(page, "New")).to_be_focused()
        for key, reached in (("ArrowRight", "Call back"), ("ArrowDown", "In progress"), ("ArrowLeft", "Call back")):
            page.keyboard.press(key)
            expect(status(page, reached)).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator("#follow-up-text")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        expect(status(page, "New")).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(status(page, "Duplicate")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(status(page, "New")).to_be_focused()
        expect(status(page, "New")).to_be_checked()
        axe.check(page, "the statuses of a case")
        in_language(page, "ar")
        buttons = page.locator("#status").get_by_role("radio")
        buttons.first.focus()
        page.keyboard.press("ArrowLeft")  # the next one in a line that is written from the right
        expect(buttons.nth(1)).to_be_focused()
        page.keyboard.press("Space")
        expect(buttons.nth(1)).to_be_checked()


def test_a_reply_whose_answer_was_lost_is_not_sent_a_second_time(browser: Browser, site: Site) -> None:
    with in_a_case(browser, site) as page:

        def lose_the_answer(route: Route) -> None:
            route.fetch()  # the server has stored it
            route.abort()

        page.route("**/entries", lose_the_answer)
        page.get_by_label("Reply").fill("Tomorrow at six")
        page.get_by_role("button", name="Send the reply").click()
        expect(page.get_by_role("alert")).to_be_visible(timeout=20_000)
        page.unroute("**/entries")
        page.get_by_role("button", name="Send the reply").click()
        expect(page.get_by_text("The reply is sent.")).to_be_visible()
        expect(page.locator(".entry", has_text="Tomorrow at six")).to_have_count(1)
