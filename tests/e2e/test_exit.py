"""The quick exit works on each page, in each way, with and without JavaScript. Back shows nothing afterwards."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.support.any_browser import until
from tests.support.browser import Site, answer_dialogs, ask_for_help, begin, come_back, reach, sign_in, visit
from tests.support.traffic import Traffic

NEUTRAL = "https://{}.wikipedia.org/"
HARMLESS = "<!doctype html><title>Elsewhere</title><h1>Elsewhere</h1>"


def somewhere_harmless(context: BrowserContext) -> list[str]:
    """Replace the page that the exit opens; return the addresses that were opened."""
    opened: list[str] = []

    def serve(route: Route) -> None:
        opened.append(route.request.url)
        route.fulfill(status=200, content_type="text/html", body=HARMLESS)

    context.route(re.compile("wikipedia"), serve)
    return opened


def elsewhere(page: Page) -> None:
    page.get_by_role("heading", name="Elsewhere").wait_for()
    assert page.title() == "Elsewhere"


def by_the_button(page: Page) -> None:
    page.locator("#exit").click()


def by_the_first_link(page: Page) -> None:
    page.locator("body").press("Tab")
    assert page.evaluate("document.activeElement.hasAttribute('data-exit')")
    assert page.evaluate("document.activeElement === document.querySelector('a')")
    page.keyboard.press("Enter")


def by_three_shifts(page: Page) -> None:
    page.keyboard.press("Shift")
    page.keyboard.press("a")
    for _ in range(2):
        page.keyboard.press("Shift")
    page.wait_for_timeout(200)
    assert "wikipedia" not in page.url, "another key in between: somebody types capitals"
    page.keyboard.press("Shift")


WAYS = (by_the_button, by_the_first_link, by_three_shifts)


@pytest.mark.parametrize("address", ["", "return/", "about/", "deletions/", "poster/", "desk/", "desk/enrol/", "nothing/"])
def test_every_page_is_left_by_each_way(browser: Browser, shared_site: Site, address: str) -> None:
    for leave in WAYS:
        with visit(browser) as page:
            somewhere_harmless(page.context)
            traffic = Traffic(page)
            page.goto(f"{shared_site.address}/ar/{address}")
            traffic.over()
            leave(page)
            elsewhere(page)
            assert page.url == NEUTRAL.format("ar")


def test_after_a_quick_exit_back_shows_an_empty_form_and_the_sites_data_is_cleared(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        exit_requests: list[Request] = []
        page.on("request", lambda request: exit_requests.append(request) if "/exit/" in request.url else None)
        somewhere_harmless(page.context)
        page.goto("about:blank")
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        reach(page, "words").fill("do not let him read this")
        page.evaluate("localStorage.setItem('visited', 'yes')")
        with page.expect_request("**/exit/**"):
            by_the_button(page)
        elsewhere(page)
        assert [request.method for request in exit_requests] == ["POST"]
        assert exit_requests[0].post_data is None
        assert "?" not in exit_requests[0].url
        for _ in range(2):
            page.go_back()
            page.wait_for_timeout(400)
            assert "do not let him" not in page.content()
            fields = page.locator("#need-words")
            assert not fields.count() or fields.input_value() == ""
        page.go_forward()
        page.wait_for_timeout(400)
        assert "do not let him" not in page.content()
        page.goto(f"{shared_site.address}/en/")
        until(lambda: page.evaluate("localStorage.length") == 0, "the deletion of what the site had stored")


def test_a_quick_exit_from_an_opened_request_or_a_receipt_asks_nothing_and_back_does_not_show_it(
    browser: Browser, shared_site: Site
) -> None:
    with visit(browser) as page:
        asked = answer_dialogs(page, leave=True)
        somewhere_harmless(page.context)
        code = ask_for_help(page, shared_site, "not for his eyes", keep=False)
        by_three_shifts(page)
        elsewhere(page)
        page.go_back()
        page.wait_for_timeout(400)
        assert code not in page.content()
        come_back(page, shared_site, code)
        expect(page.get_by_text("not for his eyes")).to_be_visible()
        by_the_button(page)
        elsewhere(page)
        page.go_back()
        page.wait_for_timeout(400)
        assert "not for his eyes" not in page.content()
        assert asked == []


def test_a_quick_exit_from_another_page_clears_the_typed_form(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        somewhere_harmless(page.context)
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        reach(page, "words").fill("do not let him read this")
        page.get_by_role("link", name="What we keep").click()
        page.locator("#leaving").get_by_role("link", name="Leave and lose your answers").click()
        page.wait_for_url("**/about/")
        by_the_button(page)
        elsewhere(page)
        for _ in range(4):
            page.go_back()
            page.wait_for_timeout(300)
            assert "do not let him" not in page.content()
            fields = page.locator("#need-words")
            assert not fields.count() or fields.input_value() == ""


def test_a_quick_exit_signs_a_coordinator_out(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        somewhere_harmless(page.context)
        sign_in(page, shared_site)
        assert page.context.cookies()
        by_the_button(page)
        elsewhere(page)
        until(lambda: page.context.cookies() == [], "the cookie to be removed")


def test_without_javascript_the_link_leaves_and_back_shows_nothing_that_was_typed(chromium: Browser, shared_site: Site) -> None:
    with visit(chromium, java_script_enabled=False) as page:
        opened = somewhere_harmless(page.context)
        page.goto(f"{shared_site.address}/nojs/en/")
        page.get_by_role("button", name="I need something").click()
        page.locator("#need-words").fill("do not let him read this")
        page.locator("#exit").click()
        elsewhere(page)
        assert opened == [NEUTRAL.format("en")]
        page.go_back()
        page.wait_for_timeout(500)
        assert "do not let him" not in page.content()
        fields = page.locator("#need-words")
        assert not fields.count() or fields.input_value() == ""


def test_the_first_page_says_that_the_browsers_history_stays(browser: Browser, shared_site: Site) -> None:
    for address in ("/en/", "/nojs/en/"):
        with visit(browser, java_script_enabled=not address.startswith("/nojs")) as page:
            page.goto(f"{shared_site.address}{address}")
            expect(page.get_by_text("Your browser may still remember that you were here")).to_be_visible()
