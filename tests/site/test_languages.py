"""The catalogues: whole, current, with every placeholder; and what they make of the pages."""

import re

import pytest

from intake.site.languages import languages, path_of, read_catalogue
from intake.site.messages import collect, main, unwritten, update
from tests.server.conftest import rendered

CODES = sorted(set(languages()) - {"en"})


def test_english_arabic_and_hindi_are_there_each_with_its_name_and_direction() -> None:
    found = {code: (one.name, one.direction) for code, one in languages().items()}
    assert found == {"en": ("English", "ltr"), "ar": ("العربية", "rtl"), "hi": ("हिन्दी", "ltr")}


@pytest.mark.parametrize("code", CODES)
def test_every_message_is_translated_and_none_is_left_over(code: str) -> None:
    assert unwritten(update(code)) == []
    assert {str(one.id) for one in read_catalogue(code)} == {str(one.id) for one in collect()} | {""}


@pytest.mark.parametrize("code", CODES)
def test_a_translation_keeps_the_placeholders_of_its_message(code: str) -> None:
    for one in read_catalogue(code):
        if one.id and isinstance(one.id, str):
            assert sorted(re.findall(r"%\(\w+\)s", one.id)) == sorted(re.findall(r"%\(\w+\)s", str(one.string))), one.id


def test_bringing_the_catalogues_up_to_date_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = {code: path_of(code).read_bytes() for code in CODES}
    main()
    assert {code: path_of(code).read_bytes() for code in CODES} == before
    assert capsys.readouterr().out == "".join(f"{code}: 0 messages to write\n" for code in CODES)


def test_a_translated_page_says_nothing_in_english() -> None:
    english = {str(one.id) for one in collect() if one.id and isinstance(one.id, str) and len(one.id) > 12}
    for code in CODES:
        for address in ("", "return/", "about/", "desk/", "desk/enrol/"):
            page = rendered().files[f"/{code}/{address}"].body.decode()
            visible = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
            assert not [message for message in english if f">{message}<" in visible], f"/{code}/{address}"


def test_arabic_counts_days_as_arabic_does() -> None:
    arabic = languages()["ar"]
    told = [arabic.ngettext("After %(num)d day", "After %(num)d days", n) % {"num": n} for n in (1, 2, 3, 14, 30)]
    assert told == ["بعد يوم واحد", "بعد يومين", "بعد 3 أيام", "بعد 14 يومًا", "بعد 30 يومًا"]
