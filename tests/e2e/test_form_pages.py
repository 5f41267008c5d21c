"""People use the form step by step, back and forth, on slow connections, with any characters, by keyboard and zoomed in."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from intake.site.form_file import FORMS, MAX_LINE, MAX_TEXT
from tests.support.browser import (
    PHONE,
    Site,
    begin,
    choose,
    installation,
    only,
    onward,
    reach,
    shown,
    to_check,
    visit,
)


def test_back_and_forward_keep_the_typed_answers_one_question_at_a_time(browser: Browser, site: Site) -> None:
    with visit(browser, viewport=PHONE) as page:
        page.goto(f"{site.address}/en/")
        begin(page)
        expect(page.get_by_text("Question 1 of 7")).to_be_visible()
        assert page.locator(".step:visible").count() == 1
        choose(page, "A ride")
        expect(page.get_by_text("Question 1 of 8")).to_be_visible()  # how often, for a page that appears more than once
        reach(page, "words").fill("to the clinic")
        page.go_back()
        expect(shown(page).get_by_label("A ride")).to_be_checked()
        page.go_forward()
        expect(page.locator("#need-words")).to_have_value("to the clinic")
        page.get_by_role("button", name="Back").click()
        shown(page).get_by_label("A ride").uncheck()
        shown(page).get_by_label("Clothes").check()
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
    request = only(site)
    assert request["answers"] == {"kinds": ["clothing"], "words": ["tomorrow"], "needed-by": [], "area": [], "for-whom": []}


def test_a_question_that_no_longer_applies_is_not_sent(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/")
        begin(page)
        choose(page, "A ride")
        onward(page)
        onward(page)
        shown(page).get_by_label("Every week").check()
        page.go_back()
        page.go_back()
        shown(page).get_by_label("A ride").uncheck()
        shown(page).get_by_label("Clothes").check()
        to_check(page)
        expect(page.locator("#answers")).not_to_contain_text("Every week")
        page.get_by_role("button", name="Lock and send").click()
        page.get_by_role("button", name="I have written it down").click()
    assert "often" not in only(site)["answers"]  # type: ignore[operator]


def test_change_on_the_check_page_asks_each_question_that_newly_applies(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/")
        begin(page)
        shown(page).get_by_label("Clothes").check()
        to_check(page)
        page.get_by_role("button", name="Change: What would help?").click()
        choose(page, "A ride")
        page.get_by_role("button", name="Back to your answers").click()
        expect(page.locator("#need-often")).to_be_visible()
        shown(page).get_by_label("Every week").check()
        page.get_by_role("button", name="Back to your answers").click()
        expect(page.locator("#answers")).to_contain_text("Every week")
        page.get_by_role("button", name="Change: What would help?").click()
        page.get_by_role("button", name="Back to your answers").click()
        expect(page.locator("#answers")).to_be_visible()  # a question that was asked before is not asked again


def test_an_empty_form_is_refused_after_the_last_question_that_could_make_a_request(
    browser: Browser, shared_site: Site
) -> None:
    with visit(browser) as page:
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        expect(page.locator("#need-kinds-needed")).to_contain_text("Choose a kind of help or write something")
        reach(page, "words")
        onward(page)
        expect(page.locator(".problems:visible")).to_contain_text("Choose a kind of help or write something")
        expect(page.locator("#need-words")).to_be_visible()
        page.locator("#need-words").fill("milk")
        onward(page)
        expect(page.locator("#need-needed-by")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_a_sensitive_option_cannot_be_read_before_its_group_is_opened(
    browser: Browser, shared_site: Site, *, script: bool
) -> None:
    with visit(browser, java_script_enabled=script) as page:
        page.goto(f"{shared_site.address}{'' if script else '/nojs'}/en/")
        if script:
            begin(page)
        else:
            page.get_by_role("button", name="I need something").click()
        form = shown(page) if script else page.locator("main")
        bail, heading = form.get_by_label("Bail", exact=True), form.get_by_text("Health, safety and the law")
        expect(form.get_by_label("Groceries", exact=True)).to_be_visible()
        expect(bail).to_be_hidden()
        heading.click()
        bail.check()
        heading.click()
        expect(bail).to_be_hidden()
        if script:
            expect(heading).to_contain_text("1 chosen")
        else:
            page.get_by_role("button", name="Check your answers").click()
            page.get_by_role("button", name="Change something").click()
            expect(heading).to_contain_text("1 chosen")
            expect(bail).to_be_hidden()
            assert bail.is_checked()


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_of_a_long_list_the_first_group_is_open_and_the_headings_fit_a_small_screen(
    browser: Browser, shared_site: Site, *, script: bool
) -> None:
    with visit(browser, java_script_enabled=script, viewport={"width": 360, "height": 740}) as page:
        page.goto(f"{shared_site.address}{'' if script else '/nojs'}/en/")
        if script:
            begin(page)
        else:
            page.get_by_role("button", name="I need something").click()
        groups = page.locator("#need-kinds details.options")
        assert groups.evaluate_all("groups => groups.map(group => group.open)") == [True, False, False, False, False]
        first, last = groups.first.bounding_box(), groups.last.bounding_box()
        assert first
        assert last
        assert last["y"] + last["height"] - first["y"] < 740, "one screen shows all headings"


def test_a_search_shows_matching_options_and_restores_the_list_afterwards(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        form = shown(page)
        search, bail = form.get_by_label("Search this list"), form.get_by_label("Bail", exact=True)
        search.fill("baIl")
        expect(bail).to_be_visible()
        assert form.locator(".choice:visible").count() == 1
        bail.check()
        search.fill("nothing like this")
        expect(form.get_by_text("Nothing in this list matches.")).to_be_visible()
        search.fill("")
        expect(bail).to_be_hidden()
        expect(form.get_by_label("Groceries", exact=True)).to_be_visible()
        expect(form.get_by_text("Health, safety and the law")).to_contain_text("1 chosen")
        to_check(page)
        expect(page.locator("#answers")).to_contain_text("Bail")


@pytest.fixture
def on_one_page(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return settings with a form on one page that has a required question."""
    forms = tmp_path / "forms"
    forms.mkdir()
    text = (FORMS / "need.toml").read_text("utf-8").replace('pages = "steps"', 'pages = "one"')
    (forms / "need.toml").write_text(text.replace('kind = "area"', 'kind = "area"\nrequired = true'), "utf-8")
    return {**environment, "INTAKE_FORMS": str(forms)}


def test_the_one_page_form_names_missing_answers_and_links_to_them(
    browser: Browser, on_one_page: dict[str, str], tmp_path: Path
) -> None:
    with installation(on_one_page, tmp_path) as site:
        for nojs in (False, True):
            with visit(browser, java_script_enabled=not nojs) as page:
                page.goto(f"{site.address}{'/nojs' if nojs else ''}/en/")
                if not nojs:
                    begin(page)
                    page.get_by_label("How often?").or_(page.locator("#need-often")).wait_for(state="hidden")
                page.locator("#need-words").fill("milk")
                page.get_by_role("button", name="Check your answers").click()
                summary = page.locator("main [role=alert]:visible")
                expect(summary).to_contain_text("“Which part of town?” needs an answer.")
                summary.get_by_role("link").click()
                if not nojs:
                    assert page.evaluate("document.activeElement.id") == "need-area"
                    expect(page.locator("#need-area")).to_have_attribute("aria-invalid", "true")
                expect(page.locator("#need-area-error")).to_be_visible()
                page.locator("#need-area").fill("by the bridge")
                page.get_by_role("button", name="Check your answers").click()
                expect(page.locator("#answers")).to_contain_text("by the bridge")


def test_a_text_near_its_limit_shows_a_counter_and_one_beyond_it_is_not_sent(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if "/api/form/cases" in request.url else None)
        page.goto(f"{site.address}/en/")
        begin(page)
        words = reach(page, "words")
        words.fill("ሀ" * (MAX_TEXT // 3 - 100))  # three bytes each
        expect(page.get_by_text("Room for about 100 more characters.")).to_be_visible()
        words.fill("ሀ" * (MAX_TEXT // 3 + 100))
        expect(
            page.get_by_text("Too long by about 99 characters.").or_(page.get_by_text("Too long by about 100 characters."))
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


def test_text_typed_before_the_script_loads_stays(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        held: list[Route] = []
        page.route("**/s/form.*.js", lambda route: held.append(route))
        page.goto(f"{shared_site.address}/en/", wait_until="commit")
        page.get_by_text("I need something", exact=True).click()
        choose(page, "A ride")
        page.locator("#need-words").fill("typed on a slow line")
        expect(page.get_by_text("Please wait a moment while the lock loads.").first).to_be_visible()
        held[0].continue_()
        page.get_by_role("button", name="Check your answers").click()
        expect(page.locator("#answers")).to_contain_text("typed on a slow line")
        expect(page.locator("#answers")).to_contain_text("A ride")


def test_a_link_to_another_page_asks_first_when_something_is_typed(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{shared_site.address}/en/#{shared_site.fingerprint}")
        begin(page)
        reach(page, "words").fill("milk")
        page.get_by_role("link", name="What we keep").click()
        expect(page.locator("#leaving")).to_contain_text("If you leave this page, what you typed is lost.")
        expect(page.locator("#need-words")).to_have_value("milk")
        page.get_by_role("button", name="Stay").click()
        to_check(page)
        page.get_by_role("link", name="What we keep").click()
        page.locator("#leaving").get_by_role("link", name="Leave and lose your answers").click()
        page.wait_for_url(f"{shared_site.address}/en/about/*")
        page.go_back()
        page.wait_for_timeout(400)
        assert "milk" not in page.content()
        assert page.locator("#need-words").input_value() == ""


def test_skipping_to_the_content_keeps_the_current_question(browser: Browser, shared_site: Site) -> None:
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
