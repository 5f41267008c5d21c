"""No page scrolls sideways, with links, long words, emoji, text without spaces or either direction."""

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import Site, begin, come_back, onward, sign_in, tick, to_check, to_list, visit
from tests.support.overflow import fits

LINK = "https://maps.example/place/" + "a1b2c3d4" * 15
WORDS = {
    "a link": LINK,
    "a long word": "Donaudampfschifffahrtsgesellschaftskapitän" * 4,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 20,
    "without spaces": "请帮忙送水和面包到桥边的房子" * 12,
    "from the right": "وشكرالكمعلىالمساعدةالتيقدمتموها" * 6,
    "capitals": "W" * 150,
}


def fill_every_field(page: Page, words: str) -> None:
    """Type into every field of the question that is shown."""
    for field in page.locator("main :is(textarea, input[type=text]):visible").all():
        field.fill(words)


@pytest.mark.parametrize("what", WORDS)
def test_no_page_scrolls_sideways(browser: Browser, shared_site: Site, what: str) -> None:
    words = WORDS[what]
    with visit(browser) as person, visit(browser) as sam:
        person.goto(f"{shared_site.address}/en/")
        begin(person)
        tick(person, "#need-kinds-ride")
        for _ in range(12):
            if person.locator("#check").is_visible():
                break
            fill_every_field(person, words)
            fits(person, "a question")
            onward(person)
        fits(person, "the check page")
        person.get_by_role("button", name="Lock and send").click()
        person.get_by_role("button", name="I have written it down").wait_for()
        fits(person, "the receipt")
        code = person.locator("#code").inner_text()
        person.get_by_role("button", name="I have written it down").click()
        fits(person, "the last page")

        sign_in(sam, shared_site)
        fits(sam, "the list")
        sam.locator("ul.cases li button").first.click()
        sam.get_by_role("heading", name="A request").wait_for()
        sam.get_by_label("Reply", exact=True).fill(words)
        sam.get_by_label("A new note").fill(words)
        fits(sam, "a case")
        sam.get_by_role("button", name="Send the reply").click()
        sam.get_by_text("The reply is sent.").wait_for()
        sam.get_by_label("A new note").fill(words)
        sam.get_by_role("button", name="Keep the note").click()
        sam.get_by_text("The note is kept.").wait_for()
        fits(sam, "a case with a reply and a note")
        to_list(sam)
        fits(sam, "the list with a status")

        come_back(person, shared_site, code)
        fits(person, "the return page")
        person.locator("#text").fill(words)
        person.get_by_role("button", name="Send as a message").click()
        person.get_by_text("Your message is sent.").wait_for()
        fits(person, "the return page with a message")


def test_no_page_without_javascript_scrolls_sideways(browser: Browser, shared_site: Site) -> None:
    for what, words in WORDS.items():
        with visit(browser, java_script_enabled=False) as page:
            page.goto(f"{shared_site.address}/nojs/en/")
            page.locator("main form button").first.click()
            page.locator(".question").first.wait_for()
            fill_every_field(page, words)
            fits(page, f"the form, {what}")
            page.wait_for_timeout(2100)  # the server refuses a page that is sent sooner
            page.get_by_role("button", name="Check your answers").click()
            fits(page, f"the check page, {what}")
            page.get_by_role("button", name="Send", exact=True).click()
            code = page.locator(".code").inner_text()
            fits(page, f"the receipt, {what}")
            page.goto(f"{shared_site.address}/nojs/en/return/")
            page.locator("#code").fill(code)
            page.get_by_role("button", name="Open").click()
            page.locator("#text").fill(words)
            page.get_by_role("button", name="Send as a message").click()
            page.get_by_text("Your message is sent.").wait_for()
            fits(page, f"the return page, {what}")


def test_the_check_page_says_what_to_do(browser: Browser, shared_site: Site) -> None:
    """The names of questions stay readable: a link in one answer does not squeeze the next name."""
    with visit(browser, viewport={"width": 360, "height": 800}) as page:
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        tick(page, "#need-kinds-ride")
        onward(page)
        page.locator("#need-words").fill(LINK)
        to_check(page)
        for change in page.locator("#answers .change button").all():
            box = change.bounding_box()
            assert box
            assert box["x"] + box["width"] <= 360
            assert box["height"] < 60, "the button's word is on one line"
