"""Publishes the last deletion runs, and the number of deleted cases for each week with at least ten.

Certificates' texts stay private, because they count single days. Their hashes are public, so that nobody can rewrite the log.
"""

import asyncio
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crypto import certificate
from crypto.certificate import Certificate
from crypto.labels import Label
from crypto.signing import labelled_hash
from intake.service.service import Service
from intake.web import bodies
from retention.errors import RetentionError
from retention.health import assess
from retention.run import CLEAN, HELD

PUBLISHED_RUNS = 14  # certificates
WEEKS = 12
CACHE_SECONDS = 10  # seconds that an answer is cached, because anyone may ask as often as they like
MIN_CASES = 10  # cases in a week; a smaller number is not published


class Run(msgspec.Struct, frozen=True):
    """A run as published: its day, the days that it deleted, whether nothing was left, and the certificate's hash."""

    number: int
    day: str
    days: list[str]
    clean: bool
    hash: str


class Week(msgspec.Struct, frozen=True):
    """A whole week, named by its Monday: how many cases were deleted, or None if there were fewer than ten."""

    monday: str
    cases: int | None


class Deletions(msgspec.Struct, frozen=True):
    """The content of the page."""

    runs: list[Run]
    weeks: list[Week]
    overdue: bool


class DeletionsApi:
    """The routes about deletion."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._report = Deletions([], [], overdue=False)
        self._cached_until = 0
        self._refreshing = asyncio.Lock()

    @property
    def routes(self) -> list[Route]:
        """The routes, relative to `/api/form`."""
        return [Route("/deletions", self.deletions, methods=["GET"])]

    async def deletions(self, request: Request) -> Response:
        """Answer with the last runs and weeks."""
        return bodies.answer(msgspec.to_builtins(await self._now()))

    async def health(self, request: Request) -> Response:
        """Answer a monitor: 503 when anything is more than 24 hours overdue, and nothing else."""
        overdue = (await self._now()).overdue
        return bodies.answer({"status": "overdue" if overdue else "up"}, 503 if overdue else 200)

    async def _now(self) -> Deletions:
        """Return the cached report, and read it again at most once every few seconds."""
        async with self._refreshing:
            if self._service.seconds >= self._cached_until:
                self._report = await asyncio.to_thread(report, self._service)
                self._cached_until = self._service.seconds + CACHE_SECONDS
        return self._report


def report(service: Service) -> Deletions:
    """Return today's report."""
    health = assess(service.job.key_store, service.job.store, service.today)
    try:
        texts = [text for text, _ in service.job.store.certificates()]
    except RetentionError:
        return Deletions([], [], overdue=True)
    read = [certificate.read(text) for text in texts]
    runs = [
        Run(
            certificate.number,
            certificate.day,
            certificate.days,
            certificate.scrub in (CLEAN, HELD),
            labelled_hash(Label.CERTIFICATE, text),
        )
        for certificate, text in zip(read[-PUBLISHED_RUNS:], texts[-PUBLISHED_RUNS:], strict=True)
    ]
    return Deletions(runs[::-1], weeks(read, service.today), bool(health.overdue))


def weeks(certificates: Sequence[Certificate], today: dt.date) -> list[Week]:
    """Return the last whole weeks, newest first. Numbers below ten are withheld."""
    this_monday = today - dt.timedelta(days=today.weekday())
    counts: dict[dt.date, int] = defaultdict(int)
    for published in certificates:
        day = dt.date.fromisoformat(published.day)
        counts[day - dt.timedelta(days=day.weekday())] += published.cases
    first = min(counts, default=this_monday)
    mondays = [monday for n in range(1, WEEKS + 1) if (monday := this_monday - dt.timedelta(weeks=n)) >= first]
    return [Week(monday.isoformat(), counts[monday] if counts[monday] >= MIN_CASES else None) for monday in mondays]


def in_words(summary: Deletions, day: Callable[[dt.date], str]) -> Deletions:
    """Format the days in a language."""
    runs = [msgspec.structs.replace(run, day=day(dt.date.fromisoformat(run.day))) for run in summary.runs]
    formatted_weeks = [msgspec.structs.replace(week, monday=day(dt.date.fromisoformat(week.monday))) for week in summary.weeks]
    return Deletions(runs, formatted_weeks, summary.overdue)
