"""The desk and the form for someone after a change of language: names, results and choices fit the new language."""

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import requester, submitted
from tests.support.browser import FORM_BUTTON, PASSPHRASE, Site, listed, reach, sign_in, to_check, visit
from tests.support.browser_languages import in_language
from tests.support.submitted import submit_request

ARABIC = re.compile("[\u0621-\u064a]")


def says_in_arabic(message: Locator, english: str) -> None:
    """Check that a message was in English, and is in Arabic after a change of language."""
    expect(message).to_contain_text(english)
    in_arabic(message.page)
    expect(message).to_contain_text(ARABIC)
    expect(message).not_to_contain_text(english)


def in_arabic(page: Page) -> None:
    page.locator(".languages summary").click()
    page.locator(".languages a[lang=ar]").click()
    page.locator("html[lang=ar]").wait_for()


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


def test_after_a_change_of_language_a_result_and_the_title_are_in_the_new_language(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        sign_in(page, site)
        page.locator("#cases button").first.click()
        page.get_by_label("A new note").fill("called")
        page.get_by_role("button", name="Keep the note").click()
        says_in_arabic(page.locator(".actions:has(> button) .result"), "The note is kept.")
        expect(page).to_have_title(ARABIC)


def test_after_a_change_of_language_the_reason_against_a_day_of_a_follow_up_is_in_the_new_language(
    browser: Browser, site: Site
) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        sign_in(page, site)
        page.locator("#cases button").first.click()
        page.locator("summary", has_text="On another day").click()
        page.get_by_role("button", name="Set this day").click()
        says_in_arabic(page.get_by_role("alert"), "Choose today or a later day.")


def test_after_a_change_of_language_the_messages_of_a_paper_code_are_in_the_new_language(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.context.grant_permissions(["clipboard-write"])
        sign_in(page, site)
        page.get_by_role("button", name="My keys").click()
        page.locator("#proof").fill(PASSPHRASE)
        page.get_by_role("button", name="Make a new paper code").click()
        page.get_by_role("button", name="Copy").click()
        says_in_arabic(page.locator("#desk > [role=status]").last, "Copied.")
        in_language(page, "en")
        page.get_by_role("button", name="I have written it down").click()
        page.locator("#entered").fill("1234")
        page.get_by_role("button", name="Check the code").click()
        says_in_arabic(page.get_by_role("alert"), "Look at your paper again.")


def test_after_a_change_of_language_what_was_done_in_the_group_and_with_keys_is_said_in_the_new_language(
    browser: Browser, site: Site
) -> None:
    with visit(browser) as page:
        sign_in(page, site)
        said = page.locator("#desk > .about[role=status]")
        page.locator(".menu button").nth(1).click()
        page.locator("#quorum").fill("2")
        page.locator(".field", has=page.locator("#quorum")).get_by_role("button", name="Propose").click()
        says_in_arabic(said, "It is signed.")
        in_language(page, "en")
        page.get_by_role("button", name="My keys").click()
        page.get_by_role("button", name="Renew now").click()
        says_in_arabic(page.locator(".actions .result"), "Your keys are renewed.")


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
