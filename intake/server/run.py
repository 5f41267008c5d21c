"""Serving: uvicorn over httptools and uvloop; no access log, no server or date header, no trust in proxies' headers.

In the embedded mode the server also runs the purge by itself each day at 00:05 UTC.
"""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Mapping

import uvicorn
from starlette.types import ASGIApp

from intake.desk.decisions import daily
from intake.desk.notices import seconds_until_batch, tell
from intake.errors import IntakeError
from intake.server.app import build
from intake.service import Service
from intake.site.languages import Language
from intake.site.render import Site
from intake.store.errors import StoreError
from retention.errors import RetentionError

RUN_AT = dt.time(0, 5, tzinfo=dt.UTC)


def serve(service: Service, site: Site) -> None:
    """Serve until told to stop; closes the service."""
    serve_app(build(service, site), service, site.languages)


def serve_app(app: ASGIApp, service: Service, languages: Mapping[str, Language]) -> None:
    """As `serve`, an app that is built already."""
    config = uvicorn.Config(
        app,
        host=service.settings.host,
        port=service.settings.port,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
    )
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(uvicorn.Server(config), service, languages))


async def purge_daily(service: Service) -> None:
    """Run at 00:05 UTC each day; a run that fails is tried again an hour later."""
    while True:
        await asyncio.sleep(seconds_until_run(service.clock()))
        try:
            await service.write(lambda tx: daily(service, tx))
            await asyncio.to_thread(service.job.run, service.today)
        except (IntakeError, RetentionError, StoreError):
            await asyncio.sleep(3600)


def seconds_until_run(now: dt.datetime) -> float:
    """From `now` to the next 00:05 UTC."""
    due = dt.datetime.combine(now.date(), RUN_AT)
    if due <= now:
        due += dt.timedelta(days=1)
    return (due - now).total_seconds()


async def tell_regularly(service: Service, languages: Mapping[str, Language]) -> None:
    """Notices, in batches; a batch that fails is left out."""
    while minutes := service.settings.notice_minutes:
        await asyncio.sleep(seconds_until_batch(service.clock(), minutes))
        with contextlib.suppress(IntakeError, StoreError):
            await tell(service, languages)


async def _serve(server: uvicorn.Server, service: Service, languages: Mapping[str, Language]) -> None:
    purging = asyncio.create_task(purge_daily(service))
    telling = asyncio.create_task(tell_regularly(service, languages))
    try:
        await server.serve()
    finally:
        purging.cancel()
        telling.cancel()
