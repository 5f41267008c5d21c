"""A requester at a browser of any kind."""

from collections.abc import Sequence

from tests.support.any_browser import AnyBrowser
from tests.support.browser import MANY

FORM = "#form-need"


def fill_in(browser: AnyBrowser, text: str, fields: Sequence[str] = ("#need-words",)) -> None:
    """From the first page to the check page: a kind of help, and the text in these fields."""
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
        browser.click(f"{FORM} .act button")
    raise AssertionError(browser.text("main"))


def send(browser: AnyBrowser) -> str:
    """From the check page to the last one. Return the receipt."""
    browser.click("#send button")
    browser.wait("#receipt")
    code = browser.text("#code")
    browser.click("#leave button")
    browser.wait("#done")
    return code
