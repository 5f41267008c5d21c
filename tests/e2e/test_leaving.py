"""A reload, Back, a link or a change of language loses nothing that a person typed or opened."""

import json

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.support.browser import (
    Site,
    ask_for_help,
    begin,
    choose,
    come_back,
    only,
    onward,
    reach,
    tick,
    to_check,
    visit,
)

LEFT = 400  # ms within which the browser would leave a page


class Asked:
    """The questions that the browser asks before it leaves a page. Each is answered with "stay"."""

    def __init__(self, page: Page) -> None:
        self.kinds: list[str] = []
        page.on("dialog", self._stay)

    def _stay(self, dialog: Dialog) -> None:
        self.kinds.append(dialog.type)
        dialog.dismiss()


def stored(page: Page) -> str:
    """Return everything that a page can store beyond its own life."""
    kept: dict[str, object] = page.evaluate(
        """() => ({ local: {...localStorage}, session: {...sessionStorage}, state: history.state, address: location.href,
        cookies: document.cookie, name: window.name })"""
    )
    return json.dumps(kept)


def in_spanish(page: Page) -> None:
    page.locator(".languages summary").click()
    page.get_by_role("link", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")


@pytest.mark.parametrize("way", ["location.reload()", "history.go(-1)"])
def test_a_reload_and_back_past_the_form_ask_once_something_is_typed(browser: Browser, shared_site: Site, way: str) -> None:
    with visit(browser) as page:
        page.goto(f"{shared_site.address}/en/about/")
        page.goto(f"{shared_site.address}/en/")
        asked = Asked(page)
        begin(page)
        tick(page, "#need-kinds-ride")
        onward(page)
        words = page.locator("#need-words")
        words.fill("milk")
        if way != "location.reload()":
            page.evaluate("history.go(-history.state.depth)")
            page.locator("#start").wait_for()
        with page.expect_event("dialog"):
            page.evaluate(way)
        page.wait_for_timeout(LEFT)
        assert asked.kinds == ["beforeunload"]
        expect(words).to_have_value("milk")


def test_nothing_is_asked_before_something_is_typed_nor_at_a_quick_exit(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        asked = Asked(page)
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        page.get_by_role("link", name="For coordinators").click()
        page.wait_for_url("**/desk/")
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        reach(page, "words").fill("milk")
        page.route("**/*wikipedia*/**", lambda route: route.fulfill(body="elsewhere"))
        page.locator("#exit").click()
        page.get_by_text("elsewhere").wait_for()
        assert asked.kinds == []


def test_a_link_asks_with_buttons_that_name_what_they_do(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        reach(page, "words").fill("milk")
        asked = Asked(page)
        page.locator("footer").get_by_role("link").first.click()
        expect(page.locator("#leaving")).to_contain_text("If you leave this page, what you typed is lost.")
        page.get_by_role("button", name="Stay").click()
        expect(page.locator("#leaving")).to_be_hidden()
        expect(page.locator("#need-words")).to_have_value("milk")
        page.locator("footer").get_by_role("link").first.click()
        page.get_by_role("link", name="Leave and lose your answers").click()
        page.wait_for_url("**/about/")
        assert asked.kinds == [], "the page does not ask again after an answer"


def test_pulling_down_does_not_load_a_page_again(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        for address in ("en/", "en/return/", "nojs/en/"):
            page.goto(f"{shared_site.address}/{address}")
            assert page.evaluate("getComputedStyle(document.documentElement).overscrollBehaviorY") == "contain"


def test_another_language_keeps_the_question_and_every_answer_only_in_memory(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/#{site.fingerprint}")
        begin(page)
        choose(page, "A ride")
        reach(page, "words").fill("leche para dos")
        onward(page)
        page.locator("#need-often-weekly").check()
        in_spanish(page)
        words = page.locator("#need-words")
        expect(page.locator("#need-often-weekly")).to_be_visible()
        expect(page.locator("#need-often-weekly")).to_be_checked()
        assert page.locator(".step:visible").count() == 1
        assert page.evaluate("location.pathname + location.hash") == f"/es/#{site.fingerprint}"
        assert "leche" not in stored(page)
        expect(page.locator("#need-kinds-ride")).to_be_checked()
        page.go_back()
        expect(words).to_be_visible()
        expect(words).to_have_value("leche para dos")
        assert page.evaluate("location.pathname") == "/es/"
        to_check(page)
        page.locator(".languages summary").click()
        page.get_by_role("link", name="العربية").click()
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        expect(page.locator("#answers")).to_contain_text("leche para dos")
        page.locator("#send button").first.click()
        page.locator("#leave button").click()
    request = only(site)
    assert request["language"] == "ar"
    answers: dict[str, list[str]] = request["answers"]  # type: ignore[assignment]
    assert (answers["kinds"], answers["often"], answers["words"]) == (["ride"], ["weekly"], ["leche para dos"])


def test_without_an_answer_from_the_server_a_change_of_language_asks(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        reach(page, "words").fill("milk")
        page.route("**/es/", lambda route: route.abort())
        page.locator(".languages summary").click()
        page.get_by_role("link", name="Español").click()
        expect(page.locator("#leaving")).to_be_visible()
        expect(page.locator("#need-words")).to_have_value("milk")


def test_an_opened_request_and_a_half_written_message_survive_a_change_of_language(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        code = ask_for_help(page, site, "milk for two")
        come_back(page, site, code)
        asked = Asked(page)
        with page.expect_event("dialog"):
            page.evaluate("location.reload()")
        page.wait_for_timeout(LEFT)
        assert asked.kinds == ["beforeunload"], "an opened request"
        page.locator("footer").get_by_role("link").first.click()
        expect(page.locator("#leaving")).to_contain_text("your request closes")
        page.get_by_role("button", name="Stay").click()
        page.locator("#text").fill("still the same")
        in_spanish(page)
        expect(page.locator("#case")).to_contain_text("milk for two")
        expect(page.locator("#text")).to_have_value("still the same")
        assert "still the same" not in stored(page)
        page.locator("footer").get_by_role("link").first.click()
        expect(page.locator("#leaving")).to_be_visible()
        page.locator("#leaving button").click()
        page.locator("#case .actions button").first.click()
        expect(page.locator("#case .entry").last).to_contain_text("still the same")
