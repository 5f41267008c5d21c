"""The catalogues are complete and current and have every placeholder, and pages use them."""

import datetime as dt
import re
import shutil
import unicodedata
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from intake.site import languages as languages_module
from intake.site.languages import languages, negotiate, path_of, read_catalogue
from intake.site.messages import collect, main, untranslated, update
from tests.support.rendered import rendered

pytestmark = pytest.mark.uncounted


def forms_of(message: Message) -> list[str]:
    """Return a message's translations: one text, or one for each plural form."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [])


CODES = [code for code in languages() if code != "en"]


def test_24_languages_are_there_two_of_them_chinese_in_two_scripts_and_five_from_the_right() -> None:
    assert len({code.partition("-")[0] if code != "fa-AF" else code for code in languages()}) == 24
    assert set(languages()) == {
        "en", "es", "ar", "hi", "ur", "fa", "fa-AF", "ps", "bn", "ne", "pa", "zh-Hans", "zh-Hant", "vi", "tl", "ko", "ht", "fr",
        "pt", "ru", "uk", "pl", "so", "sw", "am",
    }  # fmt: skip
    assert {code for code, language in languages().items() if language.direction == "rtl"} == {"ar", "ur", "fa", "fa-AF", "ps"}


def test_no_message_is_fuzzy_or_in_another_languages_script() -> None:
    scripts = {"ru": "CYRILLIC", "uk": "CYRILLIC", "hi": "DEVANAGARI", "ne": "DEVANAGARI", "bn": "BENGALI", "pa": "GURMUKHI",
               "am": "ETHIOPIC", "ko": "HANGUL", "zh-Hans": "CJK", "zh-Hant": "CJK",
               **dict.fromkeys(("ar", "ur", "fa", "fa-AF", "ps"), "ARABIC")}  # fmt: skip
    for code in CODES:
        catalogue = read_catalogue(code)
        assert not catalogue.fuzzy
        assert not [message.id for message in catalogue if message.fuzzy], code
        for message in catalogue:
            for text in forms_of(message):
                named = {unicodedata.name(c, "").split(" ")[0] for c in text if c.isalpha()} - {"FEMININE", "MODIFIER"}
                assert named <= {"LATIN", scripts.get(code, "LATIN")}, (code, text)


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        ("zh-CN", "zh-Hans"), ("zh-TW,zh;q=0.9", "zh-Hant"), ("zh-Hant-HK", "zh-Hant"), ("zh", "zh-Hans"), ("fil-PH", "tl"),
        ("prs", "fa-AF"), ("fa-AF", "fa-AF"), ("fa-IR", "fa"), ("pt-BR", "pt"), ("ps-AF", "ps"), ("xx, uk;q=0.5", "uk"),
    ],
)  # fmt: skip
def test_a_browsers_name_for_a_language_is_understood(accept: str, code: str) -> None:
    assert negotiate(accept, list(languages())) == code


def test_days_are_written_as_each_language_writes_them() -> None:
    day = dt.date(2026, 11, 21)
    written = {code: language.day(day) for code, language in languages().items()}
    assert written["en"] == "November 21, 2026"
    assert written["es"] == "21 de noviembre de 2026"
    assert written["pl"] == "21 listopada 2026"
    assert written["zh-Hans"] == "2026年11月21日"
    assert written["ht"] == "21 novanm 2026"
    assert written["ar"] == "21 نوفمبر 2026"
    assert all("2026" in said and "21" in said for said in written.values())


PLURALS = {"ar": 6, "ru": 3, "uk": 3, "pl": 3, "ko": 1, "vi": 1, "zh-Hans": 1}


@pytest.mark.parametrize("code", CODES)
def test_days_are_counted_in_each_languages_plurals(code: str) -> None:
    said = [languages()[code].ngettext("After %(num)d day", "After %(num)d days", n) for n in range(1, 32)]
    assert all("%(num)d" in text for text in said[2:])
    assert len(set(said) | {languages()[code].ngettext("After %(num)d day", "After %(num)d days", 0)}) <= PLURALS.get(code, 3)
    assert "After" not in "".join(said)


@pytest.mark.parametrize("code", CODES)
def test_every_message_is_translated_and_no_translation_is_unused(code: str) -> None:
    assert untranslated(update(code)) == []
    assert {str(message.id) for message in read_catalogue(code)} == {str(message.id) for message in collect()} | {""}


@pytest.mark.parametrize("code", CODES)
def test_a_translation_keeps_the_placeholders_of_its_message(code: str) -> None:
    for message in read_catalogue(code):
        forms = forms_of(message)
        source = message.id if isinstance(message.id, str) else message.id[-1]
        for text in forms if message.id else []:
            named = sorted(re.findall(r"%\(\w+\)[sd]", text))
            # A language may leave the number out where a form says it: "a day", "two days".
            expected = sorted(re.findall(r"%\(\w+\)[sd]", source))
            numberless = [name for name in expected if name not in ("%(num)s", "%(num)d")]
            assert named == expected or (named == numberless and len(forms) > 1 and text != forms[-1]), text
            assert "%" not in re.sub(r"%\(\w+\)[sd]|%%", "", text) or "%" in source.replace("%(", ""), text


def test_bringing_the_catalogues_up_to_date_again_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {code: path_of(code).read_bytes() for code in CODES}
    # In a copy: with an old build of the client, the newest messages would be lost.
    monkeypatch.setattr(languages_module, "LOCALES", shutil.copytree(languages_module.LOCALES, tmp_path / "locales"))
    main()
    assert {code: path_of(code).read_bytes() for code in CODES} == before
    assert capsys.readouterr().out == "".join(f"{code}: 0 messages to write\n" for code in CODES)


def test_a_translated_page_has_no_english_text() -> None:
    english = {str(message.id) for message in collect() if message.id and isinstance(message.id, str) and len(message.id) > 12}
    for code in CODES:
        for address in ("", "return/", "about/", "desk/", "desk/enrol/", "desk/for-someone/"):
            page = rendered().files[f"/{code}/{address}"].body.decode()
            visible = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
            assert not [message for message in english if f">{message}<" in visible], f"/{code}/{address}"


def test_arabic_counts_days_as_arabic_does() -> None:
    arabic = languages()["ar"]
    written = [arabic.ngettext("After %(num)d day", "After %(num)d days", n) % {"num": n} for n in (1, 2, 3, 14, 30)]
    assert written == ["بعد يوم واحد", "بعد يومين", "بعد 3 أيام", "بعد 14 يومًا", "بعد 30 يومًا"]
