"""Sets the price of a sign-in attempt. Attempts are free until many run at once. Then each needs proof of work.

An attempt costs this server a hash of 64 MiB. Fair turns by source and handle do not bound these hashes. Behind Tor or a proxy
all visitors have the same source, and an attacker can invent a new handle for each attempt. Nobody can invent work.
docs/adr/0028; docs/reference/format.md, Work.
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

MIN_PRICE = 16  # tries: 6 ms of an attacker's core, 0.1 s in a browser, 0.3 on a phone of 2016
MAX_PRICE = 2048  # tries: 0.7 s of an attacker's core, 8 s in a browser, 41 on a phone of 2016
PRICE_TOLERANCE = 4  # as for offers, a paid price may be this many times below the current one
TOKEN_SECONDS = 120  # seconds of a token's life, longer than an old phone needs for the highest price
MAX_ATTEMPTS = 48 * THREADS  # running attempts, five seconds of hashes. Above it, even paid attempts are refused
HASH_SECONDS = 0.1  # seconds of a thread for one hash. A slower machine admits fewer attempts, so that none waits longer
_MAX_USED_TOKENS = 50_000  # used tokens that have not expired. Each of them took a request


class WorkIn(Shape, frozen=True):
    """A client's proof of work: the token that names the price, and the nonce (b64)."""

    token: str
    nonce: str


class WorkToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a work token: handle, price in tries, expiry in seconds."""

    handle_id: str
    price: int
    until: int
    id: str


@dataclass(frozen=True, slots=True)
class Scale:
    """How many running attempts are free, and after how many more the price doubles."""

    free: int
    step: int

    def price(self, under_way: int, slowness: float = 1.0) -> int:
        """Return the price of another attempt in tries, where a hash takes `slowness` times as long as `HASH_SECONDS`."""
        beyond = int((under_way - self.free) * slowness)
        return min(MAX_PRICE, MIN_PRICE << min(beyond // self.step, 16)) if beyond >= 0 else 0


TOTAL_SCALE = Scale(3 * THREADS, 2 * THREADS)
SOURCE_SCALE = Scale(3, 2)
HANDLE_SCALE = Scale(2, 1)


class Admission:
    """Counts the running attempts and sets the price of the next. Only the event loop may use it.

    It never reads the store, so it treats unknown and known handles alike.

    Args:
        tokens: signs the tokens that name a price.
        seconds: returns the present time in seconds.
        pace: returns the seconds that a thread now takes for one hash.
    """

    def __init__(self, tokens: Tokens, seconds: Callable[[], int], pace: Callable[[], float]) -> None:
        self._tokens = tokens
        self._seconds = seconds
        self._pace = pace
        self._under_way: Counter[tuple[bytes, str]] = Counter()
        self._used: OrderedDict[str, int] = OrderedDict()

    @asynccontextmanager
    async def attempt(self, paid: WorkIn | None, source: bytes, handle_id: str) -> AsyncIterator[None]:
        """Count an attempt while it runs.

        Raises:
            WorkError: The attempt needs work, which the error names. Nothing was checked.
            CrowdedError: Too many attempts are running.
            InvalidError: The nonce is malformed, or does not fit its token.
        """
        token = None
        if price := self.price(source, handle_id):
            token = await self._paid(paid, handle_id, price) if paid else None
            price = self.price(source, handle_id)  # other attempts may have begun during the check of the work
            if (token.price if token else 0) * PRICE_TOLERANCE < price:
                raise WorkError(*self._quote(handle_id, price))
        try:
            with self._counted(source, handle_id):
                yield
        except CrowdedError:
            if token:
                self._used.pop(token.id, None)  # nothing was checked, so the same work pays for the next attempt
            raise

    @contextmanager
    def _counted(self, source: bytes, handle_id: str) -> Iterator[None]:
        in_all = self._under_way[b"", ""]
        if in_all >= TOTAL_SCALE.free and in_all * self._slowness() >= MAX_ATTEMPTS:
            raise CrowdedError("too many people are signing in. Nothing was checked. Wait a moment and send again")
        counted = [(b"", ""), (source, ""), (b"", handle_id)] if source else [(b"", ""), (b"", handle_id)]
        self._under_way.update(counted)
        try:
            yield
        finally:
            self._under_way.subtract(counted)
            for key in counted:
                if not self._under_way[key]:
                    del self._under_way[key]

    def _slowness(self) -> float:
        return max(1.0, self._pace() / HASH_SECONDS)

    def price(self, source: bytes, handle_id: str) -> int:
        """Return the price of one more attempt, in tries."""
        of_source = SOURCE_SCALE.price(self._under_way[source, ""]) if source else 0
        in_all = TOTAL_SCALE.price(self._under_way[b"", ""], self._slowness())
        return max(in_all, of_source, HANDLE_SCALE.price(self._under_way[b"", handle_id]))

    def _quote(self, handle_id: str, price: int) -> tuple[str, int]:
        token = WorkToken(handle_id, price, self._seconds() + TOKEN_SECONDS, new_bearer())
        return self._tokens.sign(Purpose.WORK, token), price

    async def _paid(self, paid: WorkIn, handle_id: str, price: int) -> WorkToken | None:
        """Check proof of work and return its token.

        Return None if the token is another handle's, has expired, was used, or names far less than `price`.
        """
        try:
            token = self._tokens.read(Purpose.WORK, WorkToken, paid.token)
        except StaleError:
            return None
        now = self._seconds()
        if (
            token.handle_id != handle_id
            or token.until < now
            or token.price * PRICE_TOLERANCE < price
            or not self._use(token, now)
        ):
            return None
        try:
            nonce = unb64(paid.nonce, work.NONCE)
        except CryptoError:
            raise InvalidError("the nonce is malformed. Nothing was checked") from None
        if not await asyncio.to_thread(work.fits, paid.token, nonce, token.price):
            raise InvalidError("the proof of work does not match its token. Nothing was checked. Send again without it")
        return token

    def _use(self, token: WorkToken, now: int) -> bool:
        while self._used and (len(self._used) >= _MAX_USED_TOKENS or next(iter(self._used.values())) < now):
            self._used.popitem(last=False)
        if token.id in self._used:
            return False
        self._used[token.id] = token.until
        return True
