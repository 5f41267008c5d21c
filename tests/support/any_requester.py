"""A requester at a browser of any kind."""

from tests.support.any_browser import AnyBrowser
from tests.support.browser import MANY

FORM = "#form-need"


def fill_in(browser: AnyBrowser, text: str) -> None:
    """From the first page to the check page: a kind of help, and words."""
    browser.wait("html.ready")
    browser.click(f"{FORM} > summary")
    for _ in range(MANY):
        if browser.visible("#check"):
            return
        if browser.visible("#need-kinds-groceries"):
            browser.click("label:has(> #need-kinds-groceries)")
        if browser.visible("#need-words"):
            browser.type("#need-words", text)
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
