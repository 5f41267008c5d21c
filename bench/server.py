"""Serve with three more routes in the same process behind the same middleware, for comparison.

They are a POST that reads the same body and does nothing, one that answers after a group-committed raw insert of it, and the
form's page as a constant.
"""

import asyncio
import os
import queue
import sqlite3
import sys
import threading
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from intake import settings
from intake.desk.access.enrolment import founding_link
from intake.form import load_pricing
from intake.form.nojs import throttle
from intake.server.app import build
from intake.server.hardening import harden, overwrite_freed_memory
from intake.server.run import serve_app
from intake.service.service import Service
from intake.site.render import Site
from intake.store.engines import sqlite
from intake.web import bodies

NOTHING, RAW, STATIC = "/bench/nothing", "/bench/raw", "/bench/static"
BATCH = 256

_Waiting = tuple[tuple[bytes, bytes], asyncio.AbstractEventLoop, "asyncio.Future[None]"]


class RawInserts:
    """Stores bodies as fast as possible: one thread, one statement and one commit for all bodies that wait."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "raw.db"
        self._queue: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()

    async def insert(self, body: bytes) -> None:
        """Store a body, and return once it is durable."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._queue.put(((os.urandom(16), body), loop, future))
        await future

    def _write(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        for name, value in sqlite.PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={value}")
        connection.execute("CREATE TABLE IF NOT EXISTS raw (id BLOB PRIMARY KEY, body BLOB) WITHOUT ROWID")
        while True:
            batch = [self._queue.get()]
            while not self._queue.empty() and len(batch) < BATCH:
                batch.append(self._queue.get())
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO raw VALUES (?, ?)", [row for row, _, _ in batch])
            connection.execute("COMMIT")
            for _, loop, future in batch:
                loop.call_soon_threadsafe(future.set_result, None)


def with_comparisons(app: ASGIApp, site: Site, folder: Path) -> ASGIApp:
    """Add the three routes before the app's own."""
    raw = RawInserts(folder)

    async def nothing(request: Request) -> Response:
        await bodies.raw(request, bodies.SUBMISSION)
        return Response(status_code=201)

    async def insert(request: Request) -> Response:
        await raw.insert(await bodies.raw(request, bodies.SUBMISSION))
        return Response(status_code=201)

    page = site.files["/en/"].encodings["br"]

    async def static(request: Request) -> Response:
        return Response(page, headers={"content-encoding": "br"}, media_type="text/html")

    inner = app
    while not hasattr(inner, "router"):
        inner = inner._app  # type: ignore[attr-defined]  # through the middleware that the app is wrapped in
    inner.router.routes[:0] = [Route(NOTHING, nothing, methods=["POST"]), Route(RAW, insert, methods=["POST"])]
    inner.router.routes.insert(0, Route(STATIC, static, methods=["GET"]))
    return app


def main() -> None:
    """Serve, and print the link that founds the group."""
    overwrite_freed_memory()
    harden()
    if "--priced" not in sys.argv:  # what measures something else prepares submissions before it sends them
        load_pricing.FREE_WAIT = float(10**9)
    throttle.BURST = throttle.RATE = 10**9
    config = settings.read()
    service = Service.open(config, upgrade=True)
    service.job.run(service.today)
    print(founding_link(service, f"http://{config.host}:{config.port}"), flush=True)
    site = Site(config)
    serve_app(with_comparisons(build(service, site), site, config.data), service, site.languages)


if __name__ == "__main__":
    main()
