"""Phone numbers and addresses in what people wrote, over the same cases as intake/client/src/tests/page/text_parts.test.ts."""

import json
from pathlib import Path
from typing import Any

import pytest

from intake.site.text_parts import isolate, parts_of

CASES: dict[str, Any] = json.loads(Path(__file__).with_name("text_parts.json").read_text("utf-8"))


def found(text: str, kind: str) -> list[str]:
    return [words for words, its_kind in parts_of(text) if its_kind == kind]


@pytest.mark.parametrize("kind", ["phone", "mail", "web"])
def test_numbers_and_addresses_are_found_in_any_format_and_script(kind: str) -> None:
    for text, words, *_ in CASES[kind]:
        assert found(text, kind) == [words], text


def test_two_numbers_are_two() -> None:
    for text, numbers in CASES["phones"]:
        assert found(text, "phone") == numbers, text


def test_dates_times_sums_short_numbers_and_parts_of_words_are_no_phone_numbers() -> None:
    for text in CASES["no phone"]:
        assert found(text, "phone") == [], text


def test_other_text_stays_text_and_no_part_of_a_text_is_lost() -> None:
    for text in CASES["text"]:
        assert not any(kind for _, kind in parts_of(text)), text
    every = " ".join(text for kind in ("phone", "mail", "web") for text, *_ in CASES[kind])
    assert "".join(words for words, _ in parts_of(every)) == every


def test_a_number_is_isolated_from_the_arabic_words_around_it() -> None:
    assert isolate("هاتفي +1 (555) 010-0199، مساء") == 'هاتفي <bdi dir="ltr">+1 (555) 010-0199</bdi>، مساء'


def test_markup_in_a_text_and_beside_a_number_stays_text() -> None:
    assert isolate("<b>5550100199</b>") == '&lt;b&gt;<bdi dir="ltr">5550100199</bdi>&lt;/b&gt;'
    assert isolate('www.example.org/"><script>') == '<bdi dir="ltr">www.example.org/</bdi>&#34;&gt;&lt;script&gt;'


def test_a_long_hostile_text_is_split() -> None:
    for unit in ("1", "1 ", "a@", "(1)", "www.)", "1234567/"):
        text = unit * (50_000 // len(unit))
        assert "".join(words for words, _ in parts_of(text)) == text
