"""docs/reference/limits.md lists every route, and each test that the page names exists."""

import re
from pathlib import Path

from tests.support.installation import Installation
from tests.support.openapi import served_routes

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs" / "reference" / "limits.md").read_text("utf-8").split("## Operations")[1].split("## How much")[0]
ROUTE = re.compile(r"`(GET|POST|PUT|DELETE) (/[^`]*)`")


def test_every_route_has_its_price_in_the_limits_once(empty: Installation) -> None:
    served = served_routes(empty)
    listed = ROUTE.findall(OPERATIONS)
    assert sorted(set(listed)) == sorted(served)
    assert len(listed) == len(set(listed))


def test_every_test_that_the_limits_name_exists() -> None:
    named = re.findall(r"`(tests/[\w/.]+\.py)::(\w+)`", OPERATIONS)
    assert len(named) >= 4
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), name
