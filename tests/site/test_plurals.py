"""Each message with a number has the plural forms of its language, in pages and in scripts."""

import re

import pytest

from intake.site.languages import languages
from intake.site.messages import collect
from intake.site.render import HERE

CLIENT = HERE.parent / "client" / "src"
LITERAL = r'"((?:[^"\\]|\\.)*)"'
# A number behind a colon or in parentheses has no noun to agree with: "Cases that could not be moved: 3."
LABEL = re.compile(r"\(%\(\w+\)s\)$|: (about )?%\(\w+\)[sd]\b|^Passkey %|^Question %|%\(share\)s of 100")


def counted_in_scripts() -> list[tuple[str, str]]:
    """Return messages without plural forms into which a script writes a number, with their file."""
    counted = []
    for path in sorted(CLIENT.rglob("*.ts")):
        if "tests" in path.parts:
            continue
        for message, values in re.findall(rf"\bt\(\s*{LITERAL},\s*\{{([^}}]*)\}}", path.read_text("utf-8")):
            numbers = re.findall(r"(\w+): String\(", values) + [
                n for n in ("number", "num", "count") if re.search(rf"\b{n}\b", values)
            ]
            if any(f"%({name})s" in message for name in numbers):
                counted.append((message, path.name))
    return counted


def test_a_script_counts_no_noun_without_plural_forms() -> None:
    assert counted_in_scripts(), "the search finds no message"
    assert [(message, name) for message, name in counted_in_scripts() if not LABEL.search(message)] == []


def test_no_message_of_a_page_counts_a_noun_without_plural_forms() -> None:
    single = [str(message.id) for message in collect() if message.id and isinstance(message.id, str)]
    assert [
        message
        for message in single
        if re.search(r"%\((num|number|days|count)\)[sd] \w", message) and not LABEL.search(message)
    ] == []


@pytest.mark.parametrize("code", languages())
def test_a_script_picks_the_plural_form_that_gettext_picks(code: str) -> None:
    language = languages()[code]
    rule = language.plurals
    for number in (*range(2_100), 10_000, 10_001, 1_000_002, 1_000_011):
        at = number if number < 200 else 100 + number % 100
        assert int(rule[min(at, len(rule) - 1)]) == int(language.catalogue.plural(number)), number
