"""What is told to everyone about deletion: the last runs, and how much went in a week, never so little that it tells of one.

No certificate's text is given out: it counts single days. Its hash is, so that who keeps the log can be held to it.
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
from retention.health import look

SHOWN = 14  # certificates
WEEKS = 12
KEPT = 10  # seconds that an answer is kept: anyone may ask as often as they like
FEWEST = 10  # cases in a week that are told as a number


class Run(msgspec.Struct, frozen=True):
    """A run as it is told: the day, the days that went, whether nothing was left, the certificate's hash."""

    number: int
    day: str
    days: list[str]
    clean: bool
    hash: str


class Week(msgspec.Struct, frozen=True):
    """A whole week, by its Monday: how many cases went; none when there were fewer than ten."""

    monday: str
    cases: int | None


class Deletions(msgspec.Struct, frozen=True):
    """What the page shows."""

    runs: list[Run]
    weeks: list[Week]
    overdue: bool


class DeletionsApi:
    """Handlers over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._told = Deletions([], [], overdue=False)
        self._until = 0
        self._looking = asyncio.Lock()

    @property
    def routes(self) -> list[Route]:
        """Under `/api/form`."""
        return [Route("/deletions", self.deletions, methods=["GET"])]

    async def deletions(self, request: Request) -> Response:
        """The last runs and weeks."""
        return bodies.answer(msgspec.to_builtins(await self._now()))

    async def health(self, request: Request) -> Response:
        """For a watchman: 503 when anything is more than 24 hours overdue. Says no more than that."""
        overdue = (await self._now()).overdue
        return bodies.answer({"status": "overdue" if overdue else "up"}, 503 if overdue else 200)

    async def _now(self) -> Deletions:
        """Looked up at most once in a while, by one at a time."""
        async with self._looking:
            if self._service.seconds >= self._until:
                self._told = await asyncio.to_thread(told, self._service)
                self._until = self._service.seconds + KEPT
        return self._told


def told(service: Service) -> Deletions:
    """What is told today."""
    health = look(service.job.key_store, service.job.store, service.today)
    try:
        texts = [text for text, _ in service.job.store.certificates()]
    except RetentionError:
        return Deletions([], [], overdue=True)
    read = [certificate.read(text) for text in texts]
    runs = [
        Run(one.number, one.day, one.days, one.scrub == "clean", labelled_hash(Label.CERTIFICATE, text))
        for one, text in zip(read[-SHOWN:], texts[-SHOWN:], strict=True)
    ]
    return Deletions(runs[::-1], weeks(read, service.today), bool(health.overdue))


def weeks(found: Sequence[Certificate], today: dt.date) -> list[Week]:
    """The last whole weeks, newest first; numbers below ten are withheld."""
    this = today - dt.timedelta(days=today.weekday())
    gone: dict[dt.date, int] = defaultdict(int)
    for one in found:
        day = dt.date.fromisoformat(one.day)
        gone[day - dt.timedelta(days=day.weekday())] += one.cases
    first = min(gone, default=this)
    mondays = [monday for n in range(1, WEEKS + 1) if (monday := this - dt.timedelta(weeks=n)) >= first]
    return [Week(monday.isoformat(), gone[monday] if gone[monday] >= FEWEST else None) for monday in mondays]


def in_words(found: Deletions, day: Callable[[dt.date], str]) -> Deletions:
    """With days as people read them."""
    runs = [msgspec.structs.replace(run, day=day(dt.date.fromisoformat(run.day))) for run in found.runs]
    told_weeks = [msgspec.structs.replace(week, monday=day(dt.date.fromisoformat(week.monday))) for week in found.weeks]
    return Deletions(runs, told_weeks, found.overdue)
