"""Serves with uvicorn over httptools and uvloop: no access log, no server or date header, no trust in proxies' headers.

The server also runs the deletion each day at 00:05 UTC, if its database login may.
"""

import asyncio
import contextlib
import datetime as dt
import gc
import logging
import resource
import threading
from collections.abc import Mapping, Sequence

import uvicorn
from starlette.types import ASGIApp

from intake.desk.group.decisions import daily
from intake.desk.notices import seconds_until_batch, send_due
from intake.errors import ClockError as WrongClockError
from intake.errors import IntakeError
from intake.server.app import build
from intake.server.connection_limits import MAX_CONNECTIONS, source_reader
from intake.server.http_protocol import Protocol
from intake.server.stopping import Server
from intake.server.uvicorn_options import OPTIONS
from intake.service import operator_log
from intake.service.operator_log import Event
from intake.service.service import Service
from intake.site.languages import Language
from intake.site.render import Site
from intake.store.engines.notify import Signals
from intake.store.errors import StoreError
from retention.errors import BusyError, ClockError
from retention.run import Outcome

TAKE_OVER_SECONDS = 60  # seconds between checks on another process's run, because that process may have died
RETRY_SECONDS = 3600  # seconds until the next try after a run that failed or left data
SWEEP_SECONDS = 0.5
SPARE_DESCRIPTORS = 128  # file descriptors for everything that is not a connection
BACKLOG = 2048  # connections that the system has accepted but this process has not
_BURST_SHARE = 8  # With few descriptors, one in this many is reserved for connections that arrive before others have closed.
RUN_AT = dt.time(0, 5, tzinfo=dt.UTC)


def serve(service: Service, site: Site) -> None:
    """Serve until a signal stops the server, and then close the service."""
    serve_app(build(service, site), service, site.languages)


def serve_app(app: ASGIApp, service: Service, languages: Mapping[str, Language]) -> None:
    """Serve an app that is already built."""
    operator_log.configure(service.settings.log)
    Protocol.table.most, backlog = _connection_limits()
    Protocol.table.source_of = source_reader(service.settings.proxies)
    config = uvicorn.Config(
        app,
        host=service.settings.host,
        port=service.settings.port,
        http=Protocol,
        backlog=backlog,
        loop="uvloop",
        lifespan="on",
        timeout_keep_alive=10,
        **OPTIONS,
    )
    # uvicorn logs only a port in use. `intake.service.operator_log` logs what a client can cause.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    # Exclude the present objects from garbage collection, because a pass over the rendered site would stop everyone for 50 ms.
    gc.collect()
    gc.freeze()
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(Server(config, service.case_events.close), service, languages))


def _connection_limits() -> tuple[int, int]:
    """Return how many connections the file descriptors allow, and how many may arrive at once.

    The server accepts all waiting connections before it closes one to make room.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + BACKLOG + SPARE_DESCRIPTORS
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    free = max(soft - SPARE_DESCRIPTORS, SPARE_DESCRIPTORS)
    backlog = min(BACKLOG, max(free // _BURST_SHARE, 1))
    return min(MAX_CONNECTIONS, free - backlog), backlog


async def purge_daily(service: Service) -> None:
    """Run the deletion at 00:05 UTC each day.

    Repeat a failed run an hour later. Check on another process's run until it is done.
    """
    wait = seconds_until_run(service.clock())
    while True:
        await asyncio.sleep(wait)
        wait = await purge(service) or seconds_until_run(service.clock())


async def purge(service: Service) -> float:
    """Do the day's run. Return 0 once it is done, or the seconds until the next try."""
    try:
        service.guard.check_for_operator()
        await asyncio.to_thread(service.guard.note_day)
        await service.write(lambda tx: daily(service, tx))
        if not await asyncio.to_thread(service.may_purge):
            await asyncio.to_thread(service.guard.refresh)
            return 0
        report = await asyncio.to_thread(service.job.run, service.clock_day)
        await asyncio.to_thread(service.guard.refresh)
    except BusyError:
        return TAKE_OVER_SECONDS
    except (ClockError, WrongClockError) as error:
        operator_log.log(Event.CLOCK, error)
        return RETRY_SECONDS
    except Exception as error:  # no failure may end the daily runs
        operator_log.log(Event.PURGE, error)
        return RETRY_SECONDS
    return RETRY_SECONDS if report.outcome is Outcome.NOT_SCRUBBED else 0


async def retry_backups(service: Service) -> None:
    """Repeat an automatic backup that failed, once an hour."""
    while True:
        await asyncio.sleep(RETRY_SECONDS)
        if service.backups.failed:
            service.backups.start()


async def sweep(service: Service) -> None:
    """Drop cached keys that other processes have destroyed, twice a second. Those processes wait for it."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        with contextlib.suppress(Exception):  # no failure may end the sweeps
            await asyncio.to_thread(service.parts.roots.drop_destroyed)
            if service.guard.contradiction is not None:  # a person may have confirmed the clock in another process
                await asyncio.to_thread(service.guard.refresh)


async def exchange_case_events(service: Service, signals: Signals) -> None:
    """Exchange case events with the other servers on the same store."""
    loop, stop = asyncio.get_running_loop(), threading.Event()
    service.case_events.publish_elsewhere = lambda members, case: loop.run_in_executor(None, signals.send, members, case)

    def publish(members: Sequence[str], case: str) -> None:
        loop.call_soon_threadsafe(service.case_events.publish_locally, members, case)

    try:
        await asyncio.to_thread(signals.listen, publish, stop)
    finally:
        stop.set()
        signals.close()


def seconds_until_run(now: dt.datetime) -> float:
    """Return the seconds from `now` to the next 00:05 UTC."""
    due = dt.datetime.combine(now.date(), RUN_AT)
    if due <= now:
        due += dt.timedelta(days=1)
    return (due - now).total_seconds()


async def send_notices(service: Service, languages: Mapping[str, Language]) -> None:
    """Send notices in batches. A batch that fails is skipped."""
    while minutes := service.settings.notice_minutes:
        await asyncio.sleep(seconds_until_batch(service.clock(), minutes))
        with contextlib.suppress(IntakeError, StoreError):
            await send_due(service, languages)


async def _serve(server: uvicorn.Server, service: Service, languages: Mapping[str, Language]) -> None:
    background = [purge_daily(service), send_notices(service, languages), sweep(service), retry_backups(service)]
    if service.settings.metrics:
        from intake.server import metrics, metrics_server  # most servers do without prometheus_client

        listening = metrics_server.bind(service.settings.metrics)
        background.append(metrics_server.serve(metrics.app(service), listening))
    if service.settings.database_url:
        background.append(exchange_case_events(service, Signals(service.settings.database_url)))
    tasks = [asyncio.create_task(coroutine) for coroutine in background]
    try:
        await server.serve()
    finally:
        for task in tasks:
            task.cancel()
