"""The desk and the form for someone after a change of language: names, results and choices fit the new language."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.support import requester, submitted
from tests.support.browser import FORM_BUTTON, Site, listed, reach, sign_in, to_check, visit
from tests.support.submitted import submit_request

ARABIC = re.compile("[\u0621-\u064a]")


def in_arabic(page: Page) -> None:
    page.locator(".languages summary").click()
    page.locator(".languages a[lang=ar]").click()
    expect(page.locator("html")).to_have_attribute("lang", "ar")


def test_in_arabic_the_holders_are_joined_as_arabic_joins_names_and_without_a_latin_comma(
    browser: Browser, of_three: Site
) -> None:
    submit_request(of_three, "milk")
    holder = "Sam" if listed(of_three, "Sam") else "kim"
    with visit(browser) as page:
        sign_in(page, of_three, holder)
        page.locator("#cases button").first.click()
        expect(page.locator("#holders bdi")).to_have_count(2)
        in_arabic(page)
        expect(page.locator("#holders")).to_contain_text(" و")
        expect(page.locator("#holders")).not_to_contain_text(",")


def test_in_arabic_a_question_of_an_earlier_form_is_shown_without_the_numbers_of_invisible_marks(
    browser: Browser, site: Site
) -> None:
    submitted.run(requester.sent(site.address, 1))  # of a form that this group does not have
    with visit(browser) as page:
        sign_in(page, site)
        page.locator("#cases button").first.click()
        expect(page.locator("dt").first).to_contain_text("In your words")
        in_arabic(page)
        expect(page.locator("dt").first).to_contain_text("In your words")
        expect(page.locator("dt").first).not_to_contain_text("U+")


def test_after_a_change_of_language_no_result_of_an_action_is_left_in_the_former_language(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        sign_in(page, site)
        page.locator("#cases button").first.click()
        page.get_by_label("A new note").fill("called")
        page.get_by_role("button", name="Keep the note").click()
        expect(page.get_by_text("The note is kept.")).to_be_visible()
        in_arabic(page)
        expect(page.locator(".entry", has_text="called")).to_be_visible()
        expect(page.get_by_text("The note is kept.")).to_be_hidden()


def test_after_a_change_of_language_a_failure_is_said_in_the_new_language(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        sign_in(page, site)
        page.locator("#cases button").first.click()
        page.get_by_label("A new note").fill("called")
        page.route("**/entries", lambda route: route.abort())
        page.get_by_role("button", name="Keep the note").click()
        failure = page.get_by_role("alert")
        expect(failure).to_contain_text("Check your connection")
        in_arabic(page)
        expect(failure).to_contain_text(ARABIC)
        expect(failure).not_to_contain_text("connection")


def test_after_a_change_of_language_what_can_be_undone_is_said_in_the_new_language(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        sign_in(page, site)
        page.get_by_role("button", name="Select cases").click()
        page.get_by_role("checkbox").first.click()
        page.evaluate("globalThis.setInterval = () => 1")  # the ten seconds do not end
        bar = page.get_by_role("group", name="selected")
        bar.get_by_role("button", name="Status").click()
        bar.get_by_role("button", name="Done").click()
        expect(page.locator(".undos")).to_contain_text("Status: Done · Done for 1 case.")
        in_arabic(page)
        expect(page.locator(".undos p")).to_contain_text(ARABIC)
        expect(page.locator(".undos p")).not_to_contain_text("Done")


def by_phone(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/en/desk/for-someone/#{site.fingerprint}")
    page.locator("html.ready").wait_for()
    page.get_by_label("By phone").check()
    page.locator("#mark p").wait_for()


def test_a_change_of_language_keeps_how_the_request_came_before_anything_is_typed(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        by_phone(page, site)
        in_arabic(page)
        expect(page.locator("[name=channel][value=phone]")).to_be_checked()


def test_a_reload_keeps_how_the_request_came_and_asks_the_desk_again(browser: Browser, site: Site) -> None:
    with visit(browser) as desk:
        sign_in(desk, site)
        form = desk.context.new_page()
        by_phone(form, site)
        form.reload()
        expect(form.get_by_label("By phone")).to_be_checked()
        expect(form.locator("#mark")).to_contain_text("by phone")


def test_after_a_request_is_sent_a_reload_asks_how_the_next_one_came(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        by_phone(page, site)
        page.locator(".form > summary").first.click()
        page.locator(FORM_BUTTON).first.wait_for()
        reach(page, "words").fill("milk")
        to_check(page)
        page.locator("#send button").first.click()
        page.locator("#leave button").first.click()
        page.reload()
        page.locator("html.ready").wait_for()
        expect(page.get_by_label("By phone")).not_to_be_checked()
