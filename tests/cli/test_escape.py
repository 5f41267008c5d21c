"""A requester's text can neither control a coordinator's terminal nor change the order of the words around it."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from intake.cli.escape import escape


def test_escapes_and_directions_are_shown_by_their_number() -> None:
    assert escape("a\x1b[2Jb") == "a‹U+001B›[2Jb"
    assert escape("x\u202eevil\u202c\u2066\u061c\u200f") == "x‹U+202E›evil‹U+202C›‹U+2066›‹U+061C›‹U+200F›"
    assert escape("a\u200bb\ufeff\u00ad\u3164") == "a‹U+200B›b‹U+FEFF›‹U+00AD›‹U+3164›"
    assert escape("\u200dx\u200d") == "‹U+200D›x\u200d"


def test_ordinary_text_is_not_escaped() -> None:
    for text in (
        "می\u200cخواهم",
        "\u0928\u094d\u200d\u092f",
        "👩🏽\u200d👧",
        "❤\ufe0f\u200d🔥",
        "\U0001f3f4\U000e0067\U000e007f",
        "two\nlines\t",
    ):
        assert escape(text) == text


@given(st.text())
def test_every_invisible_character_but_joiners_and_flags_is_escaped(text: str) -> None:
    for character in escape(text):
        allowed = character in "\n\t\u200c\u200d" or 0xE0020 <= ord(character) < 0xE0080
        assert allowed or unicodedata.category(character) not in ("Cc", "Cf")
