"""Firefox is killed while a person writes a request, and restores its tabs. It restores no tick and no text."""

from pathlib import Path

from playwright.sync_api import Playwright

from tests.support.any_browser import ByPlaywright, firefox_context, until
from tests.support.any_requester import tick_and_type
from tests.support.browser import Site
from tests.support.canary import CANARY, holds
from tests.support.exit_page import exit_page
from tests.support.firefox_crash import RESTORING, kill, started_again
from tests.support.firefox_profile import everything, session_files, written

TICKED = "[...document.querySelectorAll('input')].filter((field) => field.checked).map((field) => field.id)"
TEXT = "textarea, input:not([type]), input[type=text]"
TYPED = f"[...document.querySelectorAll('{TEXT}')].map((field) => field.value).filter(Boolean)"


def test_the_control_firefox_restores_a_ticked_box_and_text_of_another_site(engine: Playwright, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    with exit_page() as address:
        with firefox_context(engine, profile, RESTORING) as context:
            page = context.pages[0]
            page.goto(address)
            page.locator("#written").press_sequentially(CANARY)
            page.locator("#ticked").check()
            until(lambda: any(b"ticked" in data for data in session_files(profile).values()), "the box in the session file")
            kill(profile)
        with started_again(profile) as firefox:
            until(lambda: firefox.script(address, TYPED) == [CANARY], "the text to be restored", 30)
            assert firefox.script(address, TICKED) == ["ticked"]


def test_a_crash_of_firefox_restores_no_answer(engine: Playwright, shared_site: Site, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    address = f"{shared_site.address}/en/"
    with firefox_context(engine, profile, RESTORING) as context:
        browser = ByPlaywright("firefox", context.pages[0])
        browser.open(f"{address}#{shared_site.fingerprint}")
        browser.wait("html.ready")
        before = set(browser.script(TICKED))
        tick_and_type(browser, CANARY)
        assert len(set(browser.script(TICKED)) - before) > 5
        assert CANARY in browser.script(TYPED)
        written(profile)
        kill(profile)
    assert [name for name, data in everything(profile) if holds(data)] == [], "after the crash"
    with started_again(profile) as firefox:
        until(lambda: firefox.script(address, "document.documentElement.classList.contains('ready')"), "the page again", 30)
        assert set(firefox.script(address, TICKED)) == before
        assert firefox.script(address, TYPED) == []
        written(profile)
        assert [name for name, data in everything(profile) if holds(data)] == [], "after the restart"
    assert [name for name, data in everything(profile) if holds(data)] == [], "after Firefox has ended"


def test_a_crash_of_firefox_restores_no_answer_without_javascript(
    engine: Playwright, shared_site: Site, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    address = f"{shared_site.address}/nojs/en/"
    with firefox_context(engine, profile, RESTORING) as context:
        context.route("**/*.js", lambda route: route.abort())
        browser = ByPlaywright("firefox", context.pages[0])
        browser.open(address)
        browser.click("button[value=need]")
        browser.wait("#need-kinds-groceries")
        before = set(browser.script(TICKED))
        for box in browser.page.locator("input:is([type=checkbox], [type=radio])").all()[1:6]:
            box.check(force=True)
        for field in browser.page.locator("main :is(textarea, input[type=text]):visible").all():
            field.fill(CANARY)
        assert len(set(browser.script(TICKED)) - before) > 3
        written(profile)
        kill(profile)
    assert [name for name, data in everything(profile) if holds(data)] == [], "after the crash"
    with started_again(profile) as firefox:
        until(lambda: firefox.script(address, "document.readyState") == "complete", "the page again", 30)
        # The questions were the answer to a POST. Firefox loads that address again and gets the first page.
        assert firefox.script(address, "document.querySelectorAll('button[value=need]').length") == 1
        assert firefox.script(address, TICKED) == []
        assert firefox.script(address, TYPED) == []
        written(profile)
        assert [name for name, data in everything(profile) if holds(data)] == [], "after the restart"
