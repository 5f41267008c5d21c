"""What an attempt to sign in costs while many are under way: nothing as a rule, then work, which rises with those that wait.

An attempt costs this server a hash of 64 MiB. Sources and handles are not enough to share those out: behind Tor or a proxy all
have the same source, and whoever makes up a new handle for each attempt has as many turns as they have connections. Work cannot
be made up. docs/adr/0028; docs/reference/format.md, Work.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import msgspec

from crypto import work
from crypto.encoding import Shape, unb64
from crypto.errors import CryptoError
from intake.errors import CrowdedError, InvalidError, StaleError, WorkError
from intake.service.argon2_pool import THREADS
from intake.web.tokens import Purpose, Tokens, new_bearer

FIRST = 16  # tries: 6 ms of an attacker's core, 0.1 s in a browser, 0.3 on a phone of 2016
MOST = 2048  # tries: 0.7 s of an attacker's core, 8 s in a browser, 41 on a phone of 2016
KEPT = 4  # as for offers: a price may lie so many times below the present one
SECONDS = 120  # a token's life: longer than an old phone takes for the highest price
AT_ONCE = 48 * THREADS  # attempts under way; beyond, even work does not help. Five seconds of hashes
HASH = 0.1  # seconds of a thread for one hash. On a slower machine fewer attempts are under way, so that none waits longer
_REMEMBERED = 50_000  # tokens that were used in their life: each has cost a request of its own


class WorkIn(Shape, frozen=True):
    """What a client has paid: the token that named the price, and the nonce (b64)."""

    token: str
    nonce: str


class WorkToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a token says: for which handle, how many tries, until when (seconds)."""

    handle_id: str
    price: int
    until: int
    id: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Attempts under way that cost nothing, and how many more double the price."""

    free: int
    step: int

    def price(self, under_way: int, slowness: float = 1.0) -> int:
        """Tries that one more costs, where a hash takes `slowness` times as long as `HASH`."""
        beyond = int((under_way - self.free) * slowness)
        return min(MOST, FIRST << min(beyond // self.step, 16)) if beyond >= 0 else 0


IN_ALL = Scale(3 * THREADS, 2 * THREADS)
OF_SOURCE = Scale(3, 2)
OF_HANDLE = Scale(2, 1)


class Admission:
    """Counts attempts under way and prices the next. Used on the event loop.

    Unknown handles are counted as known ones are: nothing here asks the store.

    Args:
        pace: seconds that a thread takes for one hash at present.
    """

    def __init__(self, tokens: Tokens, seconds: Callable[[], int], pace: Callable[[], float]) -> None:
        self._tokens = tokens
        self._seconds = seconds
        self._pace = pace
        self._under_way: Counter[tuple[bytes, str]] = Counter()
        self._used: OrderedDict[str, int] = OrderedDict()

    @asynccontextmanager
    async def attempt(self, paid: WorkIn | None, source: bytes, handle_id: str) -> AsyncIterator[None]:
        """Count an attempt while it is under way.

        Raises:
            WorkError: it costs work, which it names; nothing was judged.
            CrowdedError: too many are under way.
            InvalidError: the nonce does not fit.
        """
        token = None
        if price := self.price(source, handle_id):
            token = await self._paid(paid, handle_id, price) if paid else None
            price = self.price(source, handle_id)  # others may have come in while the work was checked
            if (token.price if token else 0) * KEPT < price:
                raise WorkError(*self._quote(handle_id, price))
        try:
            with self._counted(source, handle_id):
                yield
        except CrowdedError:
            if token:
                self._used.pop(token.id, None)  # nothing was judged: the same work pays for the next attempt
            raise

    @contextmanager
    def _counted(self, source: bytes, handle_id: str) -> Iterator[None]:
        in_all = self._under_way[b"", ""]
        if in_all >= IN_ALL.free and in_all * self._slowness() >= AT_ONCE:
            raise CrowdedError("too many sign in at once; nothing was judged")
        counted = [(b"", ""), (source, ""), (b"", handle_id)] if source else [(b"", ""), (b"", handle_id)]
        self._under_way.update(counted)
        try:
            yield
        finally:
            self._under_way.subtract(counted)
            for one in counted:
                if not self._under_way[one]:
                    del self._under_way[one]

    def _slowness(self) -> float:
        return max(1.0, self._pace() / HASH)

    def price(self, source: bytes, handle_id: str) -> int:
        """Tries that one more attempt costs."""
        of_source = OF_SOURCE.price(self._under_way[source, ""]) if source else 0
        in_all = IN_ALL.price(self._under_way[b"", ""], self._slowness())
        return max(in_all, of_source, OF_HANDLE.price(self._under_way[b"", handle_id]))

    def _quote(self, handle_id: str, price: int) -> tuple[str, int]:
        token = WorkToken(handle_id, price, self._seconds() + SECONDS, new_bearer())
        return self._tokens.sign(Purpose.WORK, token), price

    async def _paid(self, paid: WorkIn, handle_id: str, price: int) -> WorkToken | None:
        """The token of work that was done for this handle, lately and once; none if it is far below `price` anyway."""
        try:
            token = self._tokens.read(Purpose.WORK, WorkToken, paid.token)
        except StaleError:
            return None
        now = self._seconds()
        if token.handle_id != handle_id or token.until < now or token.price * KEPT < price or not self._use(token, now):
            return None
        try:
            nonce = unb64(paid.nonce, work.NONCE)
        except CryptoError:
            raise InvalidError("not a nonce") from None
        if not await asyncio.to_thread(work.fits, paid.token, nonce, token.price):
            raise InvalidError("the work for this attempt was not done")
        return token

    def _use(self, token: WorkToken, now: int) -> bool:
        while self._used and (len(self._used) >= _REMEMBERED or next(iter(self._used.values())) < now):
            self._used.popitem(last=False)
        if token.id in self._used:
            return False
        self._used[token.id] = token.until
        return True
