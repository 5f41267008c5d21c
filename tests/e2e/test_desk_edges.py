"""The list of cases on a wide window and on a phone: edges align, and the bar for selected cases leaves room for the rows."""

import pytest
from playwright.sync_api import Browser, Page, expect

from intake.site.languages import languages
from tests.support.browser import Site, sign_in, visit
from tests.support.browser_languages import in_language
from tests.support.submitted import submit_request

TOP = "element => Math.round(element.getBoundingClientRect().top)"
ENDS = "element => ['left', 'right'].map((side) => Math.round(element.getBoundingClientRect()[side]))"
# Where each line of a bar begins and ends, by the fields and buttons in it.
LINES = """bar => {
  const lines = {};
  for (const field of bar.querySelectorAll("input, select, button")) {
    const { top, left, right } = field.getBoundingClientRect();
    const [start, end] = (lines[Math.round(top / 20)] ??= [left, right]);
    lines[Math.round(top / 20)] = [Math.min(start, left), Math.max(end, right)];
  }
  return Object.values(lines).map((line) => line.map(Math.round));
}"""
IS_WHOLE = "element => element.scrollHeight <= element.clientHeight"
LANGUAGES = ("en", "ar", "hi")


def with_cases(page: Page, site: Site, count: int) -> None:
    for number in range(count):
        submit_request(site, f"milk for {number}")
    sign_in(page, site)
    expect(page.locator("#cases li")).not_to_have_count(0)


@pytest.mark.parametrize("width", [1024, 1280, 1920])
def test_on_a_wide_window_tabs_filters_and_rows_end_at_the_same_edges_in_every_language(
    browser: Browser, site: Site, width: int
) -> None:
    with visit(browser, viewport={"width": width, "height": 900}) as page:
        with_cases(page, site, 1)
        for code in languages():
            in_language(page, code)
            ends = page.locator("#cases").evaluate(ENDS)
            for part in (".top", ".tabs"):
                assert page.locator(part).evaluate(ENDS) == ends, f"{part}, {code}"
            assert page.locator("#desk > .bar").evaluate(LINES) in ([ends], [ends, ends]), code


def test_beside_a_case_tabs_search_and_rows_end_at_the_same_edges(browser: Browser, site: Site) -> None:
    with visit(browser, viewport={"width": 1920, "height": 900}) as page:
        with_cases(page, site, 1)
        page.locator("#cases button").click()
        page.locator("aside #cases").wait_for()
        for code in LANGUAGES:
            in_language(page, code)
            ends = {part: page.locator(f"aside {part}").evaluate(ENDS) for part in (".tabs", "#search", "#cases")}
            assert len({tuple(edges) for edges in ends.values()}) == 1, f"{ends}, {code}"


@pytest.mark.parametrize("width", [1280, 1920])
def test_on_a_wide_window_both_columns_of_a_case_begin_at_the_same_line(browser: Browser, site: Site, width: int) -> None:
    with visit(browser, viewport={"width": width, "height": 900}) as page:
        with_cases(page, site, 1)
        page.locator("#cases button").click()
        page.locator("#status").wait_for()
        for code in LANGUAGES:
            in_language(page, code)
            request, status = (page.locator(part).first.evaluate(TOP) for part in (".columns dt", "#status span"))
            assert request == status, code


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
