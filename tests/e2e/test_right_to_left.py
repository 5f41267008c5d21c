"""On pages written from right to left, an answer is beside its question and in one size, in each browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.support.any_browser import NAMES, any_browser
from tests.support.any_requester import FORM, fill_in
from tests.support.browser import MANY, Site

TYPED = "Sam (2)"
# The distance from an answer's last letter to the right edge of its line.
TO_THE_EDGE = f"""(() => {{
  const answer = [...document.querySelectorAll("#answers dd")].find((answer) => answer.textContent === "{TYPED}");
  const range = document.createRange();
  range.selectNodeContents(answer);
  return answer.getBoundingClientRect().right - range.getBoundingClientRect().right;
}})()"""
SIZES = """[...document.querySelectorAll("#need-contact .choice")].map((choice) => getComputedStyle(choice).fontSize)"""


@pytest.mark.parametrize("name", NAMES)
def test_a_latin_name_among_arabic_answers_is_at_the_side_of_its_question(
    name: str, engine: Playwright, shared_site: Site, tmp_path: Path
) -> None:
    with any_browser(name, engine, tmp_path) as browser:
        browser.open(f"{shared_site.address}/ar/")
        fill_in(browser, TYPED, ("#need-contact-name",))
        assert browser.script(TO_THE_EDGE) < 1


def test_the_last_choice_of_the_contact_question_is_as_large_as_the_others(
    engine: Playwright, shared_site: Site, tmp_path: Path
) -> None:
    with any_browser("chromium", engine, tmp_path) as browser:
        browser.open(f"{shared_site.address}/ar/")
        browser.wait("html.ready")
        browser.click(f"{FORM} > summary")
        browser.click("label:has(> #need-kinds-groceries)")
        for _ in range(MANY):
            if browser.visible("#need-contact-name"):
                break
            browser.click(f"{FORM} .form-actions button")
        sizes = browser.script(SIZES)
        assert len(sizes) > 6
        assert len(set(sizes)) == 1
