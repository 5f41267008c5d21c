"""Slow down machines on the no-JavaScript pages, where a browser can do no work: tickets, time, a honeypot field, buckets.

A browser without scripts also reaches these pages over Tor, so all clients without a source share one bucket.
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

YOUNGEST = 2  # seconds; nobody reads, writes and checks a request in less
OLDEST = 24 * 3600  # seconds
BURST, RATE = 120, 12.0  # requests at once and per second, from everyone: about a third of what one core hashes and encrypts
BURST_SOURCE, RATE_SOURCE = 30, 1.0  # from one source, such as a shelter
SHARE = 0.75  # of all, for all clients without a source together; the rest is for those with one
_REMEMBERED = 50_000  # failed tickets that are remembered; the store remembers the ones that succeeded


class Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the pages carry from the first on, signed: when the person began to write (seconds). Valid once."""

    since: int
    id: str

    @property
    def name(self) -> str:
        """The name under which the store remembers it."""
        return f"ticket {self.id}"


class Buckets:
    """One bucket for all, one for each source, and one for clients without a source. Not thread-safe."""

    def __init__(self, burst: float, rate: float) -> None:
        self._all, self._nobodys = Bucket(burst, rate), Bucket(burst * SHARE, rate * SHARE)
        self._sources: OrderedDict[bytes, Bucket] = OrderedDict()

    def take(self, source: bytes) -> bool:
        """Take one for this source and in all, and return True; return False if none is left."""
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
    """Admits people who come from our page, at a person's pace, while there is capacity."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.sending, self.returning = Buckets(BURST, RATE), Buckets(BURST, RATE)

    def ticket(self, now: int) -> str:
        """Make a ticket for the page that asks."""
        return self._tokens.sign(Purpose.PLAIN, Ticket(now, new_bearer()))

    def check(self, fields: Fields, now: int) -> Ticket:
        """Return the ticket of a page that a person has filled in.

        Raises:
            CrowdedError: faster than a person, or the hidden field is filled in.
            StaleError: not from a page of ours, or from an old one.
        """
        ticket = self._tokens.read(Purpose.PLAIN, Ticket, one(fields, "ticket"))
        if now - ticket.since > OLDEST:
            raise StaleError("this page is too old; load it again")
        if now - ticket.since < YOUNGEST or one(fields, "website"):
            raise CrowdedError("please wait a moment and send again")
        return ticket


@dataclass(slots=True)
class Once:
    """Uses each ticket once in this process. The same page gets the same outcome again, and another page is refused."""

    _running: "dict[str, tuple[str, asyncio.Future[dt.date]]]" = field(default_factory=dict)
    _failed: "OrderedDict[str, None]" = field(default_factory=OrderedDict)

    async def run(self, ticket: Ticket, what: str, work: Callable[[], Coroutine[None, None, dt.date]]) -> dt.date:
        """Return the outcome of `work`, or of the call that is under way for the same ticket and page.

        A ticket is used up if its work failed, but not if load was the reason.

        Raises:
            StaleError: the ticket is, or was, used for something else.
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
            else:  # the client has disconnected
                task.add_done_callback(lambda _: self._running.pop(ticket.id, None))
