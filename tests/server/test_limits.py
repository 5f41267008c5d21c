"""docs/reference/limits.md lists every route, and each test that it names exists."""

import re
from pathlib import Path

from starlette.applications import Starlette

from intake.server import app
from intake.server.middleware import CloseUnreadMiddleware, ErrorLogMiddleware, SecurityHeadersMiddleware
from tests.server.conftest import Installation, rendered
from tests.server.test_openapi import routes_below

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs" / "reference" / "limits.md").read_text("utf-8").split("## Operations")[1].split("## How much")[0]
ROUTE = re.compile(r"`(GET|POST|PUT|DELETE) (/[^`]*)`")


def served_routes(place: Installation) -> set[tuple[str, str]]:
    """Method and path of each route."""
    built = app.build(place.service, rendered())
    while isinstance(built, (ErrorLogMiddleware, CloseUnreadMiddleware, SecurityHeadersMiddleware)):
        built = built._app
    assert isinstance(built, Starlette)
    return {(method.upper(), path.replace(":path}", "}")) for path, method in routes_below("", built.routes)}


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
