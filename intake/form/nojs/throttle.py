"""Slow down machines on the no-JavaScript pages, with tickets, a minimum time, a honeypot field and buckets.

A browser without scripts can do no proof of work. It may also come over Tor, so all clients without a source share a bucket.
"""

import asyncio
import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import msgspec

from intake.errors import CrowdedError, DayChangedError, IntakeError, StaleError
from intake.form.load_pricing import MAX_SOURCES, TokenBucket
from intake.form.nojs.fields import Fields, text_of
from intake.web.tokens import Purpose, Tokens, new_bearer

MIN_AGE = 2  # seconds. No person reads, writes and checks a request in less
MAX_AGE = 24 * 3600  # seconds
BURST, RATE = 120, 12.0  # requests at once and per second, from everyone: about a third of what one core hashes and encrypts
BURST_SOURCE, RATE_SOURCE = 30, 1.0  # from one source, such as a shelter
SHARE = 0.75  # of the total, for all clients without a source together. The rest is for clients with one
_MAX_TICKETS = 50_000  # failed tickets in memory. The store has those that succeeded


class Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed value that every page carries: when the person began to write, in seconds. Valid once."""

    since: int
    id: str

    @property
    def name(self) -> str:
        """The name under which the store remembers it."""
        return f"ticket {self.id}"


class Buckets:
    """One bucket for all, one for each source, and one for clients without a source. Not thread-safe."""

    def __init__(self, burst: float, rate: float) -> None:
        self._all, self._without_source = TokenBucket(burst, rate), TokenBucket(burst * SHARE, rate * SHARE)
        self._sources: OrderedDict[bytes, TokenBucket] = OrderedDict()

    def take(self, source: bytes) -> bool:
        """Take one for this source and one of the total. Return False if either has none left."""
        return self._of(source).take() and self._all.take()

    def _of(self, source: bytes) -> TokenBucket:
        if not source:
            return self._without_source
        bucket = self._sources.get(source)
        self._sources[source] = bucket if bucket is not None else TokenBucket(BURST_SOURCE, RATE_SOURCE)
        self._sources.move_to_end(source)
        if len(self._sources) > MAX_SOURCES:
            self._sources.popitem(last=False)
        return self._sources[source]


class Throttle:
    """Admits people who come from our page, at a person's pace, while there is capacity."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.sending, self.returning = Buckets(BURST, RATE), Buckets(BURST, RATE)

    def ticket(self, now: int) -> str:
        """Make a ticket for the page that asks."""
        return self._tokens.sign(Purpose.NOJS, Ticket(now, new_bearer()))

    def check(self, fields: Fields, now: int) -> Ticket:
        """Return the ticket of a page that a person has filled in.

        Raises:
            CrowdedError: The page was sent faster than a person can, or its hidden field is filled in.
            StaleError: This server did not make the page, or the page has expired.
        """
        ticket = self._tokens.read(Purpose.NOJS, Ticket, text_of(fields, "ticket"))
        if now - ticket.since > MAX_AGE:
            raise StaleError("this page has expired. Nothing was stored. Load it again")
        if now - ticket.since < MIN_AGE or text_of(fields, "website"):
            raise CrowdedError("too many pages are being sent. Nothing was stored. Wait a moment and send again")
        return ticket


@dataclass(slots=True)
class TicketRunner:
    """Uses each ticket once in this process. The same page gets the same outcome again, and another page is refused."""

    _running: "dict[str, tuple[str, asyncio.Future[dt.date]]]" = field(default_factory=dict)
    _failed: "OrderedDict[str, None]" = field(default_factory=OrderedDict)

    async def run(self, ticket: Ticket, what: str, work: Callable[[], Coroutine[None, None, dt.date]]) -> dt.date:
        """Return the outcome of `work`, or of the running call for the same ticket and page.

        A ticket is used up if its work failed, but not if load was the reason or the requester must agree to another day.

        Raises:
            StaleError: The ticket is, or was, used for something else.
        """
        running = self._running.get(ticket.id)
        if running is not None and running[0] == what:
            return await asyncio.shield(running[1])
        if running is not None or ticket.id in self._failed:
            raise StaleError("this page was already sent. Nothing was stored again")
        task = asyncio.ensure_future(work())
        self._running[ticket.id] = what, task
        try:
            return await asyncio.shield(task)
        except (CrowdedError, DayChangedError):
            raise
        except IntakeError:
            self._failed[ticket.id] = None
            if len(self._failed) > _MAX_TICKETS:
                self._failed.popitem(last=False)
            raise
        finally:
            if task.done():
                del self._running[ticket.id]
            else:  # the client has disconnected
                task.add_done_callback(lambda _: self._running.pop(ticket.id, None))
