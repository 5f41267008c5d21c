"""What writing costs: nothing on a calm day, and more the more is written and the fuller the day is. Nobody is refused.

A price is in tries of work (docs/adr/0019) for each 32 KiB. It is the higher of two:

* what came in the last minutes, in all or from one source: seconds of an old phone at most;
* how full the day's share is: it rises from 5 % on, slowly at first, so that to fill half a day costs one core over an hour.

In memory alone: counts of the last minutes, for all and by source. A source is an HMAC of an address prefix under a key that is
forgotten every hour; who has no address of their own here (an onion service, a proxy that is not named) has no source.
"""

import hmac
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence

from starlette.requests import Request

from crypto import work
from crypto.encoding import unb64
from crypto.errors import CryptoError
from intake.errors import InvalidError, StaleError
from intake.web.client_address import Network, TrustedProxies, source_prefix

MINUTES = 5  # that are looked back upon
CALM = 150  # ordinary requests' bytes in that time that cost nothing, all together
CALM_SOURCE = 30  # and from one source: a shelter behind one address on a bad day
STEP = 8  # the first price; at twice as much twice as high
MOST = 128  # tries for each 32 KiB that a crowd alone costs: about 3 s on a phone of 2016
FREE = 0.05  # of a day's share: until then its fullness costs nothing
KEPT = 2  # a price may lie so many times below the present one: it was told a little earlier
SOURCES = 50_000  # counted apart in a minute; beyond, they count for all only
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


class LoadPricing:
    """Counts bytes and prices the next. Used on the event loop alone.

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
        return hmac.digest(self._hourly(), source_prefix(address).encode(), "sha256")

    def count(self, source: bytes, size: int) -> None:
        """So many bytes more were stored."""
        minute = self._seconds() // 60
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append((minute, Counter()))
        counted = self._minutes[-1][1]
        counted[b""] += size
        if source and (source in counted or len(counted) < SOURCES):
            counted[source] += size

    def price(self, source: bytes, fullness: float) -> int:
        """Tries that 32 KiB cost now.

        Args:
            fullness: of the share of the day that they would go to, from 0 to 1.
        """
        since = self._seconds() // 60 - MINUTES
        recent = [counted for minute, counted in self._minutes if minute > since]
        excess = sum(one[b""] for one in recent) / (self.calm * work.UNIT)
        if source:
            excess = max(excess, sum(one[source] for one in recent) / (self.calm_source * work.UNIT))
        busy = min(MOST, int(STEP * excess)) if excess > 1 else 0
        return max(busy, price_of_fullness(fullness))

    def _hourly(self) -> bytes:
        hour = self._seconds() // _HOUR
        if hour != self._hour:
            self._key, self._hour = secrets.token_bytes(32), hour
        return self._key


def price_of_fullness(fullness: float) -> int:
    """Tries that 32 KiB cost by how full their share of the day is: none up to 5 %, then with the cube of what is above.

    Whoever fills a day pays the sum, nearly all of it at the end; whoever sends one request pays the price of the moment. So
    the steeper the curve, the less a flood that has filled a fifth costs everybody else. docs/adr/0030 has the figures.
    """
    return int(work.MAX_PRICE * min(1.0, max(0.0, fullness - FREE) / (1 - FREE)) ** 3)


def check_price(told: int, now: int) -> None:
    """Refuse a price from before much more was written.

    Raises:
        StaleError: take a new one.
    """
    if told * KEPT < now:
        raise StaleError("much more was written since this price was told")


def check_work(paid_for: str, nonce: str, tries: int) -> None:
    """Refuse what was not paid. Takes a third of a millisecond: off the event loop.

    Raises:
        InvalidError: the nonce does not fit.
    """
    if not tries:
        return
    try:
        if work.fits(paid_for, unb64(nonce, work.NONCE), tries):
            return
    except CryptoError:
        pass
    raise InvalidError("the work for this was not done")


def check_entry_work(paid_for: str, nonce: str, tries: int) -> None:
    """As `check_work`, where the price was told in no token: whoever paid too little takes the present one.

    Raises:
        StaleError: the work does not pay what is asked now, or was not done.
    """
    try:
        check_work(paid_for, nonce, tries)
    except InvalidError:
        raise StaleError("writing costs more now than was paid") from None
