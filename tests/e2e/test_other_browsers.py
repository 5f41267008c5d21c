"""The form, the return page and the pages without JavaScript in Firefox and WebKitGTK, in five languages."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from intake.site.languages import languages
from tests.support.any_browser import AnyBrowser, ByPlaywright, any_browser, firefox_context, until, webkit
from tests.support.any_requester import come_back, fill_in, send
from tests.support.browser import Site, operate
from tests.support.browser_languages import TYPED

LANGUAGES = ("en", "ar", "hi", "es", "zh-Hans")  # two from left to right, one from right to left, one without spaces
OTHERS = ("firefox", "webkit")


@pytest.fixture(scope="module", params=OTHERS)
def other(request: pytest.FixtureRequest, engine: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnyBrowser]:
    with any_browser(request.param, engine, tmp_path_factory.mktemp(request.param)) as browser:
        yield browser


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_request_is_sent_and_opened_again_with_its_receipt(other: AnyBrowser, shared_site: Site, code: str) -> None:
    text = f"{TYPED[code]} {other.name}"
    other.open(f"{shared_site.address}/{code}/#{shared_site.fingerprint}")
    assert other.script("document.documentElement.dir") == languages()[code].direction
    fill_in(other, text)
    assert text in other.text("#answers")
    receipt = send(other)
    come_back(other, f"{shared_site.address}/{code}/return/#{shared_site.fingerprint}", receipt)
    assert text in other.text("#case")
    cases = json.loads(operate(shared_site, "case", "list", "--json"))
    (case,) = [row["case"] for row in cases if row["line"] == text]
    request = json.loads(operate(shared_site, "case", "show", "--json", case))
    assert (request["language"], request["answers"]["kinds"], request["warnings"]) == (code, ["groceries"], [])


def test_an_incomplete_link_is_refused(other: AnyBrowser, shared_site: Site) -> None:
    other.open(f"{shared_site.address}/en/#{shared_site.fingerprint[:-1]}")
    until(lambda: other.visible("#problem"), "the problem")
    assert "not complete" in other.text("#problem")
    other.open(f"{shared_site.address}/en/%23{shared_site.fingerprint}.")
    until(lambda: "%23" not in other.address, "the address to be repaired")
    other.wait("html.ready")
    assert other.address == f"{shared_site.address}/en/#{shared_site.fingerprint}."
    assert not other.visible("#problem")


@contextmanager
def without_javascript(name: str, engine: Playwright, folder: Path) -> Iterator[AnyBrowser]:
    """Start a browser in which no page's script runs. The drivers need a JavaScript engine for their own scripts."""
    if name == "webkit":
        with webkit(folder, "--enable-javascript-markup=false") as browser:
            yield browser
    else:
        with firefox_context(engine, folder) as context:
            context.route("**/*.js", lambda route: route.abort())
            yield ByPlaywright(name, context.pages[0])


@pytest.mark.parametrize("name", OTHERS)
def test_a_request_is_sent_and_opened_again_without_javascript(
    name: str, engine: Playwright, shared_site: Site, tmp_path: Path
) -> None:
    text = f"{TYPED['ar']} {name} without"
    with without_javascript(name, engine, tmp_path) as browser:
        browser.open(f"{shared_site.address}/nojs/ar/")
        browser.click("button[value=need]")
        browser.click("label:has(> #need-kinds-groceries)")
        browser.type("#need-words", text)
        browser.click("form > .actions button")
        browser.wait("#answers")
        time.sleep(2.1)  # the server refuses a page that is sent sooner
        browser.click("form > .actions button")
        code = browser.text("#code")
        browser.open(f"{shared_site.address}/nojs/ar/return/")
        browser.type("#code", code)
        browser.click("form .actions button")
        browser.wait("main dd")
        assert text in browser.text("main")
