"""A coordinator types into every field of the desk whose words are sealed. The canary tests then search for them."""

import re

from playwright.sync_api import Page, expect

from tests.support.browser import FORM_BUTTON, reach, to_check, to_list
from tests.support.group_words import write_words

HELD_BACK = 11_000  # ms, in which a change of who reads a case can be undone


def type_everywhere(page: Page, words: str, colleague: str) -> None:
    """Write the group's words, a request for someone, a tag, a follow-up, a note and the reason of a hand-over in bulk.

    Begins and ends at the list of a coordinator who holds one case.
    """
    page.clock.install()
    write_words(page, title=words, text=words, tag=words, status=words)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Fill in the form for someone").click()
    fill_in_for_someone(opened.value, words)
    opened.value.close()

    to_list(page)
    page.locator("ul.cases button").first.click()
    page.locator(".tagging input").check()
    expect(page.locator(".tagging .result")).to_be_visible()
    page.get_by_label("What to do").fill(words)
    page.get_by_role("button", name="Tomorrow").click()
    expect(page.locator("#follow-up")).to_contain_text(words)
    page.get_by_label("A new note").fill(words)
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator(".entry").get_by_text(words).first).to_be_visible()

    to_list(page)
    page.get_by_role("button", name="Select cases").click()
    page.get_by_role("checkbox").last.click()
    bar = page.get_by_role("group", name="selected")
    bar.get_by_role("button", name="Hand over").click()
    bar.get_by_label("A colleague").select_option(label=colleague)
    bar.get_by_label("Why do you hand the case over?").fill(words)
    bar.get_by_role("button", name="Hand over").last.click()
    expect(page.locator(".undo")).to_be_visible()
    page.clock.run_for(HELD_BACK)
    expect(page.get_by_text(re.compile("Hand over · Done for 1 case"))).to_be_visible()


def fill_in_for_someone(form: Page, words: str) -> None:
    """Send a request that the member writes down, and confirm its receipt."""
    form.locator("html.ready").wait_for()
    form.get_by_label("By phone").check()
    form.locator("#mark p").wait_for()
    form.locator(".form > summary").first.click()
    form.locator(FORM_BUTTON).first.wait_for()
    reach(form, "words").fill(words)
    to_check(form)
    form.locator("#send button").first.click()
    form.locator("#leave button").first.click()
