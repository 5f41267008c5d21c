"""The list of cases on a wide window and on a phone: edges align, and the bar for selected cases leaves room for the rows."""

from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Site, sign_in, visit
from tests.support.browser_languages import in_language
from tests.support.submitted import submit_request

RIGHT = "element => Math.round(element.getBoundingClientRect().right)"
IS_WHOLE = "element => element.scrollHeight <= element.clientHeight"
LANGUAGES = ("en", "ar", "hi")


def with_cases(page: Page, site: Site, count: int) -> None:
    for number in range(count):
        submit_request(site, f"milk for {number}")
    sign_in(page, site)
    expect(page.locator("#cases li")).not_to_have_count(0)


def test_on_a_wide_window_tabs_filters_and_rows_end_at_the_same_edge(browser: Browser, site: Site) -> None:
    with visit(browser, viewport={"width": 1920, "height": 900}) as page:
        with_cases(page, site, 1)
        edges = {part: page.locator(part).evaluate(RIGHT) for part in (".top", ".tabs", "#desk > .bar", "#cases")}
        assert len(set(edges.values())) == 1, edges


def test_on_a_phone_the_bar_with_the_form_to_hand_over_is_whole_and_leaves_half_of_the_window_to_the_rows(
    browser: Browser, of_three: Site
) -> None:
    with visit(browser, viewport={"width": 360, "height": 740}) as page:
        with_cases(page, of_three, 3)
        page.get_by_role("button", name="Select cases").click()
        page.get_by_role("checkbox").first.click()
        page.get_by_role("group", name="selected").get_by_role("button", name="Hand over").click()
        page.get_by_label("Why do you hand the case over?").wait_for()
        bar = page.locator(".bulk")
        for code in LANGUAGES:
            in_language(page, code)
            assert bar.evaluate(IS_WHOLE), code
            box = bar.bounding_box()
            assert box is not None
            assert box["height"] <= 740 / 2, code
