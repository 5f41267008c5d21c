"""A person changes the language of a page without JavaScript, in each browser. Nothing typed is lost."""

from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.support.any_browser import NAMES, AnyBrowser, any_browser
from tests.support.browser import Site


def change_language(browser: AnyBrowser, code: str) -> None:
    browser.click(".languages > summary")
    browser.click(f".languages button[lang={code}]")
    browser.wait(f"html[lang={code}] h1")


@pytest.mark.parametrize("name", NAMES)
def test_another_language_without_javascript_keeps_answers_and_digits(
    engine: Playwright, shared_site: Site, tmp_path: Path, name: str
) -> None:
    with any_browser(name, engine, tmp_path / "profile") as browser:
        browser.open(f"{shared_site.address}/nojs/en/")
        browser.click("button[value=need]")
        browser.type("#need-words", "milk & bread")
        change_language(browser, "ar")
        assert browser.script("document.getElementById('need-words').value") == "milk & bread"
        assert browser.address == f"{shared_site.address}/nojs/ar/", "nothing typed is in the address"
        browser.type("#need-contact-name", "Sam\ue007" if name == "webkit" else "Sam\n")  # Enter continues
        browser.wait("dl#answers")
        assert "milk & bread" in browser.text("#answers")
        change_language(browser, "es")
        browser.wait("dl#answers")
        assert "milk & bread" in browser.text("#answers")
        assert "Sam" in browser.text("#answers")

        browser.open(f"{shared_site.address}/nojs/en/return/")
        browser.type("#code", "1234 5678")
        change_language(browser, "ar")
        assert browser.script("document.getElementById('code').value") == "1234 5678"
        assert browser.address == f"{shared_site.address}/nojs/ar/return/"
