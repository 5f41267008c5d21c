# ruff: noqa: E501 -- scripts within
"""The pages work on small screens, zoomed in, by keyboard, with forced colours and in print."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import (
    PHONE,
    Site,
    ask_for_help,
    begin,
    only,
    onward,
    tick,
    visit,
)
from tests.support.traffic import Traffic

TARGET = 44  # px: the smallest target for a finger


def test_a_request_is_sent_and_read_by_keyboard_alone(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/")
        page.locator("html.ready").wait_for()

        def to(selector: str) -> None:
            for _ in range(80):
                if page.evaluate("s => document.activeElement.matches(s)", selector):
                    return
                page.keyboard.press("Tab")
            raise AssertionError(f"{selector} cannot be reached with Tab")

        to("#form-need > summary")
        page.keyboard.press("Enter")
        to("#need-kinds-group-2")
        page.keyboard.press("Enter")
        to("#need-kinds-ride")
        page.keyboard.press("Space")
        for _ in range(3):
            to(".form-actions button")
            page.keyboard.press("Enter")
        page.wait_for_timeout(100)
        for _ in range(12):
            if page.locator("#check").is_visible():
                break
            to(".form-actions button")
            page.keyboard.press("Enter")
            page.wait_for_timeout(50)
        to("#send button")
        page.keyboard.press("Enter")
        page.locator("#leave button").wait_for()
        to("#leave button")
        page.keyboard.press("Enter")
        expect(page.get_by_text("You can close this page.")).to_be_visible()
    assert only(site)["answers"]["kinds"] == ["ride"]  # type: ignore[index]


def narrow(page: Page, page_name: str) -> None:
    page.wait_for_load_state()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{page_name}: {wide} px"


def small_targets(page: Page) -> list[str]:
    """Return the targets that are too small for a finger, except links within sentences (WCAG 2.2, 2.5.8, Inline)."""
    targets: list[str] = page.evaluate(
        """(least) => [...document.querySelectorAll('a, button, summary, input, select, textarea')].filter((element) => {
            const box = (element.closest('label.choice') ?? element).getBoundingClientRect();
            const inline = element.matches('p a, li a, td a') && !element.matches('.languages a, .notice li a');
            const there = element.checkVisibility() && box.right > 0 && box.left < innerWidth && !element.matches('.skip, .hide *');
            return there && !inline && (box.height < least - 0.5 || box.width < least - 0.5);
        }).map((element) => element.outerHTML.slice(0, 120) + JSON.stringify(element.getBoundingClientRect()))""",
        TARGET,
    )
    return targets


@pytest.mark.parametrize("code", ["en", "ar", "hi", "ru", "am", "vi"])
def test_targets_fit_a_finger_without_sideways_scrolling_on_small_screens_or_at_400_percent_zoom(
    browser: Browser, shared_site: Site, code: str
) -> None:
    # 1280 by 1024 at 400 % is 320 by 256.
    for viewport in (PHONE, {"width": 320, "height": 256}):
        with visit(browser, viewport=viewport) as page:
            traffic = Traffic(page)
            for address in ("", "return/", "about/", "deletions/", "desk/", "desk/enrol/", "poster/"):
                page.goto(f"{shared_site.address}/{code}/{address}")
                traffic.over()
                narrow(page, address)
                assert small_targets(page) == [], address
            page.goto(f"{shared_site.address}/{code}/")
            page.locator("html.ready").wait_for()
            page.locator(".languages summary").click()
            narrow(page, "languages")
            assert small_targets(page) == []
            page.locator("#form-need > summary").click()
            tick(page, "#need-kinds-ride")
            for _ in range(12):
                if page.locator("#check").is_visible():
                    break
                narrow(page, "a question")
                assert small_targets(page) == []
                onward(page)
            narrow(page, "the check page")
            assert small_targets(page) == []
            page.goto(f"{shared_site.address}/nojs/{code}/")
            page.locator("main form button").first.click()
            page.locator(".question").first.wait_for()
            narrow(page, "the form without JavaScript")
            assert small_targets(page) == []


def test_the_quick_exit_bar_does_not_cover_the_focus(browser: Browser, shared_site: Site) -> None:
    with visit(browser, viewport={"width": 320, "height": 256}) as page:
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        for _ in range(40):
            page.keyboard.press("Tab")
        for _ in range(30):
            page.keyboard.press("Shift+Tab")
            hidden = page.evaluate(
                """() => { const [bar, one] = [document.querySelector('.out').getBoundingClientRect(), document.activeElement.getBoundingClientRect()];
                return !document.activeElement.closest('.out') && one.bottom <= bar.bottom && one.top >= bar.top }"""
            )
            assert not hidden, page.evaluate("document.activeElement.outerHTML")


def test_forced_colours_and_print_show_the_essentials(browser: Browser, shared_site: Site) -> None:
    with visit(browser, forced_colors="active") as page:
        page.goto(f"{shared_site.address}/en/")
        page.locator("html.ready").wait_for()
        for button in ("#exit", "#form-need > summary"):
            border = page.locator(button).evaluate(
                "element => getComputedStyle(element).borderTopStyle + getComputedStyle(element).borderTopWidth"
            )
            assert border == "solid2px", "its border distinguishes a button from text"
        begin(page)
        tick(page, "#need-kinds-ride")
        chosen, other = (
            page.locator(f"label:has(#need-kinds-{kind})").evaluate("element => getComputedStyle(element).borderTopWidth")
            for kind in ("ride", "bail")
        )
        assert chosen != other
    with visit(browser) as page:
        ask_for_help(page, shared_site, "milk", keep=False)
        page.emulate_media(media="print")
        expect(page.locator("#code")).to_be_visible()
        for hidden in (".out", "footer", "#leave button"):
            expect(page.locator(hidden).first).to_be_hidden()
