"""docs/explanation/architecture.md describes every package, and the decision records have an index."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "architecture.md").read_text("utf-8")


def test_every_package_has_a_row() -> None:
    packages = {"crypto", "retention"}
    packages |= {f"intake/{path.parent.name}" for path in (ROOT / "intake").glob("*/__init__.py")}
    described = set(re.findall(r"^\| `((?:crypto|retention|intake)[\w/]*)` \|", PAGE, re.MULTILINE))
    assert described == packages - {"intake/client"}


def test_every_decision_is_in_the_index_with_one_line() -> None:
    records = {path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
    index = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    assert sorted(re.findall(r"^\| \[\d+\]\(([\w-]+\.md)\) \| .+\. \|$", index, re.MULTILINE)) == sorted(records)
