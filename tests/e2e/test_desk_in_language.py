"""The desk after a change of language: names, results and what can be undone are in the new language."""

from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Site, listed, sign_in, visit
from tests.support.submitted import submit_request


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
