"""In a browser, the desk of a group of eighty shows every name, approves a colleague, and is no wider than its window."""

import os
from collections.abc import Iterator

import httpx2 as httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from crypto.keylist import Change
from intake.cli.group import decide
from intake.cli.member import Member
from tests.support import large_group
from tests.support.browser import HANDLE, PASSPHRASE, Site, enrol_in_browser, installation, operate, places, sign_in, visit

NAMES = [
    f"{name}-{n}" for n in range(1, 11) for name in ("amal", "noor", "ليلى", "juan.carlos", "priya", "wren", "o", "samira_k")
]


@pytest.fixture(scope="module")
def of_seventy_nine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("eighty")
    with (
        installation({**os.environ, **places(folder)}, folder) as running,
        httpx.Client(base_url=running.address) as client,
    ):
        sam = Member.sign_in(client, "sam", PASSPHRASE)
        decide(sam, Change.QUORUM, value=1)
        large_group.grow(sam, NAMES[:78], running.environment)
        yield running


def to_group(page: Page) -> None:
    page.locator(".menu button").nth(1).click()
    page.get_by_role("heading", name="Group", exact=True).wait_for()


def test_the_desk_of_eighty_shows_every_name_and_approves_the_eightieth(browser: Browser, of_seventy_nine: Site) -> None:
    with visit(browser) as sam, visit(browser) as kim:
        sign_in(sam, of_seventy_nine)
        digits, _ = enrol_in_browser(kim, operate(of_seventy_nine, "group", "invite").strip(), "kim")
        to_group(sam)
        waiting = sam.locator("section.entry").filter(has_text=digits)
        waiting.locator("summary").click()
        waiting.get_by_role("button", name="The digits match").click()
        people = sam.locator("ul.people li")
        expect(people).to_have_count(80)
        assert sorted(people.locator("strong").all_inner_texts()) == sorted(["sam", "kim", *NAMES[:78]])
        sign_in(kim, of_seventy_nine, "kim")
        to_group(kim)
        expect(kim.locator("ul.people li")).to_have_count(80)
        assert sorted(kim.locator("ul.people li strong").all_inner_texts()) == sorted(["sam", "kim", *NAMES[:78]])


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_group_of_eighty_is_no_wider_than_its_window(
    browser: Browser, of_seventy_nine: Site, language: str, width: int
) -> None:
    with visit(browser, viewport={"width": width, "height": 800}) as page:
        page.goto(f"{of_seventy_nine.address}/{language}/desk/")
        page.locator("#handle").fill(HANDLE)
        page.locator("#secret").fill(PASSPHRASE)
        page.locator("#desk form button").first.click()
        page.locator("#desk .menu button").nth(2).wait_for()  # signed in
        page.locator("#desk .menu button").nth(1).click()
        page.locator("ul.people li").nth(78).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/group-{language}-{width}.png", full_page=True)
