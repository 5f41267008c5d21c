"""On pages written from right to left, an answer is beside its question and in one size, in each browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from tests.support.any_browser import NAMES, ByPlaywright, any_browser
from tests.support.any_requester import FORM, fill_in
from tests.support.browser import MANY, Site, visit
from tests.support.reading_order import ARABIC, IS_FROM_THE_LEFT, NUMBER

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


def test_a_number_among_arabic_words_keeps_its_order_on_the_check_page(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{shared_site.address}/ar/")
        fill_in(ByPlaywright("chromium", page), ARABIC)
        assert page.evaluate(IS_FROM_THE_LEFT, ["#answers dd", NUMBER])
        page.locator("#answers bdi").evaluate_all("all => all.forEach((number) => number.replaceWith(number.textContent))")
        assert page.evaluate(IS_FROM_THE_LEFT, ["#answers dd", NUMBER]) is False, "the control: a bare number is reversed"


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
