"""Serving: uvicorn over httptools and uvloop; no access log, no server or date header, no trust in proxies' headers.

The server also runs the purge by itself each day at 00:05 UTC, where its login at the store may.
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
from intake.desk.notices import seconds_until_batch, tell
from intake.errors import ClockError as WrongClockError
from intake.errors import IntakeError
from intake.server.app import build
from intake.server.connection_limits import MOST, peers
from intake.server.http_protocol import Protocol
from intake.server.stopping import Server
from intake.service import operator_log
from intake.service.operator_log import Event
from intake.service.service import Service
from intake.site.languages import Language
from intake.site.render import Site
from intake.store.engines.notify import Signals
from intake.store.errors import StoreError
from retention.errors import BusyError, ClockError
from retention.run import Outcome

TAKE_OVER_SECONDS = 60  # after which a run that another process began is looked at again: that process may have died
AGAIN_SECONDS = 3600  # after which a run that failed, or left something, is done again
SWEEP_SECONDS = 0.5
SPARE = 128  # file descriptors for all that is not a connection
BACKLOG = 2048  # connections that the system accepts and this process has not seen yet
_BURST = 8  # where descriptors are few: one in so many for connections that come before others have gone
RUN_AT = dt.time(0, 5, tzinfo=dt.UTC)


def serve(service: Service, site: Site) -> None:
    """Serve until told to stop; closes the service."""
    serve_app(build(service, site), service, site.languages)


def serve_app(app: ASGIApp, service: Service, languages: Mapping[str, Language]) -> None:
    """As `serve`, an app that is built already."""
    Protocol.table.most, backlog = _room()
    Protocol.table.source_of = peers(service.settings.proxies)
    config = uvicorn.Config(
        app,
        host=service.settings.host,
        port=service.settings.port,
        http=Protocol,
        backlog=backlog,
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=10,
    )
    # What a client can bring about is not written down (`intake.service.operator_log`); a port that is taken is.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    # What is there now stays: looking through the rendered site for garbage would stop everyone for 50 ms at a time.
    gc.collect()
    gc.freeze()
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(Server(config, service.case_events.close), service, languages))


def _room() -> tuple[int, int]:
    """How many connections there are file descriptors for, of as many as the system allows, and how many may come at once.

    All that wait to be accepted are accepted before the first of them makes another one go.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + BACKLOG + SPARE
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    free = max(soft - SPARE, SPARE)
    backlog = min(BACKLOG, max(free // _BURST, 1))
    return min(MOST, free - backlog), backlog


async def purge_daily(service: Service) -> None:
    """Run at 00:05 UTC each day. What fails is tried again an hour later; what another process is doing, until it is done."""
    wait = seconds_until_run(service.clock())
    while True:
        await asyncio.sleep(wait)
        wait = await purge(service) or seconds_until_run(service.clock())


async def purge(service: Service) -> float:
    """Do the day's run. Returns 0 once it is done, else after how many seconds to look again."""
    try:
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
        operator_log.tell(Event.CLOCK, error)
        return AGAIN_SECONDS
    except Exception as error:  # whatever it is must not end the daily runs
        operator_log.tell(Event.PURGE, error)
        return AGAIN_SECONDS
    return 0 if report.outcome is Outcome.CLEAN else AGAIN_SECONDS


async def sweep(service: Service) -> None:
    """Forget what other processes have destroyed, twice a second: they wait for it."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        with contextlib.suppress(Exception):  # whatever it is must not end the sweeps
            await asyncio.to_thread(service.parts.roots.sweep)
            if service.guard.contradiction is not None:  # until a person has confirmed the clock
                await asyncio.to_thread(service.guard.refresh)


async def listen(service: Service, signals: Signals) -> None:
    """Pass on between this process's watchers and those of the other servers on the same store."""
    loop, stop = asyncio.get_running_loop(), threading.Event()
    service.case_events.beyond = lambda members, case: loop.run_in_executor(None, signals.send, members, case)

    def told(members: Sequence[str], case: str) -> None:
        loop.call_soon_threadsafe(service.case_events.tell_here, members, case)

    try:
        await asyncio.to_thread(signals.listen, told, stop)
    finally:
        stop.set()
        signals.close()


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
    beside = [purge_daily(service), tell_regularly(service, languages), sweep(service)]
    if service.settings.database_url:
        beside.append(listen(service, Signals(service.settings.database_url)))
    tasks = [asyncio.create_task(one) for one in beside]
    try:
        await server.serve()
    finally:
        for task in tasks:
            task.cancel()
