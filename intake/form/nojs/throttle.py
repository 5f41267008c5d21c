"""What holds back machines on the plain path, where a browser can do no work: tickets, time, a field that people leave empty,
buckets. A browser without scripts reaches this path by Tor as well, so whoever has no source shares one bucket.
"""

import asyncio
import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import msgspec

from intake.errors import CrowdedError, IntakeError, StaleError
from intake.form.load_pricing import SOURCES, Bucket
from intake.form.nojs.fields import Fields, one
from intake.web.tokens import Purpose, Tokens, new_bearer

YOUNGEST = 2  # seconds: nobody reads, writes and looks it over in less
OLDEST = 24 * 3600  # seconds
BURST, RATE = 120, 12.0  # requests at once, and a second, in all: about a third of what one core stretches and seals
BURST_SOURCE, RATE_SOURCE = 30, 1.0  # of one source: a shelter's
SHARE = 0.75  # of all, for those without a source together: the rest is left to those with one
_REMEMBERED = 50_000  # tickets whose sending failed; those that succeeded are in the store


class Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the pages carry from the first on, signed: since when someone has been writing (seconds). Good once."""

    since: int
    id: str

    @property
    def name(self) -> str:
        """What the store remembers it by."""
        return f"ticket {self.id}"


class Buckets:
    """One bucket for all, one for each source, one for those without a source. Used on the event loop."""

    def __init__(self, burst: float, rate: float) -> None:
        self._all, self._nobodys = Bucket(burst, rate), Bucket(burst * SHARE, rate * SHARE)
        self._sources: OrderedDict[bytes, Bucket] = OrderedDict()

    def take(self, source: bytes) -> bool:
        """Whether there is one left for this source, and in all; takes it."""
        return self._of(source).take() and self._all.take()

    def _of(self, source: bytes) -> Bucket:
        if not source:
            return self._nobodys
        found = self._sources.get(source)
        self._sources[source] = found if found is not None else Bucket(BURST_SOURCE, RATE_SOURCE)
        self._sources.move_to_end(source)
        if len(self._sources) > SOURCES:
            self._sources.popitem(last=False)
        return self._sources[source]


class Throttle:
    """Lets through who comes from our page, at a person's pace, while there is room."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.sending, self.returning = Buckets(BURST, RATE), Buckets(BURST, RATE)

    def ticket(self, now: int) -> str:
        """For the page that asks."""
        return self._tokens.sign(Purpose.PLAIN, Ticket(now, new_bearer()))

    def check(self, fields: Fields, now: int) -> Ticket:
        """The ticket of a page that a person has filled in.

        Raises:
            CrowdedError: faster than a person, or the field that nobody sees is filled in.
            StaleError: from no page of ours, or one of long ago.
        """
        ticket = self._tokens.read(Purpose.PLAIN, Ticket, one(fields, "ticket"))
        if now - ticket.since > OLDEST:
            raise StaleError("this page is too old")
        if now - ticket.since < YOUNGEST or one(fields, "website"):
            raise CrowdedError("wait a little")
        return ticket


@dataclass(slots=True)
class Once:
    """What a ticket is used for, once in this process: the same sent twice gets the same outcome, another thing is refused."""

    _running: "dict[str, tuple[str, asyncio.Future[dt.date]]]" = field(default_factory=dict)
    _failed: "OrderedDict[str, None]" = field(default_factory=OrderedDict)

    async def run(self, ticket: Ticket, what: str, work: Callable[[], Coroutine[None, None, dt.date]]) -> dt.date:
        """The outcome of `work`, or of that which runs for the same ticket and the same thing.

        A ticket whose work failed is used up; one that was refused because of load is not.

        Raises:
            StaleError: the ticket is used for something else, or was.
        """
        running = self._running.get(ticket.id)
        if running is not None and running[0] == what:
            return await asyncio.shield(running[1])
        if running is not None or ticket.id in self._failed:
            raise StaleError("this page was sent already")
        task = asyncio.ensure_future(work())
        self._running[ticket.id] = what, task
        try:
            return await asyncio.shield(task)
        except CrowdedError:
            raise
        except IntakeError:
            self._failed[ticket.id] = None
            if len(self._failed) > _REMEMBERED:
                self._failed.popitem(last=False)
            raise
        finally:
            if task.done():
                del self._running[ticket.id]
            else:  # whoever asked has gone
                task.add_done_callback(lambda _: self._running.pop(ticket.id, None))
