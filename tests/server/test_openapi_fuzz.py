"""schemathesis calls every path of docs/reference/openapi.yaml with valid and invalid data, signed in and not.

No call may fail, and each answer must be one that the description has.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as described
from starlette.types import Receive, Scope, Send

from intake.server import app
from tests.support.installation import FakeClock, Installation, open_service
from tests.support.openapi import SPEC
from tests.support.rendered import rendered

pytestmark = pytest.mark.uncounted

SCHEMA: Any = schemathesis.openapi.from_dict(SPEC)
STREAM = "/api/desk/events"  # its answer never ends
OPERATIONS = [operation.ok() for operation in SCHEMA.get_all_operations() if operation.ok().path != STREAM]
CHECKS = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_schema_conformance,
]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))  # examples of each kind for each address; `make fuzz` takes more


@pytest.fixture(scope="module")
def signed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[object, dict[str, str]]]:
    """Start a service; yield its app and a coordinator's cookie."""
    clock = FakeClock()
    service = open_service(tmp_path_factory.mktemp("fuzz"), clock)
    service.job.run(clock.today)
    installation = Installation(service, clock, [])
    installation.found(3)

    async def cookie() -> dict[str, str]:
        async with installation.client() as client:
            await installation.sign_in(client, installation.members[0])
            return dict(client.cookies)

    inner = app.build(service, rendered())

    async def without_end(scope: Scope, receive: Receive, send: Send) -> None:
        """Wrap the app, because schemathesis starts and ends an app for each client and this one must continue."""
        assert scope["type"] == "http", "no lifespan"
        await inner(scope, receive, send)

    yield without_end, asyncio.run(cookie())
    service.close()


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_to_random_data_is_one_that_the_description_has(
    operation: Any, mode: GenerationMode, signed_in: tuple[object, dict[str, str]]
) -> None:
    service, cookies = signed_in
    SCHEMA.app = operation.app = service

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    def send_case(case: Any) -> None:
        answer = case.call(cookies=cookies)
        case.validate_response(answer, checks=CHECKS)

    # An address without parameters or body has no invalid data.
    with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
        send_case()
