"""How many are writing, and what that costs each: nothing on a calm day, seconds of an old phone at most. Nobody is refused.

In memory alone: counts of the last minutes, for all and by source. A source is an HMAC of an address prefix under a key that is
forgotten every hour; who has no address of their own here (an onion service, a proxy that is not named) has no source.
"""

import hmac
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from ipaddress import ip_network

from starlette.requests import Request

from crypto import work
from crypto.encoding import unb64
from crypto.errors import CryptoError
from intake.errors import InvalidError, StaleError
from intake.server.web.client_address import Network, TrustedProxies

MINUTES = 5  # that are looked back upon
CALM = 150  # submissions in that time that cost nothing, all together
CALM_SOURCE = 30  # and from one source: a shelter behind one address on a bad day
STEP = 8  # the first price; at twice as many twice as much
KEPT = 4  # a slate's price may lie so many times below the present one: it was taken a little earlier
SOURCES = 50_000  # counted apart in a minute; beyond, they count for all only
_V4, _V6 = 32, 64  # bits of an address that make a source
_HOUR = 3600  # seconds


class Bucket:
    """So many at once, refilled by so many a second."""

    def __init__(self, most: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._rate, self._clock = most, rate, clock
        self._left, self._at = most, clock()

    def take(self) -> bool:
        """Whether there is one left; takes it."""
        now = self._clock()
        self._left, self._at = min(self._most, self._left + (now - self._at) * self._rate), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Crowd:
    """Counts submissions and prices the next. Used on the event loop alone.

    Args:
        seconds: the clock, in seconds since 1970.
        proxies: networks whose word on whom they speak for is believed.
    """

    calm, calm_source = CALM, CALM_SOURCE

    def __init__(self, seconds: Callable[[], int], proxies: Sequence[Network] = ()) -> None:
        self._seconds = seconds
        self._proxies = TrustedProxies(proxies)
        self._minutes: deque[tuple[int, Counter[bytes]]] = deque(maxlen=MINUTES)
        self._key, self._hour = secrets.token_bytes(32), -1

    def source(self, request: Request) -> bytes:
        """Who asks, as a number that means nothing after this hour; empty if it cannot be told from others."""
        address = self._proxies.client_address(request)
        if address is None or address.is_loopback:
            return b""
        prefix = ip_network((address, _V4 if address.version == 4 else _V6), strict=False)
        return hmac.digest(self._hourly(), prefix.compressed.encode(), "sha256")

    def count(self, source: bytes) -> None:
        """One more was stored."""
        minute = self._seconds() // 60
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append((minute, Counter()))
        counted = self._minutes[-1][1]
        counted[b""] += 1
        if source and (source in counted or len(counted) < SOURCES):
            counted[source] += 1

    def price(self, source: bytes) -> int:
        """Tries that a submission costs now."""
        since = self._seconds() // 60 - MINUTES
        recent = [counted for minute, counted in self._minutes if minute > since]
        excess = sum(one[b""] for one in recent) / self.calm
        if source:
            excess = max(excess, sum(one[source] for one in recent) / self.calm_source)
        return min(work.MAX_PRICE, int(STEP * excess)) if excess > 1 else 0

    def check(self, slate: str, price: int, nonce: str, source: bytes) -> None:
        """Refuse a submission whose price was not paid. Takes a third of a millisecond: off the event loop.

        Raises:
            StaleError: many more are writing than when its slate was taken: take a new one.
            InvalidError: the nonce does not fit.
        """
        if price * KEPT < self.price(source):
            raise StaleError("more are writing now than when this slate was taken")
        if not price:
            return
        try:
            if work.fits(slate, unb64(nonce, work.NONCE), price):
                return
        except CryptoError:
            pass
        raise InvalidError("the work for this slate was not done")

    def _hourly(self) -> bytes:
        hour = self._seconds() // _HOUR
        if hour != self._hour:
            self._key, self._hour = secrets.token_bytes(32), hour
        return self._key
