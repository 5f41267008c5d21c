"""Handles desk sessions: a row in the store and a signed cookie. A session ends after 15 idle minutes, 12 hours, or a sign-out.

Unknown handles, known handles and handles with a passkey take the same code path, cost the same and get the same answer.
Failed attempts slow down a handle, known or not.
"""

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from crypto.encoding import Shape, b64, check_id
from crypto.errors import CryptoError
from crypto.secret import Secret
from intake.desk.access import verifiers
from intake.desk.access.admission import Admission, WorkIn
from intake.desk.access.attempts import Attempts
from intake.desk.access.passkeys import Challenge, PasskeyIn, Passkeys, PasskeyUse
from intake.desk.routes import DeskRoute, MemberRoute, PublicRoute
from intake.errors import ClockError, InvalidError, SecondFactorError, SignInError, StaleError
from intake.service.argon2_pool import Lane
from intake.service.service import Service
from intake.store.engines.engine import Transaction
from intake.store.members import decisions, members, unlockers
from intake.store.members.members import Session
from intake.store.members.passkeys import StoredPasskey
from intake.store.members.unlockers import StoredUnlocker
from intake.web import bodies
from intake.web.tokens import Purpose, Tokens, bearer_hash, new_bearer

IDLE_TIMEOUT = 15 * 60  # seconds without a request until a session ends
ABSOLUTE_TIMEOUT = 12 * 3600  # seconds until a session ends, even if it is in use
TOUCH_SECONDS = 60  # seconds until a request stores the time of last use again
CLOCK_TOLERANCE = 3600  # seconds by which the clocks of two servers may differ


class SignIn(Shape, frozen=True):
    """The body of `POST session`: the handle's id, the kind of unlocker, its authentication key, and work if required."""

    handle_id: str
    kind: str
    authentication: str
    passkey: PasskeyIn | None = None
    work: WorkIn | None = None


class SessionToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of the signed cookie."""

    bearer: str


@dataclass(frozen=True, slots=True)
class _HandleRecord:
    """What the store has for a handle. For an unknown handle, only the offered decoys."""

    unlockers: list[StoredUnlocker]
    offered: list[StoredPasskey]
    strict: bool

    def unlocker(self, kind: str, used: StoredPasskey | None) -> StoredUnlocker | None:
        """Return the unlocker of this kind. For a passkey, return the unlocker of the passkey that was just used."""
        of_kind = (unlocker for unlocker in self.unlockers if unlocker.kind == kind)
        return next((u for u in of_kind if kind != "passkey" or (used and used.unlocker == u.id)), None)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The member whom an attempt has authenticated, and whether they require a passkey too."""

    member: str
    strict: bool


class Sessions:
    """Signs members in and out, and authenticates requests.

    Args:
        service: the running service.
        tokens: signs cookies and challenges.
        source: returns the source of a request, as `LoadPricing.source` does.
    """

    def __init__(self, service: Service, tokens: Tokens, source: Callable[[Request], bytes]) -> None:
        self._service = service
        self.source = source
        self._tokens = tokens
        self.passkeys = Passkeys(service, tokens)
        self._last_uses: dict[str, int] = {}  # by token hash: newer than the stored time, by less than `TOUCH_SECONDS`
        self._attempts = Attempts()
        self._admission = Admission(tokens, lambda: service.seconds, lambda: service.argon2_pool.pace(Lane.SIGN_IN))
        secure = service.settings.origin.startswith("https://")
        # `__Host-` needs `Secure`, which a plain-http loopback cannot have.
        self._cookie = "__Host-desk" if secure else "desk"
        self._secure = secure

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [
            PublicRoute("POST", "/session", self.sign_in),
            PublicRoute("DELETE", "/session", self.sign_out),
            MemberRoute("GET", "/sessions", self.list_others),
            MemberRoute("DELETE", "/sessions", self.end_others),
        ]

    async def sign_in(self, request: Request) -> Response:
        """Begin a session and return the keyring, for an unlocker's authentication key.

        1. Refuse a malformed handle id or key.
        2. Ask for work while many attempts run.
        3. Count the attempt as failed until it is checked, and delay it for earlier failures.
        4. Do the same work for unknown handles, known handles and handles with passkeys.

        Raises:
            SignInError: Handle and key do not match. Message and cost do not depend on what is wrong.
            WorkError: The attempt needs work. Nothing was checked, and no failure is counted.
            CrowdedError: Too many attempts are running. Nothing was checked.
            UnavailableError: The store failed. Nothing was checked.
        """
        sent, source = await bodies.read(request, SignIn, bodies.SMALL), self.source(request)
        key = _checked(sent)
        async with self._admission.attempt(sent.work, source, sent.handle_id):
            delay = self._attempts.delay(sent.handle_id)
            self._attempts.failed(sent.handle_id)  # until it succeeds, so that attempts at the same time all count
            try:
                await asyncio.sleep(delay)
                authenticated, used = await self._verify(request, sent, key, source)
            except SignInError:
                raise
            except BaseException:
                self._attempts.discard(sent.handle_id)
                raise
            self._attempts.succeeded(sent.handle_id)
        if authenticated.strict and used is None:
            raise SecondFactorError("this member also needs a passkey. No session was started. Send both")
        if used is not None:
            await self.passkeys.count_use(used)
        return await self._start_session(request, authenticated.member)

    async def _verify(self, request: Request, sent: SignIn, key: Secret, source: bytes) -> tuple[_Outcome, PasskeyUse | None]:
        challenge = self.passkeys.read(sent.passkey.token) if sent.passkey else None
        record = await self._service.read(lambda tx: self._record(tx, sent, challenge))
        used = None
        if sent.passkey and challenge:
            used = self.passkeys.check(sent.passkey, challenge.data, record.offered, request)
        unlocker = record.unlocker(sent.kind, used.passkey if used else None)
        verifier = unlocker.verifier if unlocker else verifiers.DECOY
        hashing = partial(verifiers.matches, verifier, key)
        fits = await self._service.argon2_pool.run(hashing, Lane.SIGN_IN, source, sent.handle_id)
        if challenge:
            await self.passkeys.use(challenge)  # only now, so that a client can send it again after a busy server refused it
        second = sent.kind == "passphrase" and record.strict
        if not fits or unlocker is None or (second and sent.passkey is not None and used is None):
            raise SignInError("the sign-in name and passphrase do not match. No session was started")
        return _Outcome(unlocker.member, second), used

    async def _start_session(self, request: Request, member: str) -> Response:
        bearer, before, now = new_bearer(), self._current_hash(request), self._service.seconds
        self._last_uses = {hashed: used for hashed, used in self._last_uses.items() if now - used <= IDLE_TIMEOUT}
        file = await self._service.write(lambda tx: self._begin(tx, bearer, member, before))
        answer = bodies.answer({"member": member, "keyring": b64(file)}, 201)
        token = self._tokens.sign(Purpose.SESSION, SessionToken(bearer))
        # The cookie has no age, so the browser deletes it when it closes.
        answer.set_cookie(self._cookie, token, path="/", secure=self._secure, httponly=True, samesite="strict")
        return answer

    def _record(self, tx: Transaction, sent: SignIn, challenge: Challenge | None) -> _HandleRecord:
        row_keys = self._service.row_keys
        if challenge:
            self.passkeys.check_unused(tx, challenge)
        stored = unlockers.of_handle(tx, row_keys, sent.handle_id)
        member = stored[0].member if stored else ""
        offered = self.passkeys.offered(tx, sent.handle_id, member) if sent.passkey else []
        return _HandleRecord(stored, offered, decisions.presence(tx).get(member, decisions.Presence()).passkey_required)

    async def sign_out(self, request: Request) -> Response:
        """End the session at once."""
        hashed = self.token_hash(request)
        await self._service.write(lambda tx: members.end_session(tx, hashed))
        answer = bodies.answer({"signed_out": True})
        answer.delete_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="strict")
        answer.headers["clear-site-data"] = '"cache", "cookies", "storage"'
        return answer

    async def list_others(self, request: Request, member: str) -> Response:
        """List the days on which the member's other sessions were last used. The server knows no devices."""
        current = self.token_hash(request)
        sessions = await self._service.read(lambda tx: members.sessions_of(tx, member, current))
        return bodies.answer(
            {"others": [_day_of(session.last_used) for session in sessions if _is_live(session, self._service.seconds)]}
        )

    async def end_others(self, request: Request, member: str) -> Response:
        """End the member's other sessions at once."""
        current = self.token_hash(request)
        await self._service.write(lambda tx: members.end_sessions_of(tx, member, current))
        return bodies.answer({"others": []})

    async def end_on_exit(self, request: Request) -> None:
        """End the session of a visitor who uses the quick exit, so that a copy of the cookie stops working."""
        hashed = self._current_hash(request)
        if hashed:
            await self._service.write(lambda tx: members.end_session(tx, hashed))

    def _current_hash(self, request: Request) -> str:
        try:
            return self.token_hash(request)
        except SignInError:
            return ""

    async def member(self, request: Request) -> str:
        """Authenticate a request and return the id of the signed-in member.

        This stores a use of the session once in `TOUCH_SECONDS` at most, so most requests write nothing. Until then this
        process remembers the use. Where several servers share a store, another server may therefore end an idle session up
        to `TOUCH_SECONDS` early. No server ends it late.

        Raises:
            SignInError: The request has no session, the session has expired, or its member has left the group.
        """
        hashed, now = self.token_hash(request), self._service.seconds
        session = await self._service.read(lambda tx: self._check(tx, hashed, now))
        if 0 <= now - session.last_used < TOUCH_SECONDS:
            self._last_uses[hashed] = now
        else:
            await self._service.write(lambda tx: members.touch_session(tx, hashed, now))
            self._last_uses.pop(hashed, None)
        return session.member

    async def holder(self, hashed: str) -> str | None:
        """Return the member of a session that is still valid, or None. Asking does not keep the session alive."""

        def member_of(tx: Transaction) -> str | None:
            try:
                session = members.session(tx, hashed)
                alive = session is not None and _is_live(session, self._service.seconds, self._last_uses.get(hashed, 0))
                return session.member if session and alive and session.member in self._service.keys(tx).members else None
            except ClockError:
                return None

        return await self._service.read(member_of)

    def _begin(self, tx: Transaction, bearer: str, member: str, before: str) -> bytes:
        now = self._service.seconds
        members.end_session(tx, before)
        members.end_sessions_older_than(tx, now - ABSOLUTE_TIMEOUT, now - IDLE_TIMEOUT - TOUCH_SECONDS)
        members.add_session(tx, bearer_hash(bearer), member, now)
        decisions.set_presence(tx, member, last_sign_in=self._service.today.isoformat())
        return members.keyring(tx, self._service.row_keys, member)

    def _check(self, tx: Transaction, hashed: str, now: int) -> Session:
        session = members.session(tx, hashed)
        if session is None or not _is_live(session, now, self._last_uses.get(hashed, 0)):
            raise SignInError("the session has ended. Nothing was changed. Sign in again")
        if session.member not in self._service.keys(tx).members:
            raise SignInError("you are no longer a member of this group. Nothing was changed")
        return session

    def token_hash(self, request: Request) -> str:
        """Return the hash under which the request's session is stored.

        Raises:
            SignInError: The request has no session cookie.
        """
        try:
            token = self._tokens.read(Purpose.SESSION, SessionToken, request.cookies.get(self._cookie, ""))
        except StaleError:
            raise SignInError("there is no session. Nothing was changed. Sign in first") from None
        return bearer_hash(token.bearer)


def _is_live(session: Session, now: int, last_use: int = 0) -> bool:
    # A time far in the future comes from a wrong clock. Such a session would outlive every other.
    return (
        -CLOCK_TOLERANCE <= now - session.started <= ABSOLUTE_TIMEOUT
        and -CLOCK_TOLERANCE <= now - max(session.last_used, last_use) <= IDLE_TIMEOUT
    )


def _day_of(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date().isoformat()


def _checked(sent: SignIn) -> Secret:
    """Check the form of a sign-in and decode its authentication key, before anything is looked up.

    Raises:
        InvalidError: The key or the handle's id is malformed.
    """
    try:
        check_id(sent.handle_id)
    except CryptoError:
        raise InvalidError("the handle's id is malformed. Nothing was checked") from None
    return verifiers.parse_key(sent.authentication)
