# ruff: noqa: E501 -- a table
"""Fill in the need form in any language, and show the desk in another one."""

from playwright.sync_api import Page

from intake.site import form_file
from intake.site.form_file import FORMS
from intake.site.languages import Language
from tests.support.browser import Site, begin, reach, to_check

NEED = form_file.read(FORMS / "need.toml")
# One language for each direction and kind of script. For the others, styles change only line heights and alignments
# (tests/site/test_theme.py): neither depends on the mode or the width.
EVERY_MODE = ("en", "ar", "hi", "zh-Hans")
# A text in each language as people write it, not a translation. The desk must show exactly these letters.
TYPED = {
    "en": "Milk & bread, “please”", "es": "¿Leche para el niño?", "ar": "حليبٌ للأطفال، لو سمحتم", "hi": "बच्चे के लिए दूध चाहिए",
    "ur": "بچے کے لیے دودھ چاہیے", "fa": "شیر برای بچه می‌خواهیم", "fa-AF": "شیر برای اطفال کار داریم", "ps": "د ماشوم لپاره شیدې پکار دي",
    "bn": "বাচ্চার জন্য দুধ দরকার", "ne": "बच्चालाई दूध चाहियो", "pa": "ਬੱਚੇ ਲਈ ਦੁੱਧ ਚਾਹੀਦਾ ਹੈ", "zh-Hans": "孩子需要奶粉", "zh-Hant": "孩子需要奶粉，謝謝",
    "vi": "Cần sữa cho trẻ nhỏ", "tl": "Kailangan ng gatas ng bata", "ko": "아이 분유가 필요해요", "ht": "Timoun nan bezwen lèt",
    "fr": "Du lait pour l’enfant, s’il vous plaît", "pt": "Leite para a criança", "ru": "Нужно молоко ребёнку", "uk": "Потрібне молоко дитині",
    "pl": "Potrzebne mleko dla dziecka, źdźbło", "so": "Caanaha ilmaha", "sw": "Maziwa ya mtoto", "am": "ለልጁ ወተት ያስፈልጋል",
}  # fmt: skip


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


def in_language(page: Page, code: str) -> None:
    """Change the language of a page in place."""
    page.locator(".languages").evaluate("(menu, code) => menu.querySelector(`a[lang='${code}']`)?.click()", code)
    page.locator(f"html[lang='{code}']").wait_for()
