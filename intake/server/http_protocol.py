"""Serves HTTP/1.1 with limits on time, on header size and on idle connections.

uvicorn over httptools parses strictly (llhttp), but limits neither time nor headers. docs/adr/0018 compares servers. Each limit
here closes a connection within 15 seconds, so the server needs no proxy in front.
"""

import re
from asyncio import TimerHandle, Transport
from functools import partial
from typing import ClassVar

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from intake.server.answer_transport import AnswerTransport
from intake.server.body_budget import Body, BodyBudget
from intake.server.connection_limits import ConnectionTable

HEADER_SECONDS = 10.0  # seconds for a whole head, from the connection or the last answer on
BODY_SECONDS = 14.0  # seconds for a whole body. `bodies.SECONDS` is shorter, so that the app can still give the reason
READ_SECONDS = 14.0  # seconds in which a client must read 48 KiB of an answer, at 27 kbit/s
LINGER_SECONDS = 2.0  # seconds for a refusal to reach a client that still sends. The slot is free meanwhile
MAX_HEAD = 16 * 1024  # bytes of address and headers. Browsers send one or two KiB
MAX_HEADERS = 100
MAX_TARGET = 4 * 1024  # bytes of an address
MAX_PIPELINE = 16  # pipelined requests that wait
MAX_EXTRA = 64 * 1024  # bytes around a body: chunk sizes, extensions and trailers
BODY = "body"  # the key of a request's `Body` in its state
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?\Z")
_REASONS = {400: b"Bad Request", 414: b"URI Too Long", 429: b"Too Many Requests", 431: b"Request Header Fields Too Large"}


class _RefusedError(Exception):
    """Raised inside a callback of the parser, which then reports an error."""


class Protocol(HttpToolsProtocol):
    """One connection. It waits for a head, for a body, and for the client to read the answer, in this order."""

    table: ClassVar["ConnectionTable[Protocol]"] = ConnectionTable()
    budget: ClassVar[BodyBudget] = BodyBudget()
    _timer: TimerHandle | None = None  # while a head or a body is due
    _slow: TimerHandle | None = None  # while the client does not read an answer
    _in_body = False
    _lingering = False  # the server writes no more, and discards what arrives
    _head = 0  # bytes since the last message
    _extra = 0
    _status = 400

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Start the timers of a new connection."""
        super().connection_made(transport)
        self._answers: list[RequestResponseCycle] = []
        superseded = self.table.add(self, self.client[0] if self.client else "")
        self._await_head()
        if superseded is not None:
            superseded._abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Release everything that a closed connection held."""
        self._stop()
        self._stop_reading_timer()
        self._notify_disconnected()
        self.table.remove(self)
        for cycle, _ in self.pipeline:
            self.budget.close(_body_of(cycle))
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass received bytes to the parser, within the limits."""
        if self._lingering or self.transport.is_closing() or self.parser is None:
            return
        self._count(len(data))
        super().data_received(data)
        if not self.transport.is_closing() and (self._head > MAX_HEAD + len(data) or self._extra > MAX_EXTRA):
            self._status = 431
            self.send_400_response("")

    def send_400_response(self, msg: str) -> None:
        """Refuse a request without quoting it, unless an answer has already begun."""
        if self._lingering:
            return
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self._abort()
            return
        line = b"HTTP/1.1 %d %b\r\n" % (self._status, _REASONS[self._status])
        self.transport.write(line + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self._linger()

    def pause_writing(self) -> None:
        """Start the timer of a client that does not read its answer."""
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        """Stop the timer that `pause_writing` started."""
        self._stop_reading_timer()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing arrived since the last answer."""
        self._close()

    def cut(self) -> None:
        """Close the connection at once. The stopping server calls this after its grace period."""
        self._abort()

    # The parser calls these. An exception here ends in `send_400_response`.

    def on_message_begin(self) -> None:
        """Refuse a head that begins while too many requests wait."""
        super().on_message_begin()
        if len(self.pipeline) >= MAX_PIPELINE:
            self._refuse(429)

    def on_url(self, url: bytes) -> None:
        """Add a part of the address."""
        super().on_url(url)
        if len(self.url) > MAX_TARGET:
            self._refuse(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header. Trailers after a body are dropped, because they would join the headers before it."""
        if self._in_body:
            return
        super().on_header(name, value)
        if len(self.headers) > MAX_HEADERS:
            self._refuse(431)

    def on_headers_complete(self) -> None:
        """Handle a complete head."""
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MAX_HEAD:
            self._refuse(431)
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or not all(_HOST.match(host) for host in hosts):
            self._refuse(400)
        if not hosts and self.parser.get_http_version() != "1.0":
            self._refuse(400)
        # After an upgrade the parser would drop the body and the rest. This server supports no upgrade.
        if self.parser.should_upgrade() or not self.url.startswith(b"/"):
            self._refuse(400)
        super().on_headers_complete()
        joined = self.scope["method"] != "HEAD"
        self.cycle.transport = AnswerTransport(self.transport, self.loop, self._end, joined=joined)  # type: ignore[assignment]
        self.scope["state"][BODY] = self.budget.open(partial(_drop, self.cycle))
        self._answers = [cycle for cycle in self._answers if not cycle.response_complete] + [self.cycle]
        self._in_body, self._head, self._extra = True, 0, 0
        self._start(BODY_SECONDS)

    def on_body(self, body: bytes) -> None:
        """Add a part of the body."""
        self._extra -= len(body)
        held = _body_of(self.cycle)
        self.budget.add(held, len(body))
        if not held.refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Handle a complete body."""
        self._in_body, self._head, self._extra = False, 0, 0
        self._stop()
        held = _body_of(self.cycle)
        held.whole = True
        if not held.refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Continue after an answer was written to the transport."""
        if self._lingering:
            return
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._await_reading()
        if self.transport.is_closing() or self._in_body:
            self._end()
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
            finally:  # even after a disconnect, because the app may have used the body until now
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

    def _await_reading(self) -> None:
        if self._slow is None:
            self._slow = self.loop.call_later(READ_SECONDS, self._reading_expired)
            self.table.wait(self)

    def _stop_reading_timer(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None
            if self._timer is None:
                self.table.serve(self)

    def _reading_expired(self) -> None:
        self._slow = None
        if self.transport.get_write_buffer_size():
            self._abort()

    def _abort(self) -> None:
        self.table.remove(self)
        self._notify_disconnected()
        self.transport.abort()

    def _notify_disconnected(self) -> None:
        # Notify every answer that is running or queued, because uvicorn notifies only the last. Writes to a closed connection
        # fail, and the operator would see them.
        for cycle in self._answers:
            cycle.disconnected = True

    def _end(self) -> None:
        if self._in_body:  # the app answered before it read the whole body
            self._linger()
        else:
            self._close()

    def _linger(self) -> None:
        # A socket that is closed while the client still sends is reset, and the reset can overtake the answer (RFC 9112, 9.6).
        # Therefore this ends its own side first, and discards what arrives until the client ends its side too.
        self._stop()
        if self._lingering or self.transport.is_closing():
            return
        self._lingering = True
        self._notify_disconnected()
        self.flow.resume_reading()
        self.transport.write_eof()
        self.table.wait(self)
        self._abort_later()

    def _close(self) -> None:
        self._stop()
        self.transport.close()
        self._abort_later()

    def _abort_later(self) -> None:
        # The transport alone would wait for ever for the client to read the rest.
        self.loop.call_later(LINGER_SECONDS if not self.transport.get_write_buffer_size() else READ_SECONDS, self._abort)


def _body_of(cycle: RequestResponseCycle) -> Body:
    body: Body = cycle.scope["state"][BODY]
    return body


def _drop(cycle: RequestResponseCycle) -> None:
    """Release a refused body. The app reads an early end, answers with the reason (`bodies.raw`), and the connection closes."""
    cycle.body = bytearray()
    cycle.more_body = cycle.keep_alive = False
    cycle.message_event.set()
