"""Firefox and WebKitGTK keep nothing of a requester. The tests search the whole profile."""

import gzip
import zlib
from pathlib import Path

from playwright.sync_api import Playwright

from tests.support.any_browser import ByPlaywright, firefox_context, until, webkit_with_profile
from tests.support.any_requester import come_back, fill_in, send, tick_and_type
from tests.support.browser import HANDLE, PASSPHRASE, PATIENCE, Site, add_member, sign_in
from tests.support.canary import CANARY, holds, unpacked
from tests.support.desk_words import type_everywhere
from tests.support.exit_page import exit_page
from tests.support.firefox_profile import everything, open_pages, session_files, written
from tests.support.submitted import submit_request

STATES = "[...document.querySelectorAll('input')].filter((field) => field.checked).map((field) => field.id)"


def test_the_control_firefox_keeps_a_ticked_box_of_another_site(engine: Playwright, tmp_path: Path) -> None:
    with exit_page() as address, firefox_context(engine, tmp_path) as context:
        page = context.pages[0]
        page.goto(address)
        page.locator("#written").press_sequentially(CANARY)
        page.locator("#ticked").check()
        until(lambda: any(b"ticked" in data for data in session_files(tmp_path).values()), "the box in the session file")
        until(lambda: any(holds(data) for _, data in everything(tmp_path)), "the text in the session file")


def test_firefox_keeps_no_answer_in_its_session_file(engine: Playwright, shared_site: Site, tmp_path: Path) -> None:
    with firefox_context(engine, tmp_path) as context:
        browser = ByPlaywright("firefox", context.pages[0])
        browser.open(f"{shared_site.address}/en/#{shared_site.fingerprint}")
        browser.wait("html.ready")
        before = set(browser.script(STATES))
        tick_and_type(browser, CANARY)
        ticked = set(browser.script(STATES))
        assert len(ticked - before) > 5
        written(tmp_path)
        tabs = [tab for tab in open_pages(tmp_path) if tab["entries"][-1]["url"].startswith(f"{shared_site.address}/en/")]
        assert len(tabs) == 1, "the control: this page is in the session file"
        assert "formdata" not in tabs[0]
        for name, data in session_files(tmp_path).items():
            assert not [field for field in ticked | before if field.encode() in data], name
        assert not [name for name, data in everything(tmp_path) if holds(data)]


def test_firefox_keeps_nothing_of_a_request_that_was_sent_or_left(
    engine: Playwright, shared_site: Site, tmp_path: Path
) -> None:
    with firefox_context(engine, tmp_path) as context:
        context.route(
            "**://*.wikipedia.org/**", lambda route: route.fulfill(content_type="text/html", body="<h1>Elsewhere</h1>")
        )
        browser = ByPlaywright("firefox", context.pages[0])
        browser.open(f"{shared_site.address}/en/#{shared_site.fingerprint}")
        browser.wait("html.ready")
        tick_and_type(browser, CANARY)
        code = send(browser)
        come_back(browser, f"{shared_site.address}/en/return/#{shared_site.fingerprint}", code)
        browser.type("#text", CANARY)
        written(tmp_path)
        browser.click("#exit")
        until(lambda: "Elsewhere" in browser.script("document.body.innerText"), "the harmless page")
        written(tmp_path)
        context.pages[0].close()  # Firefox keeps closed tabs as well
        digits = code.replace(" ", "").encode()
        kept = [name for name, data in everything(tmp_path) if holds(data) or digits in data or code.encode() in data]
        assert kept == []
        assert not any(b"need-" in data for data in session_files(tmp_path).values())
    kept = [name for name, data in everything(tmp_path) if holds(data) or digits in data]
    assert kept == [], "after Firefox has ended"


def test_firefox_keeps_nothing_that_a_coordinator_types(engine: Playwright, site: Site, tmp_path: Path) -> None:
    submit_request(site, CANARY)
    add_member(site, "kim", by=[HANDLE])
    folder = tmp_path / "profile"
    with firefox_context(engine, folder) as context:
        page = context.pages[0]
        page.set_default_timeout(PATIENCE)
        sign_in(page, site)
        page.get_by_label("Search").fill(CANARY)
        page.get_by_role("listitem").get_by_text(CANARY).wait_for()
        type_everywhere(page, CANARY, "kim")
        written(folder)
        assert [tab for tab in open_pages(folder) if "/en/desk/" in tab["entries"][-1]["url"]], "the control: the desk is there"
        assert not [name for name, data in everything(folder) if holds(data)]
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("heading", name="Desk").wait_for()
    assert not [name for name, data in everything(folder) if holds(data) or PASSPHRASE.encode() in data]


def test_firefox_without_javascript_keeps_no_answer(engine: Playwright, shared_site: Site, tmp_path: Path) -> None:
    """No script can clear the fields here. Firefox does not store form fields with autocomplete="off"."""
    with firefox_context(engine, tmp_path) as context:
        page = context.pages[0]
        context.route("**/*.js", lambda route: route.abort())
        browser = ByPlaywright("firefox", page)
        browser.open(f"{shared_site.address}/nojs/en/")
        browser.click("button[value=need]")
        browser.wait("#need-kinds-groceries")
        for box in page.locator("input:is([type=checkbox], [type=radio])").all()[1:6]:
            box.check(force=True)
        for field in page.locator("main :is(textarea, input[type=text]):visible").all():
            field.fill(CANARY)
        before = page.evaluate(STATES)
        written(tmp_path)
        assert not [name for name, data in everything(tmp_path) if holds(data)]
        assert not any(b"need-" in data for data in session_files(tmp_path).values())
    assert len(before) > 3


def stored(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kept(folder: Path, *others: bytes) -> list[str]:
    """Return the files that hold the typed words or other given ones, also compressed."""
    return [
        name
        for name, data in stored(folder).items()
        if any(holds(part) or any(other in part for other in others) for part in unpacked(data))
    ]


def test_the_control_webkit_stores_what_another_site_keeps(tmp_path: Path) -> None:
    with exit_page() as address, webkit_with_profile(tmp_path) as browser:
        browser.open(address)
        browser.script(f"localStorage.setItem('written', '{CANARY}')")
        browser.script(f"void indexedDB.open('{CANARY}')")
        until(lambda: any("localstorage" in name for name in kept(tmp_path)), "the text in local storage")
        until(lambda: any("indexeddb" in name for name in kept(tmp_path)), "the name of the database")


def test_the_control_a_compressed_text_is_found(tmp_path: Path) -> None:
    for name, compressed in (("gzip", gzip.compress(CANARY.encode())), ("zlib", zlib.compress(CANARY.encode("utf-16-le")))):
        (tmp_path / name).write_bytes(b"head" + compressed + b"tail")
    assert sorted(kept(tmp_path)) == ["gzip", "zlib"]


def test_webkit_keeps_no_answer_in_its_profile(shared_site: Site, tmp_path: Path) -> None:
    with webkit_with_profile(tmp_path) as browser:
        browser.open(f"{shared_site.address}/en/#{shared_site.fingerprint}")
        fill_in(browser, CANARY, ("#need-words", "#need-area", "#need-contact-name", "#need-contact-how"))
        assert kept(tmp_path) == [], "before it is sent"
        code = send(browser)
        come_back(browser, f"{shared_site.address}/en/return/#{shared_site.fingerprint}", code)
        browser.type("#text", CANARY)
        assert CANARY in browser.text("#case")
        digits = (code.encode(), code.replace(" ", "").encode())
        assert kept(tmp_path, *digits) == [], "while it is read"
    address = shared_site.address.encode()
    assert [name for name, data in stored(tmp_path).items() if address in data], "the control: the site is in the profile"
    assert kept(tmp_path, *digits) == [], "after WebKit has ended"
