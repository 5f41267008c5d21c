"""A host on loopback that serves a site, and lies where a test tells it to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intake.server.uvicorn_options import OPTIONS


@dataclass
class Told:
    """An answer that a host may change before it sends it. One that `stalls` is not sent before the client gives up."""

    path: str
    asked: Headers
    status: int
    headers: MutableHeaders
    body: bytes
    stalls: bool = False


Lie = Callable[[Told], None]


def honest(answer: Told) -> None:
    """Change nothing."""


@dataclass
class Host:
    """A running host. `lie` changes its answers."""

    app: ASGIApp
    address: str = ""
    lie: Lie = honest
    paths: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, without compression, and then lie."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked, messages = Headers(scope=scope), list[Message]()
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app({**scope, "headers": plain}, receive, keep)
        start, *parts = messages
        body = b"".join(part.get("body", b"") for part in parts)
        answer = Told(scope["path"], asked, start["status"], MutableHeaders(raw=list(start["headers"])), body)
        self.paths.append(scope["path"])
        self.lie(answer)
        while answer.stalls and (await receive())["type"] != "http.disconnect":
            pass
        if "content-length" in answer.headers:
            answer.headers["content-length"] = str(len(answer.body))
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers.raw})
        await send({"type": "http.response.body", "body": answer.body})


@contextmanager
def hosted(app: ASGIApp) -> Iterator[Host]:
    """Run a host in a thread."""
    host = Host(app)
    server = uvicorn.Server(uvicorn.Config(host, port=0, lifespan="off", **OPTIONS))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    host.address = f"http://127.0.0.1:{port}"
    try:
        yield host
    finally:
        server.should_exit = True
        thread.join()
