"""Five hundred cases are changed together: with progress, one undo, and the numbers after a failure in the middle."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support import stored_cases
from tests.support.browser import Site, sign_in, visit

MANY = 500
LONG = 300_000  # ms for 500 cases on a busy machine


@pytest.fixture
def desk(browser: Browser, site: Site) -> Iterator[Page]:
    """Show the list of a coordinator who holds 500 cases."""
    stored_cases.fill(site.environment, stored_cases.holder_of(site.address), MANY, fresh=0)
    with visit(browser, viewport={"width": 1280, "height": 900}) as page:
        page.set_default_timeout(LONG)
        sign_in(page, site)
        expect(page.get_by_text(f"{MANY} cases shown", exact=True)).to_be_visible()
        yield page


WATCH = """() => {
  window.seen = [];
  const look = () => {
    const bar = document.querySelector(".undos progress");
    if (bar && seen.at(-1) !== bar.value) seen.push(bar.value);
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true });
}"""


def set_status(page: Page, name: str) -> None:
    bar = page.get_by_role("group", name="selected")
    bar.get_by_role("button", name="Status").click()
    bar.get_by_role("button", name=name, exact=True).click()


def shown_as(page: Page, name: str) -> int:
    """Return how many cases the list shows under this status."""
    page.get_by_label("Status", exact=True).select_option(label=name)
    said = page.locator("div.count [role=status]")
    expect(said).to_contain_text("shown")
    shown = int(said.inner_text().split()[0])
    page.get_by_label("Status", exact=True).select_option(label="All")
    return shown


def test_the_status_of_500_cases_is_changed_with_progress_and_one_undo_brings_all_back(desk: Page) -> None:
    before = {name: shown_as(desk, name) for name in ("In progress", "Ongoing", "Call back")}
    assert sum(before.values()) == MANY
    desk.get_by_label("Status", exact=True).select_option(label="Ongoing")
    desk.get_by_role("button", name="Select cases").click()
    desk.get_by_role("button", name=f"Select all ({before['Ongoing']})").click()
    expect(desk.get_by_text(f"{before['Ongoing']} cases selected")).to_be_visible()
    desk.get_by_role("button", name="Stop selecting").click()
    desk.get_by_label("Status", exact=True).select_option(label="All")
    desk.get_by_role("button", name="Select cases").click()
    desk.get_by_role("button", name=f"Select all ({MANY})").click()
    expect(desk.get_by_text(f"{MANY} cases selected")).to_be_visible()
    desk.evaluate(WATCH)
    set_status(desk, "Done")
    expect(desk.locator(".undos")).to_contain_text(f"Status: Done · Done for {MANY} cases.", timeout=LONG)
    seen = desk.evaluate("seen")
    assert seen == list(range(MANY + 1)), seen
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator(".undos")).to_contain_text(f"Undo · Done for {MANY} cases.", timeout=LONG)
    desk.get_by_role("button", name="Stop selecting").click()
    assert {name: shown_as(desk, name) for name in before} == before


def test_a_failure_in_the_middle_of_500_says_how_many_were_changed_and_the_rest_stay_selected(desk: Page) -> None:
    desk.get_by_role("button", name="Select cases").click()
    rows = desk.locator("#cases input")
    rows.first.click()
    desk.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    last = desk.locator(f"#cases [aria-posinset='{MANY}'] input")
    last.wait_for()
    last.click(modifiers=["Shift"])
    expect(desk.get_by_text(f"{MANY} cases selected")).to_be_visible()
    left = [200]

    def fail_after_200(route: Route) -> None:
        left[0] -= 1
        route.abort() if left[0] < 0 else route.fallback()

    desk.route("**/entries", fail_after_200)
    set_status(desk, "Sent elsewhere")
    said = desk.locator(".undos")
    expect(said).to_contain_text("Done for 200 cases. Not done for 300 cases.", timeout=LONG)
    expect(said).to_contain_text("Check your connection")
    expect(desk.get_by_text("300 cases selected")).to_be_visible()
    desk.unroute("**/entries")
    desk.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("Undo · Done for 200 cases.", timeout=LONG)
    expect(desk.get_by_text("300 cases selected")).to_be_visible()
