"""Desk sessions: a server-side row behind a signed cookie. Idle 15 minutes, 12 hours at most, revocable.

Unknown handles cannot be told from known ones, by answer or time; attempts are slowed per handle, known or not.
"""

import asyncio
import datetime as dt
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crypto.encoding import Shape, b64, unb64
from crypto.errors import CryptoError
from intake.desk.passkeys import PasskeyIn, Passkeys
from intake.errors import ClockError, InvalidError, SecondFactorError, SignInError, StaleError
from intake.server.web import bodies
from intake.server.web.tokens import Purpose, Tokens, bearer_hash, new_bearer
from intake.service import Service
from intake.store import group, people
from intake.store.engine import Transaction
from intake.store.people import Session, StoredUnlocker

IDLE = 15 * 60  # seconds
ABSOLUTE = 12 * 3600  # seconds
FREE_ATTEMPTS = 3
MAX_DELAY = 8.0  # seconds
SLACK = 3600  # seconds by which the clocks of two servers may differ
LONGEST_ID = 64  # characters: failures are counted by handle id, so their memory must be bounded
_REMEMBERED = 10_000  # handles whose failures are counted
_HASHER = PasswordHasher()


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


class Sessions:
    """Signs people in and out, and says who asks."""

    def __init__(self, service: Service, tokens: Tokens) -> None:
        self._service = service
        self._tokens = tokens
        self.passkeys = Passkeys(service, tokens)
        self._attempts = Attempts()
        self._nobody = _HASHER.hash(b"nobody's key")  # an unknown handle takes as long as a known one
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
        """Give the keyring to whoever holds an unlocker's authentication key."""
        sent = await bodies.read(request, SignIn, bodies.SMALL)
        if len(sent.handle_id) > LONGEST_ID:
            raise InvalidError("not a handle's id")
        delay = self._attempts.delay(sent.handle_id)
        self._attempts.failed(sent.handle_id)  # until it has succeeded: many at once shall not pass for the first
        await asyncio.sleep(delay)
        found = await self._found(sent, request)
        check = partial(fits, found.verifier if found else self._nobody, sent.authentication)
        if not await self._service.stretching.run(check) or not found:
            raise SignInError("handle and passphrase do not fit")
        if sent.kind == "passphrase" and await self._service.read(lambda tx: _is_strict(tx, found.member)):
            if sent.passkey is None:
                self._attempts.succeeded(sent.handle_id)
                raise SecondFactorError("a passkey is needed as well")
            await self.passkeys.check(sent.passkey, request, found.member)
        self._attempts.succeeded(sent.handle_id)
        bearer, member = new_bearer(), found.member
        before = self._before(request)
        file = await self._service.write(lambda tx: self._begin(tx, bearer, member, before))
        answer = bodies.answer({"member": member, "keyring": b64(file)}, 201)
        token = self._tokens.sign(Purpose.SESSION, SessionToken(bearer))
        # Without an age: the browser forgets it when it is closed, and need not write it down.
        answer.set_cookie(self._cookie, token, path="/", secure=self._secure, httponly=True, samesite="strict")
        return answer

    async def _found(self, sent: SignIn, request: Request) -> StoredUnlocker | None:
        """The unlocker that is meant; of a passkey, the one that was shown just now."""
        found = await self._service.read(lambda tx: people.unlockers(tx, sent.handle_id, sent.kind))
        if sent.kind != "passkey" or not found:
            return found[0] if found else None
        if sent.passkey is None:
            return None
        shown = await self.passkeys.check(sent.passkey, request, found[0].member)
        return next((one for one in found if one.id == shown.unlocker), None)

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


def _is_strict(tx: Transaction, member: str) -> bool:
    return group.presence(tx).get(member, group.Presence()).strict


def fits(verifier: str, authentication: str) -> bool:
    """Whether an authentication key (b64) is the one that `verifier` was made of; slow on purpose."""
    try:
        return _HASHER.verify(verifier, unb64(authentication, 32))
    except VerificationError:
        return False
    except CryptoError:
        raise InvalidError("not an authentication key") from None
