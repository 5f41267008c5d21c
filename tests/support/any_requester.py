"""The steps of a requester in a browser of any kind."""

from collections.abc import Sequence

from tests.support.any_browser import AnyBrowser, ByPlaywright
from tests.support.browser import MANY

FORM = "#form-need"


def fill_in(browser: AnyBrowser, text: str, fields: Sequence[str] = ("#need-words",)) -> None:
    """Fill in the form up to the check page: a kind of help, and the text in these fields."""
    browser.wait("html.ready")
    browser.click(f"{FORM} > summary")
    for _ in range(MANY):
        if browser.visible("#check"):
            return
        if browser.visible("#need-kinds-groceries"):
            browser.click("label:has(> #need-kinds-groceries)")
        for field in fields:
            if browser.visible(field):
                browser.type(field, text)
        browser.click(f"{FORM} .form-actions button")
    raise AssertionError(browser.text("main"))


def tick_and_type(browser: ByPlaywright, text: str) -> None:
    """Fill in every field of the form: boxes, radio buttons, text."""
    browser.click(f"{FORM} > summary")
    for _ in range(MANY):
        if browser.visible("#check"):
            return
        page = browser.page
        for box in page.locator(f"{FORM} input:is([type=checkbox], [type=radio]):visible").all()[1:4]:
            box.check(force=True)
        for field in page.locator(f"{FORM} :is(textarea, input[type=text]):visible").all():
            field.fill(text)
        browser.click(f"{FORM} .form-actions button")


def send(browser: AnyBrowser) -> str:
    """Send the form from the check page. Return the receipt."""
    browser.click("#send button")
    browser.wait("#receipt")
    code = browser.text("#code")
    browser.click("#leave button")
    browser.wait("#done")
    return code


def come_back(browser: AnyBrowser, address: str, code: str) -> None:
    """Open a request with its receipt, on the return page at this address."""
    browser.open(address)
    browser.wait("#open-actions button")
    browser.type("section #code", code)
    browser.click("#open-actions button")
    browser.wait("#case dd")
