"""The server answers any headers, address or body with a foreseen answer, and reports nothing to the operator."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message

from intake.server import app
from intake.service import operator_log
from intake.service.service import Service
from intake.settings import read as values_of
from tests.support.header_values import VALUES
from tests.support.installation import FakeClock, Installation
from tests.support.openapi import served_routes
from tests.support.postgres import Cluster
from tests.support.rendered import rendered

pytestmark = pytest.mark.uncounted

Headers = list[tuple[bytes, bytes]]
STREAM = "/api/desk/events"  # its answer never ends
ENDS = {"/api/desk/session", "/api/desk/sessions", "/exit/{language}/"}  # these end a session
FORM = (b"content-type", b"application/x-www-form-urlencoded")
JSON = (b"content-type", b"application/json")
BUSY = {503, 507}  # the server's own answers when the store is away or full


BODIES = (
    b"",
    b"{",
    b"[" * 8000,
    b"\xff",
    b"null",
    b'{"token":' * 500,
    b'"\\ud800"',
    b"%",
    b"a=%ff&b=%00",
    b"&" * 3000,
    b"step=withdraw&code=%F0%90",
)
TAILS = (
    "%00",
    "%FF",
    "%2e%2e%2f",
    "%5C",
    "%0d%0aset-cookie:x",
    "\u202e",
    "9" * 3000,
    "[",
    "]",
    "?after=~&size=%C2%B2",
    "?size=" + "9" * 3900,
    "?after=%00~%00&case=%00",
    "?" + "a=&" * 1000,
)


@dataclass
class RunningApp:
    """An app without an end, the addresses that it serves, and a coordinator's cookie."""

    app: ASGIApp
    routes: list[tuple[str, str]]
    cookie: bytes


@dataclass
class Answer:
    """An answer."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


async def ask(asked: ASGIApp, method: str, target: str, headers: Headers, body: bytes = b"") -> Answer:
    """Send a request to the app in the form in which the server would, with any content."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "http",
        "root_path": "",
        "method": method, "path": unquote(path), "raw_path": path.encode(), "query_string": query.encode(), "state": {},
        "headers": headers, "client": ("127.0.0.1", 4711), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    said: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        said.append(message)

    await asyncio.wait_for(asked(scope, receive, send), 20)
    start = next(message for message in said if message["type"] == "http.response.start")
    whole = b"".join(message.get("body", b"") for message in said if message["type"] == "http.response.body")
    return Answer(start["status"], dict(start["headers"]), whole)


async def opened(folder: Path, url: str = "") -> tuple[Service, RunningApp]:
    """Start a service with a group of three; yield its running app."""
    clock = FakeClock()
    environment = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_DATABASE_URL": url}
    service = Service.open(values_of(environment), clock, upgrade=True)
    service.job.run(clock.today)
    installation = Installation(service, clock, [])
    installation.found(3)

    async def cookie() -> bytes:
        async with installation.client() as client:
            await installation.sign_in(client, installation.members[0])
            return "; ".join(f"{name}={value}" for name, value in client.cookies.items()).encode()

    routes = sorted((method, path) for method, path in served_routes(installation) if path != STREAM)
    return service, RunningApp(app.build(service, rendered()), routes, await cookie())


async def still_signed_in(running: RunningApp) -> bool:
    asked = ask(running.app, "GET", "/api/desk/cases", merged((b"cookie", running.cookie)))
    return (await asked).status == 200


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApp]:
    service, made = await opened(tmp_path_factory.mktemp("malformed"))
    assert await still_signed_in(made)
    yield made
    assert await still_signed_in(made), "no request signed the coordinator out"
    service.close()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of lines for the operator, which grows."""
    lines: list[str] = []
    monkeypatch.setattr(operator_log, "log", lambda event, error: lines.append(f"{event}: {error!r}"))
    return lines


def target(path: str) -> str:
    return path.replace("{language}", "en").replace("{number}", "0").replace("{path}", "en").replace("{", "").replace("}", "")


def merged(*headers: tuple[bytes, bytes]) -> Headers:
    """Return these headers and those of every request; a later one replaces an earlier one."""
    return list(({b"host": b"localhost:8000"} | dict(headers)).items())


def foreseen(answer: Answer) -> bool:
    return answer.status < 500 or answer.status in BUSY


@pytest.mark.parametrize("name", VALUES, ids=lambda name: name.decode())
async def test_no_header_value_makes_any_address_fail(running: RunningApp, heard: list[str], name: bytes) -> None:
    for (method, path), value in itertools.product(running.routes, VALUES[name]):
        kind = FORM if path.startswith("/nojs") else JSON
        own = [] if name == b"cookie" or path in ENDS else [(b"cookie", running.cookie)]
        answer = await ask(running.app, method, target(path), merged(*own, kind, (name, value)), b"{}")
        assert foreseen(answer), (method, path, value)
        if method == "GET":
            twice = await ask(running.app, method, target(path), [*merged(), (name, value), (name, value)])
            assert foreseen(twice), (method, path, value, "twice")
        assert heard == [], (method, path, value)


async def test_no_address_and_no_body_makes_any_route_fail(running: RunningApp, heard: list[str]) -> None:
    for method, path in running.routes:
        headers = merged(FORM if path.startswith("/nojs") else JSON)
        headers += [] if path in ENDS else [(b"cookie", running.cookie)]
        for body in BODIES:
            answer = await ask(running.app, method, target(path), headers, body)
            assert foreseen(answer), (method, path, body)
        for tail in TAILS:
            cut = target(path).rstrip("/").rpartition("/")[0]
            for asked in (f"{target(path)}{tail}", f"{cut}/{tail}", f"{cut}/{tail}/"):
                answer = await ask(running.app, method, asked, headers, b"{}")
                assert foreseen(answer), (method, asked)
        assert heard == [], (method, path)


ZEROS = ("%00", "a%00b", "?after=%00~%00&case=%00", "?case=%00", "?after=a~%00")
ZERO_BODIES = (
    b'{"token":"\\u0000"}', b'{"case":"\\u0000"}', b'{"handle_id":"\\u0000","kind":"x","authentication":"y"}',
    b"code=%00", b"text=%00",
)  # fmt: skip


async def test_a_zero_byte_which_postgresql_keeps_in_no_text_makes_nothing_fail(
    tmp_path: Path, cluster: Cluster, heard: list[str]
) -> None:
    service, running = await opened(tmp_path, cluster.new())

    for method, path in running.routes:
        headers = merged(FORM if path.startswith("/nojs") else JSON)
        headers += [] if path in ENDS else [(b"cookie", running.cookie)]
        above, last = target(path).rstrip("/").rpartition("/")[::2]
        for zero in ZEROS:
            for asked in (f"{target(path)}{zero}", f"{above}/{zero}", f"{above}/{zero}/", f"{above}/{zero}/{last}"):
                assert foreseen(await ask(running.app, method, asked, headers, b"{}")), (method, asked)
        for body in ZERO_BODIES:
            assert foreseen(await ask(running.app, method, target(path), headers, body)), (method, path, body)
        assert heard == [], (method, path)
    assert await still_signed_in(running)
    service.close()


NAMES = st.one_of(st.sampled_from(sorted(VALUES)), st.from_regex(rb"\A[a-z0-9-]{1,20}\Z"))
PIECES = st.sampled_from(sorted({value for values in VALUES.values() for value in values if len(value) < 40}))
# The parser accepts the tab, no other control character, and any byte above them.
TEXT = st.binary(max_size=40).map(lambda value: bytes(byte for byte in value if byte == 9 or 32 <= byte != 127))
FIELDS = st.lists(st.tuples(NAMES, st.lists(st.one_of(PIECES, TEXT), max_size=4).map(b",".join)), max_size=8)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    index=st.integers(0), fields=FIELDS, body=st.one_of(st.sampled_from(BODIES), st.binary(max_size=200)), known=st.booleans()
)
async def test_any_combination_of_headers_gets_a_foreseen_answer(
    running: RunningApp, heard: list[str], index: int, fields: Headers, body: bytes, known: bool
) -> None:
    method, path = running.routes[index % len(running.routes)]
    given_ = [*merged((b"cookie", running.cookie)), *fields] if known and path not in ENDS else fields
    answer = await ask(running.app, method, target(path), given_, body)
    assert foreseen(answer)
    assert heard == []
    if answer.headers.get(b"content-type") == b"application/problem+json":
        assert json.loads(answer.body)["status"] == answer.status
