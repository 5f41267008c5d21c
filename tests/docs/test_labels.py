"""The labels in italics in the guides are messages of the interface."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "intake" / "site" / "locales" / "es" / "LC_MESSAGES" / "site.po"
LABEL = re.compile(r"(?<![*\w])\*([^*\n]+)\*(?![*\w])")
CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def test_labels_that_the_guides_name_are_messages_of_the_interface() -> None:
    with CATALOGUE.open("rb") as file:
        messages = {message.id for message in read_po(file)}
    pages = [ROOT / "docs" / "requesters-faq.md", *sorted((ROOT / "docs").glob("howto/*.md"))]
    pages += sorted((ROOT / "docs").glob("tutorial/*.md"))
    named = {(page.name, label) for page in pages for label in LABEL.findall(CODE.sub("", page.read_text("utf-8")))}
    assert len(named) > 50
    assert {(page, label) for page, label in named if label not in messages} == set()
