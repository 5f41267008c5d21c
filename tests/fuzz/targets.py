"""Fuzz targets: a parser each, with the errors that it may raise. Any other exception is a defect."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.server import ServerState

from crypto import age, keylist, parcel, statement
from crypto.age import Identity
from crypto.encoding import from_json
from crypto.errors import CryptoError
from crypto.keylist.entry import Body, SignedEntry
from crypto.secret import Secret
from crypto.sheet import Sizes
from crypto.signing import Signed
from intake import settings
from intake.errors import IntakeError
from intake.form.nojs import fields as nojs_fields
from intake.form.submission import SubmissionBody
from intake.server.http_protocol import Protocol
from intake.site import form_file
from intake.site.render import Site
from intake.toml_file import TomlError
from intake.web import bodies
from retention.policy import Policy
from tests.support.openapi import SHAPES

READER = Identity(Secret(b"a" * 32))
TODAY = dt.date(2026, 11, 20)


@dataclass(frozen=True, slots=True)
class Target:
    """A parser, and the errors that it may raise."""

    run: Callable[[bytes], None]
    raises: tuple[type[Exception], ...]

    def __call__(self, data: bytes) -> None:
        """Parse. Errors that it may raise are ignored."""
        try:
            self.run(data)
        except self.raises:
            return


def _age(data: bytes) -> None:
    outline = age.inspect(data)
    assert outline.plaintext_size <= len(data)
    assert len(age.decrypt(data, [READER])) == outline.plaintext_size


def _form(data: bytes) -> None:
    try:
        source = data.decode()
    except UnicodeDecodeError:
        return
    form = form_file.parse(source)
    assert form.id
    assert form.questions


def _keylist(data: bytes) -> None:
    """Entries, one per line. A line that is not an entry is taken as the body of one."""
    entries = []
    for line in data.split(b"\n"):
        try:
            entries.append(from_json(SignedEntry, line))
        except CryptoError:
            entries.append(SignedEntry(line.decode("utf-8", "replace"), {}))
            from_json(Body, line)
    keylist.verify(entries, TODAY)


def _statement(data: bytes) -> None:
    signed = from_json(Signed, data)
    statement.verify_candidate(signed, "-" * 22)  # type: ignore[arg-type]


def _body(data: bytes) -> None:
    """A first byte that chooses the address, and the body sent there."""
    if data:
        shapes = list(SHAPES.values())
        sent: Any = from_json(shapes[data[0] % len(shapes)], data[1:])
        for field in ("file", "keyring"):
            if isinstance(text := getattr(sent, field, None), str):
                bodies.check_file(bodies.file(text), Sizes.ENTRY, {1, 2})


def _parcel(data: bytes) -> None:
    """A parcel as a client reads it, and as the server takes a submission from it."""
    with contextlib.suppress(CryptoError):
        parcel.unpack(data)
    header, files = parcel.split(data)
    from_json(SubmissionBody, header).submission(files, Policy())


@cache
def _site() -> Site:
    return Site(settings.read({}))


def _nojs(data: bytes) -> None:
    """A body of the no-JavaScript pages: read, checked, and turned into what would be encrypted."""

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": data, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"application/x-www-form-urlencoded")]}
    site = _site()
    language = site.languages["en"]
    fields = asyncio.run(nojs_fields.read(Request(scope, receive)))
    form = nojs_fields.form_of(fields, site)
    if form is not None and not nojs_fields.failures(fields, form, language):
        nojs_fields.typed(fields, form, site, language)


class _Wire(asyncio.Transport):
    """Records what the server writes, and whether it has closed the connection."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def write_eof(self) -> None:
        """Do nothing: after a refusal, the server discards what still arrives."""

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in ("peername", "sockname") else default

    def pause_reading(self) -> None:
        """Do nothing: only the given bytes arrive."""

    resume_reading = pause_reading
    set_protocol = pause_reading  # type: ignore[assignment]


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await bodies.raw(Request(scope, receive), bodies.SMALL)
    await PlainTextResponse("ok")(scope, receive, send)


@cache
def _config() -> tuple[Config, asyncio.AbstractEventLoop]:
    config = Config(_app, log_config=None, access_log=False, http=Protocol, ws="none", lifespan="off")
    config.load()
    return config, asyncio.new_event_loop()


def _http(data: bytes) -> None:
    """Bytes as they arrive over a connection, in two pieces. The first byte says where they are cut."""
    config, loop = _config()

    async def talk() -> bytes:
        wire, state = _Wire(), ServerState()
        protocol = Protocol(config, state, {})
        protocol.connection_made(wire)
        cut = 1 + (data[0] if data else 0) * max(0, len(data) - 1) // 255
        for piece in (data[1:cut], data[cut:]):
            if piece:
                protocol.data_received(piece)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        protocol.eof_received()
        protocol.connection_lost(None)
        for task in state.tasks:
            task.cancel()
        return bytes(wire.written)

    written = loop.run_until_complete(talk())
    assert not written or written.startswith(b"HTTP/1.1 "), "an answer that is none"


TARGETS = {
    "age": Target(_age, (CryptoError,)),
    "form": Target(_form, (TomlError, msgspec.ValidationError)),
    "keylist": Target(_keylist, (CryptoError,)),
    "statement": Target(_statement, (CryptoError,)),
    "body": Target(_body, (CryptoError, IntakeError)),
    "parcel": Target(_parcel, (CryptoError, IntakeError)),
    "nojs": Target(_nojs, (IntakeError,)),
    "http": Target(_http, ()),
}


def prepare(name: str) -> None:
    """Make what a target needs before its time begins: to render the site takes seconds."""
    if name == "nojs":
        _site()
