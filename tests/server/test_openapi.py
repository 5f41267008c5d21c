"""docs/reference/openapi.yaml describes every route, method, body and problem of the API, and nothing else."""

import re

import msgspec
import pytest
from starlette.applications import Starlette

from intake import errors
from intake.server import app
from intake.server.middleware import CloseUnreadMiddleware, ErrorLogMiddleware, SecurityHeadersMiddleware
from tests.support.installation import Installation
from tests.support.openapi import SHAPES, SPEC, routes_below
from tests.support.rendered import rendered

PAGES = ("/{path:path}", "/nojs")


def test_every_route_is_described_and_every_description_is_a_route(empty: Installation) -> None:
    built = app.build(empty.service, rendered())
    while isinstance(built, (ErrorLogMiddleware, CloseUnreadMiddleware, SecurityHeadersMiddleware)):
        built = built._app
    assert isinstance(built, Starlette)
    served = {(path, method) for path, method in routes_below("", built.routes) if not path.startswith(PAGES)}
    described = {
        (path, method) for path, item in SPEC["paths"].items() for method in item if method in ("get", "post", "put", "delete")
    }
    assert served == described


def test_the_description_is_valid() -> None:
    from openapi_spec_validator import validate  # its import takes as long as all other tests together

    validate(SPEC)


def test_every_kind_of_problem_is_described_with_its_status() -> None:
    kinds = {
        kind.problem: kind.status
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.IntakeError)
    }
    problem = SPEC["components"]["schemas"]["Problem"]["properties"]["type"]
    named = {kind.removeprefix("urn:sealed-intake:") for kind in problem["enum"]}
    assert named == {*kinds, "failed", "about:blank"}
    for kind, status in kinds.items():
        assert f"{kind} {status.value}" in problem["description"]


@pytest.mark.parametrize("name", SHAPES)
def test_a_described_body_has_the_members_that_are_read(name: str) -> None:
    schema = SPEC["components"]["schemas"][name]
    fields = {field.encode_name for field in msgspec.structs.fields(SHAPES[name])}
    assert set(schema["properties"]) == fields
    needed = {field.encode_name for field in msgspec.structs.fields(SHAPES[name]) if field.required}
    if name != "AssignmentOffer":
        assert (set(schema["required"]), schema["additionalProperties"]) == (needed, False)


OPEN_TO_ANYONE = {
    ("/api/desk/session", "post"),
    ("/api/desk/passkeys/begin", "post"),
    ("/api/desk/passkeys/options", "post"),
    ("/api/desk/enrolment/", "post"),
    ("/api/desk/enrolment/found", "post"),
    ("/api/desk/enrolment/join", "post"),
}


async def test_every_address_of_the_desk_but_sign_in_and_enrolment_refuses_a_request_without_a_session(
    open_for_requests: Installation,
) -> None:
    described = {
        (path, method)
        for path, item in SPEC["paths"].items()
        for method in item
        if path.startswith("/api/desk") and method in ("get", "post", "put", "delete")
    }
    assert described >= OPEN_TO_ANYONE
    assert len(described) > 40

    async def story() -> set[tuple[str, str]]:
        served = set()
        async with open_for_requests.client() as client:
            for path, method in described:
                address = re.sub(r"\{\w+\}", "0", path)
                body: dict[str, object] | None = None if method in ("get", "delete") else {}
                for headers in ({}, {"cookie": "desk=forged"}):
                    response = await client.request(method.upper(), address, headers=headers, json=body)
                    if response.status_code != 401 or response.json()["type"] != "urn:sealed-intake:sign-in":
                        served.add((path, method))
        return served

    assert await story() == OPEN_TO_ANYONE
