"""While the list of cases changes, a press never opens another case than the one under the pointer at its start."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import requester, submitted
from tests.support.browser import Site, sign_in, visit

MANY = 48  # cases: more than the list draws at once


@pytest.fixture
def desk_of_many(browser: Browser, site: Site) -> Iterator[Page]:
    submitted.run(requester.sent(site.address, MANY))
    with visit(browser, viewport={"width": 1280, "height": 600}) as desk:
        sign_in(desk, site)
        expect(desk.locator("progress")).to_have_count(0)
        expect(desk.get_by_text(f"{MANY} cases shown")).to_be_visible()
        yield desk


def test_an_element_of_the_list_never_shows_another_case_while_the_list_scrolls(desk_of_many: Page) -> None:
    row = desk_of_many.locator("ul.cases li").nth(5).element_handle()
    words = row.text_content()
    desk_of_many.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(desk_of_many.locator(f"ul.cases li[aria-posinset='{MANY}']")).to_be_visible()
    assert not row.evaluate("(row) => row.isConnected") or row.text_content() == words


def test_a_new_request_does_not_move_the_row_under_the_pointer(desk_of_many: Page, site: Site) -> None:
    row = desk_of_many.locator("ul.cases li").nth(3)
    row.hover()
    before = row.bounding_box()
    words = row.inner_text()
    submitted.run(requester.sent(site.address, 6))  # each appears at a random place within its day
    expect(desk_of_many.get_by_text(f"{MANY + 6} cases shown")).to_be_visible()
    after = desk_of_many.locator("ul.cases li:hover")
    assert after.inner_text() == words
    assert after.bounding_box() == before


def test_a_list_of_rows_of_different_heights_comes_to_rest_where_it_was_scrolled_to(desk_of_many: Page) -> None:
    desk_of_many.evaluate("""() => {
        const taller = new CSSStyleSheet();
        taller.replaceSync(".cases li:is([aria-posinset$='3'], [aria-posinset$='8']) button { padding-block: 2rem }");
        document.adoptedStyleSheets = [...document.adoptedStyleSheets, taller];
        scrollTo(0, document.documentElement.scrollHeight);
    }""")
    last = desk_of_many.locator(f"ul.cases li[aria-posinset='{MANY}'] button")
    last.wait_for()
    last.click()  # waits until it does not move
    expect(desk_of_many.get_by_label("Reply")).to_be_visible()
