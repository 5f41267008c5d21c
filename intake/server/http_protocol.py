"""HTTP/1.1 with bounds: how long a client may take, how much it may send before it is heard, how many may just wait.

uvicorn over httptools parses strictly (llhttp) but bounds neither time nor headers; docs/adr/0018 says what was tried.
Everything here closes in at most 15 seconds. No proxy in front is needed for it.
"""

import re
from asyncio import TimerHandle, Transport
from functools import partial
from typing import ClassVar

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from intake.server.body_budget import Body, BodyBudget
from intake.server.connection_limits import ConnectionTable

HEADER_SECONDS = 10.0  # for a whole head, from the connection or the answer before
BODY_SECONDS = 14.0  # for a whole body; `bodies.SECONDS` is shorter, so that the app may still say why
READ_SECONDS = 14.0  # for a client to take 48 KiB of an answer: what a line of 27 kbit/s does
LINGER_SECONDS = 1.0  # for a refusal to reach the client
MAX_HEAD = 16 * 1024  # bytes of address and headers; browsers send one or two KiB
MAX_HEADERS = 100
MAX_TARGET = 4 * 1024  # bytes of an address
MAX_PIPELINE = 16  # requests that wait behind one another
MAX_EXTRA = 64 * 1024  # bytes around a body: chunk sizes, extensions, trailers
BODY = "body"  # where a request's state holds its `Body`
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?\Z")
_REASONS = {400: b"Bad Request", 414: b"URI Too Long", 429: b"Too Many Requests", 431: b"Request Header Fields Too Large"}


class _RefusedError(Exception):
    """Raised inside a callback of the parser, which then reports an error to us."""


class Protocol(HttpToolsProtocol):
    """One connection. It waits for a head, then for a body, then for its answer to be taken."""

    table: ClassVar["ConnectionTable[Protocol]"] = ConnectionTable()
    budget: ClassVar[BodyBudget] = BodyBudget()
    _timer: TimerHandle | None = None  # while a head or body is due
    _slow: TimerHandle | None = None  # while an answer is not taken
    _in_body = False
    _head = 0  # bytes since the last message
    _extra = 0
    _status = 400

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Someone connects."""
        super().connection_made(transport)
        self._answers: list[RequestResponseCycle] = []
        leaves = self.table.add(self, self.client[0] if self.client else "")
        self._await_head()
        if leaves is not None:
            leaves._abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._stop()
        self._taken()
        self._gone()
        self.table.remove(self)
        for cycle, _ in self.pipeline:
            self.budget.close(_body_of(cycle))
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """They send."""
        if self.transport.is_closing() or self.parser is None:
            return
        self._count(len(data))
        super().data_received(data)
        if not self.transport.is_closing() and (self._head > MAX_HEAD + len(data) or self._extra > MAX_EXTRA):
            self._status = 431
            self.send_400_response("too much")

    def send_400_response(self, msg: str) -> None:
        """A refusal that says nothing of what was sent; never in the middle of an answer."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self._abort()
            return
        line = b"HTTP/1.1 %d %b\r\n" % (self._status, _REASONS[self._status])
        self.transport.write(line + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self._close()

    def pause_writing(self) -> None:
        """They do not take what is sent."""
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        """They do."""
        self._taken()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing has come since the last answer."""
        self._close()

    def cut(self) -> None:
        """The server stops, and has waited long enough."""
        self._abort()

    # What the parser calls. Whatever raises here ends in `send_400_response`.

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        if len(self.pipeline) >= MAX_PIPELINE:
            self._refuse(429)

    def on_url(self, url: bytes) -> None:
        """A part of the address."""
        super().on_url(url)
        if len(self.url) > MAX_TARGET:
            self._refuse(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. Those that follow a body would get into those before it, so nobody is told of them."""
        if self._in_body:
            return
        super().on_header(name, value)
        if len(self.headers) > MAX_HEADERS:
            self._refuse(431)

    def on_headers_complete(self) -> None:
        """The head is there."""
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MAX_HEAD:
            self._refuse(431)
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or not all(_HOST.match(host) for host in hosts):
            self._refuse(400)
        if not hosts and self.parser.get_http_version() != "1.0":
            self._refuse(400)
        # With an upgrade the parser drops the body and whatever follows; there is nothing here to upgrade to.
        if self.parser.should_upgrade() or not self.url.startswith(b"/"):
            self._refuse(400)
        super().on_headers_complete()
        self.scope["state"][BODY] = self.budget.open(partial(_drop, self.cycle))
        self._answers = [one for one in self._answers if not one.response_complete] + [self.cycle]
        self._in_body, self._head, self._extra = True, 0, 0
        self._start(BODY_SECONDS)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._extra -= len(body)
        held = _body_of(self.cycle)
        self.budget.add(held, len(body))
        if not held.refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is there."""
        self._in_body, self._head, self._extra = False, 0, 0
        self._stop()
        held = _body_of(self.cycle)
        held.whole = True
        if not held.refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is written, to the transport at least."""
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._await_taking()
        if self.transport.is_closing() or self._in_body:  # answered before it was read: the rest is not waited for
            self._close()
        elif not self.pipeline:
            self._await_head()

    def _count(self, size: int) -> None:
        if self._in_body:
            self._extra += size
        else:
            self._head += size

    def _refuse(self, status: int) -> None:
        self._status = status
        raise _RefusedError

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await app(scope, receive, send)
            finally:  # whether or not the client is still there: until now the app may hold its body
                self.budget.close(_body_of(cycle))

        super()._start_asgi_task(cycle, counted)  # type: ignore[arg-type]

    def _await_head(self) -> None:
        self._start(HEADER_SECONDS)

    def _start(self, seconds: float) -> None:
        self._stop()
        self._timer = self.loop.call_later(seconds, self._expired)
        self.table.wait(self)

    def _stop(self) -> None:
        self.table.serve(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expired(self) -> None:
        self._timer = None
        self._close()

    def _await_taking(self) -> None:
        if self._slow is None:
            self._slow = self.loop.call_later(READ_SECONDS, self._not_taken)
            self.table.wait(self)

    def _taken(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None
            if self._timer is None:
                self.table.serve(self)

    def _not_taken(self) -> None:
        self._slow = None
        if self.transport.get_write_buffer_size():
            self._abort()

    def _abort(self) -> None:
        self.table.remove(self)
        self._gone()
        self.transport.abort()

    def _gone(self) -> None:
        # Every answer that is under way or waits in the pipeline is told, where uvicorn tells the last: what is written to a
        # connection that is gone fails, and the operator would hear of it.
        for one in self._answers:
            one.disconnected = True

    def _close(self) -> None:
        self._stop()
        self.transport.close()
        # `close` waits for what is written to be taken, for ever.
        self.loop.call_later(LINGER_SECONDS if not self.transport.get_write_buffer_size() else READ_SECONDS, self._abort)


def _body_of(cycle: RequestResponseCycle) -> Body:
    body: Body = cycle.scope["state"][BODY]
    return body


def _drop(cycle: RequestResponseCycle) -> None:
    """Let go of a refused body. The app reads an early end, sees why (`bodies.raw`) and answers; then the connection closes."""
    cycle.body = bytearray()
    cycle.more_body = cycle.keep_alive = False
    cycle.message_event.set()
