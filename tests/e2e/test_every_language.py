# ruff: noqa: E501 -- languages
"""In each language, a person fills in and sends a request, and a coordinator reads exactly the same text."""

import json

import pytest
from playwright.sync_api import Browser, expect

from intake.site import form_file
from intake.site.languages import languages
from tests.support.browser import HANDLE, PASSPHRASE, Site, operate, visit
from tests.support.browser_languages import NEED, TYPED, fill_in


def test_there_is_something_typed_in_each_language() -> None:
    assert set(TYPED) == set(languages())


@pytest.mark.parametrize("code", list(languages()))
def test_a_request_in_each_language_is_sent_and_read_back_exactly(browser: Browser, shared_site: Site, code: str) -> None:
    language = languages()[code]
    with visit(browser, viewport={"width": 360, "height": 740}) as page:
        fill_in(page, shared_site, language)
        page.locator("#send button").first.click()
        page.locator("#leave button").click()
    cases = json.loads(operate(shared_site, "case", "list", "--json"))
    (case,) = [row["case"] for row in cases if row["line"] == TYPED[code]]
    request = json.loads(operate(shared_site, "case", "show", "--json", case))
    assert request["language"] == code
    assert request["answers"] == {
        "kinds": ["groceries"], "words": [TYPED[code]], "often": ["weekly"], "needed-by": [], "area": [TYPED[code]], "for-whom": [],
    }  # fmt: skip
    with visit(browser) as desk:
        desk.goto(f"{shared_site.address}/{code}/desk/")
        desk.locator("#handle").fill(HANDLE)
        desk.locator("#secret").fill(PASSPHRASE)
        desk.locator("#desk form button").first.click()
        desk.locator("#desk li").first.wait_for()
        expect(desk.locator("progress")).to_have_count(0)  # rows move while cases are opened
        desk.get_by_role("listitem").filter(has=desk.get_by_text(TYPED[code], exact=True)).first.click()
        desk.locator("#reply").wait_for()
        told_here = desk.locator("dd").all_inner_texts()
        options = {
            option.id: form_file.say(option.text, language) for question in NEED.questions for option in question.choices
        }
        assert told_here[:2] == [options["groceries"], TYPED[code]]
        assert options["weekly"] in told_here
