"""On a phone, no view of the desk scrolls sideways in any language, and a number stands beside the words that it counts."""

from playwright.sync_api import Browser, Locator, Page, expect

from intake.site.languages import languages
from tests.support import stored_cases
from tests.support.browser import Site, add_member, sign_in, to_group, visit
from tests.support.browser_languages import in_language
from tests.support.overflow import scrolls_nowhere
from tests.support.submitted import submit_request

PHONE = {"width": 360, "height": 740}
MANY = 40  # cases, so that the tabs have numbers of two digits
# The numbers that are not level with the last line of their words.
LOWER = """() => [...document.querySelectorAll(":is(.menu, .tabs) :is(.badge, .count)")].filter((number) => {
  const words = document.createRange();
  words.setStart(number.parentElement, 0);
  words.setEndBefore(number);
  return number.getBoundingClientRect().top >= words.getBoundingClientRect().bottom - 4;
}).map((number) => number.parentElement.textContent)"""


def in_every_language(page: Page, what: str) -> None:
    for code in languages():
        in_language(page, code)
        scrolls_nowhere(page, f"{what}, {code}", PHONE["width"])
        assert page.evaluate(LOWER) == [], f"{what}, {code}"
    in_language(page, "en")


def test_at_360_pixels_no_view_of_the_desk_scrolls_sideways_in_any_language(browser: Browser, site: Site) -> None:
    add_member(site, "kim", by=["Sam"])
    submit_request(site, "milk", ("Groceries", "A ride"), name="Amal")
    stored_cases.fill(site.environment, stored_cases.holder_of(site.address), MANY)
    with visit(browser, viewport=PHONE) as page:
        sign_in(page, site)
        expect(page.locator("progress")).to_have_count(0)
        in_every_language(page, "the list")
        page.get_by_text("More filters").click()
        in_every_language(page, "the filters")
        page.get_by_role("button", name="Select cases").click()
        page.get_by_role("checkbox").nth(1).click()
        page.get_by_role("group", name="selected").get_by_role("button", name="Status").click()
        in_every_language(page, "selected cases")
        page.get_by_role("button", name="Stop selecting").click()
        page.locator("#cases button").first.click()
        page.locator("#reply").wait_for()
        page.locator("main details").evaluate_all("all => all.forEach((details) => { details.open = true; })")
        in_every_language(page, "a case")
        to_group(page)
        page.locator("main details").evaluate_all("all => all.forEach((details) => { details.open = true; })")
        in_every_language(page, "the group")
        page.get_by_role("button", name="My keys").click()
        page.get_by_role("heading", name="My keys", exact=True).wait_for()
        in_every_language(page, "the keys")


def test_sign_out_is_beside_the_heading_of_every_view_but_a_case(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    stored_cases.fill(site.environment, stored_cases.holder_of(site.address), MANY)
    with visit(browser, viewport=PHONE) as page:
        sign_in(page, site)
        expect(page.locator("progress")).to_have_count(0)
        leave = page.get_by_role("button", name="Sign out")
        page.locator("#cases button").first.click()
        page.locator("#reply").wait_for()
        expect(leave).to_be_hidden()
        for name in ("Group", "My keys", "Cases"):
            page.locator(".menu button", has_text=name).click()
            page.get_by_role("heading", level=1, name=name).wait_for()
            assert abs(middle(leave) - middle(page.locator("h1"))) <= 2, name
        leave.click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()


def middle(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["y"] + box["height"] / 2
