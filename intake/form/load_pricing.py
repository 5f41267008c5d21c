"""Load pricing: writing is free while the machine keeps up, and costs work when load or fullness rises. Nobody is refused.

A price is a number of tries of work (docs/adr/0019) for each 32 KiB. It is the higher of two:

* The load of the last minutes, in total and from one source, once submissions wait. It costs an old phone seconds at most.
  The wait is the measure of the machine's capacity: it counts the writing thread, the database, the event loop and whatever
  else runs on the machine. A source that sends much pays first.
* The fullness of the day's share. It rises from 5 % on, slowly at first, so that filling half a day costs one core over an
  hour.

The counts of the last minutes are in memory only. A source is an HMAC of an address prefix under a key that is deleted every
hour. A client without an address of its own (an onion service, a proxy that is not named) has no source.
"""

import hmac
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from starlette.requests import Request

from crypto import work
from crypto.encoding import unb64
from crypto.errors import CryptoError
from intake.errors import InvalidError, StaleError
from intake.web.client_address import Network, TrustedProxies, source_prefix

WINDOW_MINUTES = 5  # minutes of load that count
FREE_REQUESTS = 150  # ordinary requests in that time that are always free, from everyone together
FREE_REQUESTS_PER_SOURCE = 30  # the same from one source, such as a shelter behind one address on a bad day
MIN_PRICE = 8  # the first price, in tries. It doubles when the load doubles
MAX_LOAD_PRICE = 128  # tries for each 32 KiB, the most that load can cost: about 3 s on a phone of 2016
FREE_WAIT = 0.25  # seconds that a submission waits to become durable, up to which load costs nothing. Calm: 0.02 to 0.1
BUSY_WAIT = 1.0  # seconds of that wait from which on everyone pays the whole price of the load
WAIT_MEMORY = 60.0  # seconds for which a long wait counts, so that a flood that pauses does not find it cheap again
FREE_FULLNESS = 0.05  # of a day's share. Below it, fullness costs nothing
PRICE_TOLERANCE = 2  # times that a quoted price may be below the present one
MAX_SOURCES = 50_000  # sources counted in a minute. Others count in the total only
_HOUR = 3600  # seconds


class TokenBucket:
    """A token bucket: a maximum, refilled at a constant rate per second."""

    def __init__(self, most: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._rate, self._clock = most, rate, clock
        self._left, self._at = most, clock()

    def take(self) -> bool:
        """Take one and return True, or return False if none is left."""
        now = self._clock()
        self._left, self._at = min(self._most, self._left + (now - self._at) * self._rate), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Waits:
    """Measures how long submissions wait to become durable. Not thread-safe: use it on the event loop alone.

    It keeps the longest wait, so quick writes in between do not lower it. A write that has not ended counts from its start.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: dict[object, float] = {}  # in order of their start
        self._ended: deque[tuple[float, float]] = deque()  # when, and how long, from the longest to the shortest

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure the wait of the block."""
        write, start = object(), self._clock()
        self._begun[write] = start
        try:
            yield
        finally:
            del self._begun[write]
            self._note(self._clock() - start)

    def longest(self) -> float:
        """Return the longest wait of the last minute, in seconds."""
        now = self._clock()
        while self._ended and self._ended[0][0] < now - WAIT_MEMORY:
            self._ended.popleft()
        ended = self._ended[0][1] if self._ended else 0.0
        waiting = now - next(iter(self._begun.values()), now)
        return max(ended, waiting)

    def _note(self, seconds: float) -> None:
        if seconds <= FREE_WAIT:
            return  # costs nothing, and is not worth the memory
        while self._ended and self._ended[-1][1] <= seconds:
            self._ended.pop()  # a later and longer wait outlasts it
        self._ended.append((self._clock(), seconds))


class LoadPricing:
    """Counts bytes and sets the price of the next. Not thread-safe: use it on the event loop alone.

    Args:
        seconds: the clock, in seconds since 1970.
        proxies: networks of proxies whose forwarded addresses are trusted.
        waits: how long submissions wait.
    """

    def __init__(self, seconds: Callable[[], int], proxies: Sequence[Network] = (), waits: Waits | None = None) -> None:
        self._seconds = seconds
        self.waits = waits or Waits()
        self._proxies = TrustedProxies(proxies)
        self._minutes: deque[tuple[int, Counter[bytes]]] = deque(maxlen=WINDOW_MINUTES)
        self._key, self._hour = secrets.token_bytes(32), -1

    def source(self, request: Request) -> bytes:
        """Return the source of a request, as an HMAC that means nothing after this hour.

        It is empty for a client that the server cannot distinguish from others.
        """
        address = self._proxies.client_address(request)
        if address is None or address.is_loopback:
            return b""
        return hmac.digest(self._hourly(), source_prefix(address).encode(), "sha256")

    def count(self, source: bytes, size: int) -> None:
        """Count bytes that were stored."""
        minute = self._seconds() // 60
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append((minute, Counter()))
        counted = self._minutes[-1][1]
        counted[b""] += size
        if source and (source in counted or len(counted) < MAX_SOURCES):
            counted[source] += size

    def price(self, source: bytes, fullness: float) -> int:
        """Return the tries that 32 KiB cost now.

        Args:
            source: the source of the request; empty if it has none.
            fullness: of the day's share that the bytes count towards, from 0 to 1.
        """
        return max(self._load_price(source), price_of_fullness(fullness))

    def _load_price(self, source: bytes) -> int:
        wait = self.waits.longest()
        if wait <= FREE_WAIT:
            return 0
        since = self._seconds() // 60 - WINDOW_MINUTES
        recent = [counted for minute, counted in self._minutes if minute > since]
        middle = (FREE_WAIT + BUSY_WAIT) / 2
        # A source that sends much pays the whole price before anybody else pays.
        price = price_of_load(sum(counted[b""] for counted in recent), FREE_REQUESTS) * _part(wait, middle, BUSY_WAIT)
        if source:
            own = price_of_load(sum(counted[source] for counted in recent), FREE_REQUESTS_PER_SOURCE)
            price = max(price, own * _part(wait, FREE_WAIT, middle))
        return int(price)

    def _hourly(self) -> bytes:
        hour = self._seconds() // _HOUR
        if hour != self._hour:
            self._key, self._hour = secrets.token_bytes(32), hour
        return self._key


def price_of_load(size: int, free: int) -> float:
    """Return the tries that 32 KiB cost a machine that does not keep up, after so many bytes in the last minutes.

    Args:
        size: bytes.
        free: the number of ordinary requests that are free.
    """
    excess = size / (free * work.UNIT)
    return min(MAX_LOAD_PRICE, MIN_PRICE * excess) if excess > 1 else 0


def _part(wait: float, first: float, last: float) -> float:
    """Return how much of a price applies: none up to the wait `first`, all from `last` on."""
    return min(1.0, max(0.0, (wait - first) / (last - first)))


def price_of_fullness(fullness: float) -> int:
    """Return the tries that 32 KiB cost by fullness: none up to 5 %, then rising with the cube of the rest.

    A flooder who fills a day pays the sum, nearly all of it at the end. A person who sends one request pays the present price.
    So a steeper curve makes a flood that has filled a fifth cheaper for everyone else. docs/adr/0030 has the figures.
    """
    return int(work.MAX_PRICE * min(1.0, max(0.0, fullness - FREE_FULLNESS) / (1 - FREE_FULLNESS)) ** 3)


def check_price(quoted: int, now: int) -> None:
    """Refuse a price that is far below the present one.

    Raises:
        StaleError: The client must take a new offer.
    """
    if quoted * PRICE_TOLERANCE < now:
        raise StaleError("the price has risen too far since this offer. Nothing was stored. Take a new one")


def check_work(paid_for: str, nonce: str, tries: int) -> None:
    """Check that the work was done. This takes a third of a millisecond, so call it off the event loop.

    Raises:
        InvalidError: The nonce is not a proof of this work.
    """
    if not tries:
        return
    try:
        if work.fits(paid_for, unb64(nonce, work.NONCE), tries):
            return
    except CryptoError:
        pass
    raise InvalidError("the proof of work does not match its token. Nothing was stored")


def check_entry_work(paid_for: str, nonce: str, tries: int) -> None:
    """Check work for a price that no token names. A client that paid too little must take the present price.

    Raises:
        StaleError: The work is less than the present price, or was not done.
    """
    try:
        check_work(paid_for, nonce, tries)
    except InvalidError:
        raise StaleError("the price is higher now than the work that was done. Nothing was stored. Take a new offer") from None
