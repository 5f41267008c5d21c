"""The generated reference pages equal what `make reference` would write."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["cli", "api"])
def test_a_generated_page_is_up_to_date(name: str) -> None:
    page = runpy.run_path(str(DOCS / "reference_pages.py"))[f"{name}_page"]()
    assert (DOCS / "reference" / f"{name}.md").read_text("utf-8") == page, "run `make reference`"
