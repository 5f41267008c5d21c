"""Check that a page does not scroll sideways."""

from collections.abc import Sequence

from playwright.sync_api import Page

WIDTHS = (360, 1280)  # px


def fits(page: Page, what: str, widths: Sequence[int] = WIDTHS) -> None:
    """Check that nothing is wider than the screen, at each width."""
    page.wait_for_load_state()
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{what}, {width} px: {wide} px. {page.evaluate(WIDEST)}"


# The innermost elements that reach beyond the screen, for the message of a failure.
WIDEST = """() => [...document.body.querySelectorAll('*')].filter((element) => {
  const box = element.getBoundingClientRect();
  return (box.right > innerWidth + 1 || box.left < -1) && element.checkVisibility() && !element.closest('.skip, .keys, .hide');
}).map((element) => element.tagName + '.' + element.className + '#' + element.id).slice(-5)"""


def scrolls_nowhere(page: Page, what: str, width: int) -> None:
    """Check that neither the page nor anything in it scrolls sideways, except fields."""
    fits(page, what, (width,))
    assert page.evaluate(SCROLLING) == [], f"{what}, {width} px"


SCROLLING = """() => [...document.body.querySelectorAll(":not(input, textarea, select)")].filter((element) =>
  element.scrollWidth > element.clientWidth + 1 &&
  /auto|scroll/.test(getComputedStyle(element).overflowX) && element.checkVisibility()
).map((element) => element.outerHTML.slice(0, 120))"""
