"""Desk sessions: a server-side row behind a signed cookie. Idle 15 minutes, 12 hours at most, revocable.

Unknown handles, known ones and those with a passkey take one path, get one answer and cost the same; attempts are slowed per
handle, known or not.
"""

import asyncio
import datetime as dt
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crypto.encoding import Shape, b64, check_id
from crypto.errors import CryptoError
from crypto.secret import Secret
from intake.desk import verifiers
from intake.desk.passkeys import PasskeyIn, Passkeys
from intake.errors import ClockError, InvalidError, SecondFactorError, SignInError, StaleError, UnavailableError
from intake.server.web import bodies
from intake.server.web.tokens import Purpose, Tokens, bearer_hash, new_bearer
from intake.service import Service
from intake.store import group, people, unlockers
from intake.store.engine import Transaction
from intake.store.passkeys import StoredPasskey
from intake.store.people import Session
from intake.store.unlockers import StoredUnlocker

IDLE = 15 * 60  # seconds
ABSOLUTE = 12 * 3600  # seconds
FREE_ATTEMPTS = 3
MAX_DELAY = 8.0  # seconds
SLACK = 3600  # seconds by which the clocks of two servers may differ
_REMEMBERED = 10_000  # handles whose failures are counted


class SignIn(Shape, frozen=True):
    """`POST session`: the handle's id, which unlocker, its authentication key."""

    handle_id: str
    kind: str
    authentication: str
    passkey: PasskeyIn | None = None


class SessionToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the cookie holds, signed."""

    bearer: str


@dataclass(slots=True)
class Attempts:
    """Failures by handle id, in memory alone; the delay doubles with each beyond the free ones."""

    failures: "OrderedDict[str, int]" = field(default_factory=OrderedDict)

    def delay(self, handle_id: str) -> float:
        """Seconds to wait before the next attempt is looked at."""
        beyond = self.failures.get(handle_id, 0) - FREE_ATTEMPTS
        return min(MAX_DELAY, 0.25 * 2 ** min(beyond, 10)) if beyond >= 0 else 0.0

    def failed(self, handle_id: str) -> None:
        """Count one; the oldest handle is forgotten when there are too many."""
        self.failures[handle_id] = self.failures.pop(handle_id, 0) + 1
        if len(self.failures) > _REMEMBERED:
            self.failures.popitem(last=False)

    def succeeded(self, handle_id: str) -> None:
        """Start again from none."""
        self.failures.pop(handle_id, None)

    def not_judged(self, handle_id: str) -> None:
        """Take back one: it was no attempt that anything was learnt from."""
        if handle_id in self.failures:
            self.failures[handle_id] -= 1


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store says of a handle; nothing of one that nobody has, beside the passkeys that are offered for it."""

    ways: list[StoredUnlocker]
    offered: list[StoredPasskey]
    strict: bool

    def way(self, kind: str, shown: StoredPasskey | None) -> StoredUnlocker | None:
        """The unlocker that is meant; of a passkey, the one that was shown just now."""
        fitting = (one for one in self.ways if one.kind == kind and (kind != "passkey" or (shown and shown.unlocker == one.id)))
        return next(fitting, None)


class Sessions:
    """Signs people in and out, and says who asks."""

    def __init__(self, service: Service, tokens: Tokens) -> None:
        self._service = service
        self._tokens = tokens
        self.passkeys = Passkeys(service, tokens)
        self._attempts = Attempts()
        secure = service.settings.origin.startswith("https://")
        # `__Host-` needs `Secure`, which a plain-http loopback cannot have.
        self._cookie = "__Host-desk" if secure else "desk"
        self._secure = secure

    @property
    def routes(self) -> list[Route]:
        """Under `/api/desk`."""
        return [
            Route("/session", self.sign_in, methods=["POST"]),
            Route("/session", self.sign_out, methods=["DELETE"]),
            Route("/sessions", self.others, methods=["GET"]),
            Route("/sessions", self.end_others, methods=["DELETE"]),
        ]

    async def sign_in(self, request: Request) -> Response:
        """Give the keyring to whoever holds an unlocker's authentication key.

        Raises:
            SignInError: one sentence, at one cost, whatever does not fit.
            UnavailableError: the keeper is away; nothing was judged.
        """
        sent = await bodies.read(request, SignIn, bodies.SMALL)
        key = _checked(sent)
        delay = self._attempts.delay(sent.handle_id)
        self._attempts.failed(sent.handle_id)  # until it has succeeded: many at once shall not pass for the first
        await asyncio.sleep(delay)
        challenge = await self.passkeys.take(sent.passkey.token) if sent.passkey else b""
        try:
            known = await self._service.read(lambda tx: self._known(tx, sent))
        except UnavailableError:
            self._attempts.not_judged(sent.handle_id)
            raise
        # From here on the same is done for a handle that is known, one that is not, and one with passkeys.
        shown = self.passkeys.check(sent.passkey, challenge, known.offered, request) if sent.passkey else None
        way = known.way(sent.kind, shown.passkey if shown else None)
        fits = await self._service.stretching.run(partial(verifiers.fits, way.verifier if way else verifiers.NOBODYS, key))
        second = sent.kind == "passphrase" and known.strict
        if not fits or way is None or (second and sent.passkey is not None and shown is None):
            raise SignInError("handle and passphrase do not fit")
        self._attempts.succeeded(sent.handle_id)
        if second and shown is None:
            raise SecondFactorError("a passkey is needed as well")
        if shown is not None:
            await self.passkeys.count_use(shown)
        return await self._welcome(request, way.member)

    async def _welcome(self, request: Request, member: str) -> Response:
        bearer, before = new_bearer(), self._before(request)
        file = await self._service.write(lambda tx: self._begin(tx, bearer, member, before))
        answer = bodies.answer({"member": member, "keyring": b64(file)}, 201)
        token = self._tokens.sign(Purpose.SESSION, SessionToken(bearer))
        # Without an age: the browser forgets it when it is closed, and need not write it down.
        answer.set_cookie(self._cookie, token, path="/", secure=self._secure, httponly=True, samesite="strict")
        return answer

    def _known(self, tx: Transaction, sent: SignIn) -> _Known:
        vault = self._service.vault
        ways = unlockers.of_handle(tx, vault, sent.handle_id)
        member = ways[0].member if ways else ""
        offered = self.passkeys.offered(tx, sent.handle_id, member) if sent.passkey else []
        return _Known(ways, offered, group.presence(tx).get(member, group.Presence()).strict)

    async def sign_out(self, request: Request) -> Response:
        """End the session at once."""
        hashed = self.token_hash(request)
        await self._service.write(lambda tx: people.end_session(tx, hashed))
        answer = bodies.answer({"signed_out": True})
        answer.delete_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="strict")
        answer.headers["clear-site-data"] = '"cache", "cookies", "storage"'
        return answer

    async def others(self, request: Request) -> Response:
        """The asker's other sessions: the day of the last use of each, the newest first. Nothing is known of devices."""
        member, mine = await self.member(request), self.token_hash(request)
        found = await self._service.read(lambda tx: people.sessions_of(tx, member, mine))
        return bodies.answer({"others": [_day_of(one.seen) for one in found if _alive(one, self._service.seconds)]})

    async def end_others(self, request: Request) -> Response:
        """They end at once."""
        member, mine = await self.member(request), self.token_hash(request)
        await self._service.write(lambda tx: people.end_sessions_of(tx, member, mine))
        return bodies.answer({"others": []})

    async def leave(self, request: Request) -> None:
        """End the session of whoever leaves in a hurry, if there is one: a copy of the cookie is worth nothing from then on."""
        hashed = self._before(request)
        if hashed:
            await self._service.write(lambda tx: people.end_session(tx, hashed))

    def _before(self, request: Request) -> str:
        try:
            return self.token_hash(request)
        except SignInError:
            return ""

    async def member(self, request: Request) -> str:
        """Who asks.

        Raises:
            SignInError: nobody, or their session has run out, or they are no longer a member.
        """
        hashed = self.token_hash(request)
        return await self._service.write(lambda tx: self._check(tx, hashed))

    async def holder(self, hashed: str) -> str | None:
        """Whose session this still is; nothing is changed by asking."""

        def look(tx: Transaction) -> str | None:
            try:
                found = people.session(tx, hashed)
                alive = found is not None and _alive(found, self._service.seconds)
                return found.member if found and alive and found.member in self._service.keys(tx).members else None
            except ClockError:
                return None

        return await self._service.read(look)

    def _begin(self, tx: Transaction, bearer: str, member: str, before: str) -> bytes:
        now = self._service.seconds
        people.end_session(tx, before)
        people.end_sessions_older_than(tx, now - ABSOLUTE, now - IDLE)
        people.add_session(tx, bearer_hash(bearer), member, now)
        group.set_presence(tx, member, seen=self._service.today.isoformat())
        return people.keyring(tx, self._service.vault, member)

    def _check(self, tx: Transaction, hashed: str) -> str:
        now, found = self._service.seconds, people.session(tx, hashed)
        if found is None or not _alive(found, now):
            raise SignInError("sign in again")
        if found.member not in self._service.keys(tx).members:
            raise SignInError("you are not a member of this group")
        people.touch_session(tx, hashed, now)
        return found.member

    def token_hash(self, request: Request) -> str:
        """By what the asker's session is stored.

        Raises:
            SignInError: they have none.
        """
        try:
            token = self._tokens.read(Purpose.SESSION, SessionToken, request.cookies.get(self._cookie, ""))
        except StaleError:
            raise SignInError("sign in first") from None
        return bearer_hash(token.bearer)


def _alive(session: Session, now: int) -> bool:
    # One from the future is a wrong clock's, and would outlive every other.
    return -SLACK <= now - session.started <= ABSOLUTE and -SLACK <= now - session.seen <= IDLE


def _day_of(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date().isoformat()


def _checked(sent: SignIn) -> Secret:
    """The authentication key; refused for its form alone, before anything is looked up.

    Raises:
        InvalidError: this, or the handle's id, is none.
    """
    try:
        check_id(sent.handle_id)
    except CryptoError:
        raise InvalidError("not a handle's id") from None
    return verifiers.key_of(sent.authentication)
