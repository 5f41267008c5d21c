# ruff: noqa: E501 -- scripts within
"""The form as people use it: step by step, back and forth, on bad lines, with any characters, by keyboard, zoomed in."""

import asyncio
import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from crypto import entry
from crypto.encoding import as_dict, from_dict
from intake.site.form_file import FORMS, MAX_LINE, MAX_TEXT
from tests.e2e.traffic import Traffic
from tests.support import requester
from tests.support.browser import (
    Site,
    ask_for_help,
    begin,
    installation,
    operate,
    reach,
    shown,
    sign_in,
    to_check,
    to_list,
    visit,
)
from tests.support.forked_server import started
from tests.support.world import request

PHONE = {"width": 320, "height": 640}
TARGET = 44  # px that a finger needs


def only(site: Site) -> dict[str, object]:
    """The one case there is, opened."""
    (found,) = json.loads(operate(site, "case", "list", "--json"))
    told: dict[str, object] = json.loads(operate(site, "case", "show", "--json", found["case"]))
    return told


def onward(page: Page) -> None:
    page.locator(".act:visible button").first.click()


def test_one_question_at_a_time_back_and_forth_with_what_was_typed(browser: Browser, site: Site) -> None:
    with visit(browser, viewport=PHONE) as page:
        page.goto(f"{site.address}/en/")
        begin(page)
        expect(page.get_by_text("Question 1 of 7")).to_be_visible()
        assert page.locator(".step:visible").count() == 1
        shown(page).get_by_label("A ride").check()
        expect(page.get_by_text("Question 1 of 8")).to_be_visible()  # how often, for what comes again
        reach(page, "words").fill("to the clinic")
        page.go_back()
        expect(shown(page).get_by_label("A ride")).to_be_checked()
        page.go_forward()
        expect(page.locator("#need-words")).to_have_value("to the clinic")
        page.get_by_role("button", name="Back").click()
        shown(page).get_by_label("A ride").uncheck()
        shown(page).get_by_label("Bail").check()
        expect(page.get_by_text("Question 1 of 7")).to_be_visible()
        to_check(page)
        page.go_back()
        expect(page.locator("#need-days")).to_be_visible()
        page.go_forward()
        page.get_by_role("button", name="Change: What should we know?").click()
        page.locator("#need-words").fill("tomorrow")
        page.get_by_role("button", name="Back to your answers").click()
        expect(page.locator("#answers")).to_contain_text("tomorrow")
        page.get_by_role("button", name="Lock and send").click()
        page.get_by_role("button", name="I have written it down").click()
        page.go_back()
        page.wait_for_timeout(300)
        assert "tomorrow" not in page.content()
    told = only(site)
    assert told["answers"] == {"kinds": ["bail"], "words": ["tomorrow"], "needed-by": [], "area": [], "for-whom": []}


def test_a_question_that_no_longer_applies_is_not_sent(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/")
        begin(page)
        shown(page).get_by_label("A ride").check()
        onward(page)
        onward(page)
        shown(page).get_by_label("Every week").check()
        page.go_back()
        page.go_back()
        shown(page).get_by_label("A ride").uncheck()
        shown(page).get_by_label("Bail").check()
        to_check(page)
        expect(page.locator("#answers")).not_to_contain_text("Every week")
        page.get_by_role("button", name="Lock and send").click()
        page.get_by_role("button", name="I have written it down").click()
    assert "often" not in only(site)["answers"]  # type: ignore[operator]


@pytest.fixture
def on_one_page(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Settings with a form on one page, with a question that must be answered."""
    forms = tmp_path / "forms"
    forms.mkdir()
    text = (FORMS / "need.toml").read_text("utf-8").replace('pages = "steps"', 'pages = "one"')
    (forms / "need.toml").write_text(text.replace('kind = "area"', 'kind = "area"\nrequired = true'), "utf-8")
    return {**environment, "INTAKE_FORMS": str(forms)}


def test_all_on_one_page_says_what_is_missing_and_leads_there(
    browser: Browser, on_one_page: dict[str, str], tmp_path: Path
) -> None:
    with installation(on_one_page, tmp_path) as site:
        for plain in (False, True):
            with visit(browser, java_script_enabled=not plain) as page:
                page.goto(f"{site.address}{'/plain' if plain else ''}/en/")
                if not plain:
                    begin(page)
                    page.get_by_label("How often?").or_(page.locator("#need-often")).wait_for(state="hidden")
                page.locator("#need-words").fill("milk")
                page.get_by_role("button", name="Check your answers").click()
                summary = page.locator("main [role=alert]:visible")
                expect(summary).to_contain_text("“Which part of town?” needs an answer.")
                summary.get_by_role("link").click()
                if not plain:
                    assert page.evaluate("document.activeElement.id") == "need-area"
                    expect(page.locator("#need-area")).to_have_attribute("aria-invalid", "true")
                expect(page.locator("#need-area-error")).to_be_visible()
                page.locator("#need-area").fill("by the bridge")
                page.get_by_role("button", name="Check your answers").click()
                expect(page.locator("#answers")).to_contain_text("by the bridge")


def test_more_than_fits_is_told_as_it_nears_and_refused_before_sending(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if "/api/form/cases" in request.url else None)
        page.goto(f"{site.address}/en/")
        begin(page)
        words = reach(page, "words")
        words.fill("ሀ" * (MAX_TEXT // 3 - 100))  # three bytes each
        expect(page.get_by_text("Room for about 100 more letters.")).to_be_visible()
        words.fill("ሀ" * (MAX_TEXT // 3 + 100))
        expect(
            page.get_by_text("Too long by about 99 letters.").or_(page.get_by_text("Too long by about 100 letters."))
        ).to_be_visible()
        onward(page)
        expect(page.locator(".problems:visible")).to_contain_text("this is too long. Please shorten it.")
        assert len(words.input_value()) == MAX_TEXT // 3 + 100, "nothing is cut off"
        words.fill("ሀ" * (MAX_TEXT // 3))
        reach(page, "area").fill("x" * (MAX_LINE + 1))
        onward(page)
        expect(page.locator(".problems:visible")).to_contain_text("“Which part of town?”: this is too long.")
        page.locator("#need-area").fill("x" * MAX_LINE)
        to_check(page)
        assert sent == []
        page.get_by_role("button", name="Lock and send").click()
        page.get_by_role("button", name="I have written it down").click()
    assert only(site)["answers"]["words"] == ["ሀ" * (MAX_TEXT // 3)]  # type: ignore[index]


HARD = (
    "👩🏽‍👧 e\u0301 \u0928\u094d\u200d\u092f می\u200cخواهم\nline two\u202eevil\u202c \u2066isolate\u2069 a\u200bb\ufeff \U0001f3f4\U000e0067\U000e0062\U000e007f "
    "<b>&amp;</b> \u061c\u200f"
)


def test_whatever_characters_come_back_exactly_and_cannot_turn_the_desks_words_around(browser: Browser, site: Site) -> None:
    with visit(browser) as page, visit(browser) as desk:
        ask_for_help(page, site, HARD)
        assert only(site)["answers"]["words"] == [HARD.strip()]  # type: ignore[index]
        sign_in(desk, site)
        listed = desk.get_by_role("listitem").get_by_text("line two")
        expect(listed).to_contain_text("‹U+202E›evil‹U+202C›")
        listed.click()
        told = desk.locator("dd", has_text="line two")
        words = told.inner_text()
        assert "‹U+202E›evil‹U+202C› ‹U+2066›isolate‹U+2069› a‹U+200B›b‹U+FEFF›" in words
        assert "👩🏽‍👧 e\u0301 \u0928\u094d\u200d\u092f می\u200cخواهم" in words, "joiners that join are left alone"
        assert "\U0001f3f4\U000e0067\U000e0062\U000e007f" in words
        assert "<b>&amp;</b> ‹U+061C›" in words
        assert told.evaluate("one => getComputedStyle(one).unicodeBidi") in ("plaintext", "isolate")
        assert told.get_attribute("dir") == "auto"


def test_digits_of_any_script_are_sealed_as_0_to_9_and_pasted_lines_as_one(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/ar/")
        begin(page, "أحتاج إلى شيء")
        reach(page, "words").fill("اتصلوا على ٠١٢٣ أو اثنين ثلاثة")
        reach(page, "contact")
        page.locator("#need-contact-how").focus()
        page.evaluate(
            """() => { const data = new DataTransfer(); data.setData('text/plain', ' ٠٣٣\\r\\n४५६ ۷۸۹ ');
            document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})) }"""
        )
        expect(page.locator("#need-contact-how")).to_have_value("٠٣٣ ४५६ ۷۸۹")
        to_check(page)
        page.locator("#send button").first.click()
        page.locator("#leave button").click()
    told = only(site)
    assert told["contact"]["how"] == "033 456 789"  # type: ignore[index]
    assert told["answers"]["words"] == ["اتصلوا على ٠١٢٣ أو اثنين ثلاثة"], "what is told in one's own words is left as it is"  # type: ignore[index]
    assert told["language"] == "ar"


def test_a_dropped_connection_is_tried_again_by_itself_as_the_same_request(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/")
        begin(page)
        reach(page, "words").fill("milk")
        to_check(page)
        sent: list[str] = []

        def lose(route: Route) -> None:
            sent.append(str(json.loads(route.request.post_data or "{}")["case"]))
            if len(sent) == 1:
                assert route.fetch().status == 201  # stored, and the answer lost
            if len(sent) < 4:
                route.abort()
            else:
                route.continue_()

        page.route("**/api/form/cases", lose)
        page.get_by_role("button", name="Lock and send").click()
        expect(page.get_by_role("status").get_by_text("The connection dropped. It is tried again by itself")).to_be_visible()
        page.get_by_role("button", name="I have written it down").wait_for()
        assert len(sent) >= 4
        assert len(set(sent)) == 1
        page.get_by_role("button", name="I have written it down").click()
    assert len(json.loads(operate(site, "case", "list", "--json"))) == 1


def test_what_is_typed_before_the_script_has_come_stays(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        held: list[Route] = []
        page.route("**/s/form.*.js", lambda route: held.append(route))
        page.goto(f"{shared_site.address}/en/", wait_until="commit")
        page.get_by_text("I need something", exact=True).click()
        shown(page).get_by_label("A ride").check()
        page.locator("#need-words").fill("typed on a slow line")
        expect(page.get_by_text("One moment: the lock is being loaded.").first).to_be_visible()
        held[0].continue_()
        page.get_by_role("button", name="Check your answers").click()
        expect(page.locator("#answers")).to_contain_text("typed on a slow line")
        expect(page.locator("#answers")).to_contain_text("A ride")


def test_a_link_to_another_page_asks_first_when_something_is_typed(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{shared_site.address}/en/#{shared_site.fingerprint}")
        begin(page)
        reach(page, "words").fill("milk")
        page.locator(".languages summary").click()
        page.get_by_role("link", name="Español").click()
        expect(page.locator("#leaving")).to_contain_text("If you leave this page, what you typed is lost.")
        expect(page.locator("#need-words")).to_have_value("milk")
        page.get_by_role("button", name="Back to your answers").click()
        to_check(page)
        page.get_by_role("link", name="What is kept").click()
        expect(page.locator("#leaving")).to_be_visible()
        page.get_by_role("link", name="Español").click()
        page.locator("#leaving").get_by_role("link", name="Continue").click()
        page.wait_for_url(f"{shared_site.address}/es/#{shared_site.fingerprint}")
        page.go_back()
        page.wait_for_timeout(400)
        assert "milk" not in page.content()
        assert page.locator("#need-words").input_value() == ""


def test_skipping_to_the_content_stays_at_the_question(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        words = reach(page, "words")
        words.fill("milk")
        page.locator(".skip[href='#main']").focus()
        page.keyboard.press("Enter")
        expect(words).to_be_visible()
        assert page.evaluate("document.activeElement.id") == "main"
        onward(page)
        page.go_back()
        expect(words).to_have_value("milk")


def test_while_it_is_sent_nothing_can_be_changed_or_sent_beside_it(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/")
        begin(page)
        reach(page, "words").fill("milk")
        to_check(page)
        held: list[Route] = []
        page.route("**/api/form/cases", lambda route: held.append(route))
        page.get_by_role("button", name="Lock and send").click()
        for _ in range(100):
            if held:
                break
            page.wait_for_timeout(50)
        assert page.locator("#check button:enabled").count() == 0
        page.go_back()
        page.wait_for_timeout(200)
        expect(page.locator("#check")).to_be_visible()
        assert page.locator("#check button:enabled").count() == 0
        held[0].continue_()
        page.get_by_role("button", name="I have written it down").click()
        assert len(held) == 1
    assert only(site)["answers"]["words"] == ["milk"]  # type: ignore[index]


@pytest.mark.parametrize("name", ["constructor", "__proto__", "toString"])
def test_a_request_that_names_what_every_object_has_does_not_stop_the_desk(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def odd(words: str, expires: dt.date, recipients: entry.Recipients) -> entry.Request:
        answers = [
            entry.Answer(question="kinds", text="Checked by Kim", values=[name], labels=[name]),
            entry.Answer(question=name, text="Checked by Kim", values=[name], labels=[name]),
            entry.Answer(question="words", text="x", values=[words], labels=[]),
        ]
        whole = request(words, expires, recipients)
        return from_dict(entry.Request, {**as_dict(whole), "answers": [as_dict(one) for one in answers], "form": form})

    async def send() -> None:
        async with httpx.AsyncClient(base_url=site.address) as client:
            sealed = await requester.seal(client, f"odd {form}", dt.datetime.now(dt.UTC).date())
            assert (await client.post("/api/form/cases", json=sealed.body)).status_code == 201

    monkeypatch.setattr(requester, "content_of", odd)
    for form in ("need", name):  # noqa: B007 -- read by what is called
        with ThreadPoolExecutor(1) as another:  # this thread has the browser's loop
            another.submit(asyncio.run, send()).result()
    with visit(browser) as desk:
        sign_in(desk, site)
        for form in ("need", name):
            desk.get_by_role("listitem").get_by_text(f"odd {form}").click()
            desk.locator("#reply").wait_for()
            expect(desk.get_by_text("As it was asked then: “Checked by Kim”").first).to_be_visible()
            to_list(desk)


def test_the_whole_way_by_keyboard_alone(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/")
        page.locator("html.ready").wait_for()

        def to(selector: str) -> None:
            for _ in range(80):
                if page.evaluate("s => document.activeElement.matches(s)", selector):
                    return
                page.keyboard.press("Tab")
            raise AssertionError(f"{selector} is not reached by Tab")

        to("#form-need > summary")
        page.keyboard.press("Enter")
        to("#need-kinds-ride")
        page.keyboard.press("Space")
        for _ in range(3):
            to(".act button")
            page.keyboard.press("Enter")
        page.wait_for_timeout(100)
        for _ in range(12):
            if page.locator("#check").is_visible():
                break
            to(".act button")
            page.keyboard.press("Enter")
            page.wait_for_timeout(50)
        to("#send button")
        page.keyboard.press("Enter")
        page.locator("#leave button").wait_for()
        to("#leave button")
        page.keyboard.press("Enter")
        expect(page.get_by_text("You can close this page.")).to_be_visible()
    assert only(site)["answers"]["kinds"] == ["ride"]  # type: ignore[index]


def narrow(page: Page, where: str) -> None:
    page.wait_for_load_state()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{where}: {wide} px"


def small_targets(page: Page) -> list[str]:
    """What is smaller than a finger: everything to press or type in except links within sentences (WCAG 2.2, 2.5.8, Inline)."""
    found: list[str] = page.evaluate(
        """(least) => [...document.querySelectorAll('a, button, summary, input, select, textarea')].filter((one) => {
            const box = (one.closest('label.choice') ?? one).getBoundingClientRect();
            const inline = one.matches('p a, li a, td a') && !one.matches('.languages a, .notice li a');
            const there = one.checkVisibility() && box.right > 0 && box.left < innerWidth && !one.matches('.skip, .hide *');
            return there && !inline && (box.height < least - 0.5 || box.width < least - 0.5);
        }).map((one) => one.outerHTML.slice(0, 120) + JSON.stringify(one.getBoundingClientRect()))""",
        TARGET,
    )
    return found


@pytest.mark.parametrize("code", ["en", "ar", "hi", "ru", "am", "vi"])
def test_small_screens_and_400_percent_zoom_need_no_sideways_scrolling_and_targets_fit_a_finger(
    browser: Browser, shared_site: Site, code: str
) -> None:
    # 1280 by 1024 at 400 % is 320 by 256.
    for viewport in (PHONE, {"width": 320, "height": 256}):
        with visit(browser, viewport=viewport) as page:
            traffic = Traffic(page)
            for address in ("", "return/", "about/", "deletions/", "desk/", "desk/enrol/", "poster/"):
                page.goto(f"{shared_site.address}/{code}/{address}")
                traffic.over()
                narrow(page, address)
                assert small_targets(page) == [], address
            page.goto(f"{shared_site.address}/{code}/")
            page.locator("html.ready").wait_for()
            page.locator(".languages summary").click()
            narrow(page, "languages")
            assert small_targets(page) == []
            page.locator("#form-need > summary").click()
            page.locator("#need-kinds-ride").check()
            for _ in range(12):
                if page.locator("#check").is_visible():
                    break
                narrow(page, "a question")
                assert small_targets(page) == []
                onward(page)
            narrow(page, "the check page")
            assert small_targets(page) == []
            page.goto(f"{shared_site.address}/plain/{code}/")
            page.locator("main form button").first.click()
            page.locator(".question").first.wait_for()
            narrow(page, "the plain form")
            assert small_targets(page) == []


def test_the_focus_is_not_hidden_under_the_way_out(browser: Browser, shared_site: Site) -> None:
    with visit(browser, viewport={"width": 320, "height": 256}) as page:
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        for _ in range(40):
            page.keyboard.press("Tab")
        for _ in range(30):
            page.keyboard.press("Shift+Tab")
            hidden = page.evaluate(
                """() => { const [bar, one] = [document.querySelector('.out').getBoundingClientRect(), document.activeElement.getBoundingClientRect()];
                return !document.activeElement.closest('.out') && one.bottom <= bar.bottom && one.top >= bar.top }"""
            )
            assert not hidden, page.evaluate("document.activeElement.outerHTML")


def test_a_changed_form_breaks_no_case_that_is_sealed(browser: Browser, environment: dict[str, str], tmp_path: Path) -> None:
    forms = tmp_path / "forms"
    forms.mkdir()
    text = (FORMS / "need.toml").read_text("utf-8")
    (forms / "need.toml").write_text(text, "utf-8")
    environment = {**environment, "INTAKE_FORMS": str(forms)}
    with installation(environment, tmp_path) as site, visit(browser) as page:
        ask_for_help(page, site, "milk", kinds=["Groceries", "Bail"])
    # One option gone, one called something else, one question gone, another way through it.
    changed = (
        text.replace('  { id = "bail", text = "Bail" },\n', "")
        .replace('"Groceries"', '"Storage"')
        .replace('id = "words"', 'id = "more"')
    )
    (forms / "need.toml").write_text(changed.replace('pages = "steps"', 'pages = "one"'), "utf-8")
    with started(environment, line="serving"), visit(browser) as desk:
        sign_in(desk, site)
        desk.get_by_role("listitem").get_by_text("milk").click()
        desk.locator("#reply").wait_for()
        told = desk.locator("dl").first.inner_text()
        assert "Storage" in told, "in the words of today"
        assert "Bail" in told, "as it was read"
        assert "What should we know?" in told
        assert "milk" in told


def test_forced_colours_and_print_show_what_is_needed(browser: Browser, shared_site: Site) -> None:
    with visit(browser, forced_colors="active") as page:
        page.goto(f"{shared_site.address}/en/")
        page.locator("html.ready").wait_for()
        for button in ("#exit", "#form-need > summary"):
            border = page.locator(button).evaluate(
                "one => getComputedStyle(one).borderTopStyle + getComputedStyle(one).borderTopWidth"
            )
            assert border == "solid2px", "a button is told from a text by its border"
        begin(page)
        page.locator("#need-kinds-ride").check()
        chosen, other = (
            page.locator(f"label:has(#need-kinds-{kind})").evaluate("one => getComputedStyle(one).borderTopWidth")
            for kind in ("ride", "bail")
        )
        assert chosen != other
    with visit(browser) as page:
        ask_for_help(page, shared_site, "milk", keep=False)
        page.emulate_media(media="print")
        expect(page.locator("#code")).to_be_visible()
        for hidden in (".out", "footer", "#leave button"):
            expect(page.locator(hidden).first).to_be_hidden()
