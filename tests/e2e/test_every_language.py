# ruff: noqa: E501 -- languages
"""Each language: a request is filled in and sent in it, and a coordinator reads it back exactly."""

import json

import pytest
from playwright.sync_api import Browser, Page

from intake.site import form_file
from intake.site.form_file import FORMS
from intake.site.languages import Language, languages
from tests.e2e.conftest import HANDLE, PASSPHRASE, Site, begin, operate, reach, to_check, visit

NEED = form_file.read(FORMS / "need.toml")
# Some text in each language as people write it. It is not a translation; it must come back letter by letter.
TYPED = {
    "en": "Milk & bread, “please”", "es": "¿Leche para el niño?", "ar": "حليبٌ للأطفال، لو سمحتم", "hi": "बच्चे के लिए दूध चाहिए",
    "ur": "بچے کے لیے دودھ چاہیے", "fa": "شیر برای بچه می‌خواهیم", "fa-AF": "شیر برای اطفال کار داریم", "ps": "د ماشوم لپاره شیدې پکار دي",
    "bn": "বাচ্চার জন্য দুধ দরকার", "ne": "बच्चालाई दूध चाहियो", "pa": "ਬੱਚੇ ਲਈ ਦੁੱਧ ਚਾਹੀਦਾ ਹੈ", "zh-Hans": "孩子需要奶粉", "zh-Hant": "孩子需要奶粉，謝謝",
    "vi": "Cần sữa cho trẻ nhỏ", "tl": "Kailangan ng gatas ng bata", "ko": "아이 분유가 필요해요", "ht": "Timoun nan bezwen lèt",
    "fr": "Du lait pour l’enfant, s’il vous plaît", "pt": "Leite para a criança", "ru": "Нужно молоко ребёнку", "uk": "Потрібне молоко дитині",
    "pl": "Potrzebne mleko dla dziecka, źdźbło", "so": "Caanaha ilmaha", "sw": "Maziwa ya mtoto", "am": "ለልጁ ወተት ያስፈልጋል",
}  # fmt: skip


def test_there_is_something_typed_in_each_language() -> None:
    assert set(TYPED) == set(languages())


def fill_in(page: Page, site: Site, language: Language) -> None:
    page.goto("about:blank")
    page.goto(f"{site.address}/{language.code}/#{site.fingerprint}")
    begin(page, form_file.say(NEED.title, language))
    page.locator("#need-kinds-groceries").check()
    reach(page, "words").fill(TYPED[language.code])
    reach(page, "often")
    page.locator("#need-often-weekly").check()
    reach(page, "area").fill(TYPED[language.code])
    to_check(page)


@pytest.mark.parametrize("code", list(languages()))
def test_a_request_in_each_language_is_sent_and_read_back_exactly(browser: Browser, shared_site: Site, code: str) -> None:
    language = languages()[code]
    with visit(browser, viewport={"width": 360, "height": 740}) as page:
        fill_in(page, shared_site, language)
        page.locator("#send button").first.click()
        page.locator("#leave button").click()
    cases = json.loads(operate(shared_site, "case", "list", "--json"))
    (found,) = [one["case"] for one in cases if one["line"] == TYPED[code]]
    told = json.loads(operate(shared_site, "case", "show", "--json", found))
    assert told["language"] == code
    assert told["answers"] == {
        "kinds": ["groceries"], "words": [TYPED[code]], "often": ["weekly"], "needed-by": [], "area": [TYPED[code]], "for-whom": [],
    }  # fmt: skip
    with visit(browser) as desk:
        desk.goto(f"{shared_site.address}/{code}/desk/")
        desk.locator("#handle").fill(HANDLE)
        desk.locator("#secret").fill(PASSPHRASE)
        desk.locator("#desk form button").first.click()
        desk.get_by_role("listitem").filter(has=desk.get_by_text(TYPED[code], exact=True)).first.click()
        desk.locator("#reply").wait_for()
        told_here = desk.locator("dd").all_inner_texts()
        options = {option.id: form_file.say(option.text, language) for one in NEED.questions for option in one.choices}
        assert told_here[:2] == [options["groceries"], TYPED[code]]
        assert options["weekly"] in told_here
