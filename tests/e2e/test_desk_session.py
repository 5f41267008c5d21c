"""Drafts, sessions, a case's last day, addresses and keys at the desk: what ends, and what is kept."""

import datetime as dt
import json
import re
import subprocess

from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browser import PASSPHRASE, Site, come_back, listed, operate, sign_in, to_list, visit
from tests.support.changed_answers import fulfil
from tests.support.processes import INTAKE
from tests.support.submitted import submit_request

SOON = 10_000  # ms within which an ended session or an expired case leaves the screen


def open_case(page: Page, words: str = "milk") -> None:
    page.get_by_role("listitem").get_by_text(words).click()
    page.get_by_role("heading", name="A request").wait_for()


def sign_in_again(page: Page) -> None:
    """Sign in on the page as it is. After a session, the page still shows the sign-in name."""
    page.get_by_label("Handle").fill("Sam")
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in").click()


def test_drafts_of_each_field_appear_in_another_browser_and_the_server_cannot_read_them(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.post_data or ""))
        sign_in(page, site)
        open_case(page)
        page.get_by_label("Reply").fill("We can bring it on Thu")
        page.get_by_label("A new note").fill("ask about the st")
        with page.expect_response("**/draft"):
            pass
        to_list(page)
        open_case(page)
        expect(page.get_by_label("Reply")).to_have_value("We can bring it on Thu")
        page.wait_for_timeout(1500)
        assert not [body for body in sent if "bring it" in body or "ask about" in body]
        page.goto("about:blank")  # the tab is closed without a question
    with visit(browser) as page:
        sign_in(page, site)
        open_case(page)
        expect(page.get_by_label("Reply")).to_have_value("We can bring it on Thu")
        expect(page.get_by_label("A new note")).to_have_value("ask about the st")
        page.get_by_role("button", name="Send the reply").click()
        expect(page.get_by_text("The reply is sent.")).to_be_visible()
        expect(page.get_by_label("A new note")).to_have_value("ask about the st")


def test_sign_out_without_a_connection_asks_before_text_is_lost(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        sign_in(page, site)
        open_case(page)
        page.route("**/draft", lambda route: route.abort())
        page.get_by_label("Reply").fill("half")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("alert").first).to_contain_text("could not be stored")
        page.get_by_role("button", name="Stay").click()
        expect(page.get_by_label("Reply")).to_have_value("half")
        page.unroute("**/draft")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()
        sign_in_again(page)
        open_case(page)
        expect(page.get_by_label("Reply")).to_have_value("half")


def test_an_ended_session_leaves_every_tab_within_ten_seconds_and_its_drafts_return_after_sign_in(
    browser: Browser, site: Site
) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        sign_in(page, site)
        open_case(page)
        page.get_by_label("Reply").fill("half-written")
        subprocess.run([INTAKE, "sessions", "end", "--all"], env=site.environment, capture_output=True, check=True)
        expect(page.get_by_text("Your session has ended.")).to_be_visible(timeout=SOON)
        assert "milk" not in page.content()
        assert "half-written" not in page.content()
        sign_in_again(page)
        page.get_by_role("heading", name="A request").wait_for()
        expect(page.get_by_label("Reply")).to_have_value("half-written")


def test_a_draft_that_was_not_stored_when_its_session_ended_returns_after_sign_in(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        sign_in(page, site)
        open_case(page)
        page.route("**/draft", lambda route: route.abort())
        page.get_by_label("Reply").fill("half-written")
        subprocess.run([INTAKE, "sessions", "end", "--all"], env=site.environment, capture_output=True, check=True)
        expect(page.get_by_text("Your session has ended.")).to_be_visible(timeout=SOON)
        page.unroute("**/draft")
        sign_in_again(page)
        page.get_by_role("heading", name="A request").wait_for()
        expect(page.get_by_label("Reply")).to_have_value("half-written")


def test_an_expired_case_leaves_the_screen_within_ten_seconds(browser: Browser, site: Site) -> None:
    submit_request(site, "milk", days=1)
    midnight = dt.datetime.combine(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1), dt.time(), dt.UTC)

    def shortened(route: Route) -> None:
        fulfil(route, lambda answer: {**answer, "expires": midnight.date().isoformat()})

    with visit(browser) as page:
        page.clock.install(time=midnight - dt.timedelta(minutes=10))
        sign_in(page, site)
        page.route(re.compile(r"/api/desk/cases/[\w-]{22}$"), shortened)
        open_case(page)
        page.clock.set_system_time(midnight - dt.timedelta(seconds=1))
        page.clock.run_for(SOON)
        expect(page.get_by_text("its day has come")).to_be_visible(timeout=SOON)
        expect(page.get_by_role("heading", name="A request")).to_have_count(0)


def test_back_forward_or_reload_keeps_the_desk_and_no_address_names_a_case(browser: Browser, site: Site) -> None:
    with visit(browser) as person:
        for number in range(12):
            submit_request(site, f"milk number {number:02}")
        page = person
        sign_in(page, site)
        expect(page.locator("#cases > li")).to_have_count(12)
        case = [row["case"] for row in json.loads(operate(site, "case", "list", "--json"))]
        page.locator("#cases > li").last.scroll_into_view_if_needed()
        before = page.evaluate("scrollY")
        assert before > 200
        page.locator("#cases > li button").last.click()
        page.get_by_role("heading", name="A request").wait_for()
        page.wait_for_function("location.hash.startsWith('#/cases/')")
        address = page.evaluate("location.hash")
        assert len(address) == len("#/cases/") + 8
        assert not any(address[8:] in id_ or id_[:6] in address for id_ in case)
        page.go_back()
        page.get_by_role("heading", name="Your cases").wait_for()
        assert abs(page.evaluate("scrollY") - before) < 150
        page.go_forward()
        page.get_by_role("heading", name="A request").wait_for()
        shown = page.locator("dd").first.inner_text()
        page.reload()
        expect(page.get_by_text("your keys are gone")).to_be_visible()
        assert "milk" not in page.content()
        sign_in_again(page)
        page.get_by_role("heading", name="A request").wait_for()
        assert page.locator("dd").first.inner_text() == shown
        page.get_by_role("button", name="Group", exact=True).click()
        page.get_by_role("heading", name="Group", exact=True).wait_for()
        assert page.evaluate("location.hash") == "#/group"
        page.go_back()
        page.get_by_role("heading", name="A request").wait_for()


def test_another_language_and_the_links_of_the_page_keep_the_session(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        sign_in(page, site)
        open_case(page)
        page.get_by_label("Reply").fill("half")
        page.locator(".languages summary").click()
        page.get_by_role("link", name="Español").click()
        expect(page.locator("html")).to_have_attribute("lang", "es")
        expect(page.locator("#reply")).to_have_value("half")
        expect(page.locator("dd", has_text="milk")).to_be_visible()
        with page.expect_popup() as opened:
            page.locator("footer a").first.click()
        assert "/es/about/" in opened.value.url
        expect(page.locator("#reply")).to_have_value("half")


def test_the_recipient_of_a_case_is_named_before_keys_are_written(browser: Browser, of_three: Site) -> None:
    submit_request(of_three, "milk")
    holder = next(handle for handle in ("Sam", "kim") if "milk" in listed(of_three, handle))
    with visit(browser) as page:
        sign_in(page, of_three, holder)
        open_case(page)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if request.method != "GET" else None)
        name = page.get_by_label("A colleague").locator("option").last.inner_text()
        page.get_by_label("A colleague").select_option(label=name)
        for button, words in (
            ("Share", "will read everything"),
            ("Hand over", "instead of you"),
            ("I can no longer help", "You give up"),
        ):
            page.get_by_role("button", name=button).click()
            question = page.get_by_text(words)
            expect(question).to_be_visible()
            if button != "I can no longer help":
                expect(question).to_contain_text(name)
            page.get_by_role("button", name="No", exact=True).click()
        assert not [url for url in asked if url.endswith(("/grants", "/entries"))]


def test_a_closed_case_is_shown_as_closed_until_a_coordinator_or_its_requester_opens_it_again(
    browser: Browser, site: Site
) -> None:
    with visit(browser) as person, visit(browser) as page:
        code = submit_request(site, "milk")
        sign_in(page, site)

        def close() -> None:
            page.get_by_role("button", name="Close this case").click()
            expect(page.get_by_text("The case is closed and will be deleted on")).to_be_visible()

        open_case(page)
        close()
        page.get_by_text("More filters").click()
        page.get_by_label("Closed ones as well").check()
        open_case(page)
        expect(page.get_by_text("This case is closed.")).to_be_visible()
        expect(page.get_by_label("Reply")).to_have_count(0)
        come_back(person, site, code)
        expect(person.get_by_text("The group closed your request on")).to_be_visible()
        page.get_by_role("button", name="Open this case again").click()
        expect(page.get_by_label("Reply")).to_be_visible()
        come_back(person, site, code)
        expect(person.get_by_text("The group read your request on")).to_be_visible()
        close()
        open_case(page)
        come_back(person, site, code)
        person.get_by_label("Write to the group").fill("still there?")
        person.get_by_role("button", name="Send as a message").click()
        expect(person.get_by_text("Your message is sent.")).to_be_visible()
        expect(page.get_by_label("Reply")).to_be_visible()


def test_single_key_shortcuts_work_except_while_somebody_types(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        for number in range(3):
            submit_request(site, f"milk {number}")
        sign_in(page, site)
        expect(page.locator("#cases > li")).to_have_count(3)
        rows = page.locator("#cases > li button")
        page.keyboard.press("j")
        expect(rows.nth(0)).to_be_focused()
        page.keyboard.press("j")
        expect(rows.nth(1)).to_be_focused()
        page.keyboard.press("k")
        expect(rows.nth(0)).to_be_focused()
        page.keyboard.press("Control+j")
        expect(rows.nth(0)).to_be_focused()
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="A request").wait_for()
        first = page.locator("dd").first.inner_text()
        page.keyboard.press("r")
        expect(page.get_by_label("Reply")).to_be_focused()
        page.keyboard.type("jkrns?/")
        expect(page.get_by_label("Reply")).to_have_value("jkrns?/")
        page.locator("h1").focus()
        present = page.get_by_role("radiogroup", name="Status").get_by_role("radio", checked=True)
        for key, target in (("n", page.get_by_label("A new note")), ("s", present)):
            page.keyboard.press(key)
            expect(target).to_be_focused()
            page.locator("h1").focus()
        page.keyboard.press("j")
        expect(page.locator("dd").first).not_to_have_text(first)
        page.locator("h1").focus()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("Write a reply")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("/")
        page.get_by_role("heading", name="Your cases").wait_for()
        page.keyboard.press("/")
        expect(page.get_by_label("Search")).to_be_focused()
