"""A member's own unlockers: changing a passphrase or paper code. The client encrypts the keyring again.

Each change needs the authentication key of a current unlocker, so that an open session alone can change nothing.
"""

import asyncio
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from crypto.encoding import Shape
from crypto.secret import Secret
from intake.desk.access import verifiers
from intake.desk.access.attempts import Attempts
from intake.desk.access.enrolment import MAX_WAYS, UnlockerIn, checked, hashed
from intake.desk.access.passkeys import PasskeyIn
from intake.desk.access.sessions import Sessions
from intake.desk.group.members import BOOK, BookIn, book
from intake.desk.routes import DeskRoute, MemberRoute
from intake.errors import InvalidError, SignInError
from intake.service.argon2_pool import Lane
from intake.service.service import Service
from intake.store.cases.row_keys import keyring_purpose
from intake.store.engines.engine import Transaction
from intake.store.members import decisions, members, passkeys
from intake.store.members import unlockers as ways
from intake.store.members.unlockers import StoredUnlocker
from intake.web import bodies


class ProofIn(Shape, frozen=True):
    """A current unlocker of the member, and its authentication key."""

    kind: str
    authentication: str


class UnlockersIn(Shape, frozen=True):
    """The body of `PUT unlockers`: proof, the keyring for the new set, unlockers to add, and ids to drop."""

    proof: ProofIn
    keyring: BookIn
    add: list[UnlockerIn]
    drop: list[str]
    passkey: PasskeyIn | None = None


class StrictIn(Shape, frozen=True):
    """The body of `PUT strict`: proof, and whether sign-in requires a passkey as well as the passphrase."""

    proof: ProofIn
    strict: bool


class Unlockers:
    """Handlers for a member's unlockers."""

    def __init__(self, service: Service, sessions: Sessions) -> None:
        self._service = service
        self._sessions = sessions
        self._attempts = Attempts()  # by member; apart from those of sign-in, where anyone may name any handle

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [
            MemberRoute("PUT", "/unlockers", self.change),
            MemberRoute("GET", "/strict", self.strict),
            MemberRoute("PUT", "/strict", self.set_strict),
        ]

    async def change(self, request: Request, member: str) -> Response:
        """Change unlockers and keyring in one transaction, and end every other session of the member."""
        sent, source = await bodies.read(request, UnlockersIn, BOOK), self._sessions.source(request)
        ring, keys = book(sent.keyring.file), checked(sent.add)
        present = await self._check(member, sent.proof, source)
        if sum(one.id not in sent.drop for one in present) + len(sent.add) > MAX_WAYS:
            raise InvalidError(f"at most {MAX_WAYS} ways in")
        mine = self._sessions.token_hash(request)
        made = None
        if sent.passkey and sent.add:
            made = await self._sessions.passkeys.registered(sent.passkey, request, member, sent.add[0].id)
        new = await hashed(self._service.argon2_pool, keys, member, source, member)

        def put(tx: Transaction) -> int:
            row_keys = self._service.row_keys
            ways.drop(tx, member, sent.drop)
            if not passkeys.has_any(tx, member) and not made:
                decisions.set_presence(tx, member, strict=False)  # nobody is locked out by dropping their last passkey
            for one, handle_id in new:
                ways.add(tx, row_keys, one, handle_id)
            if made:
                passkeys.add(tx, row_keys, made)
            left = ways.of_member(tx, row_keys, member)
            if not left:
                raise InvalidError("at least one way in must be left")
            if new and len(left) > MAX_WAYS:  # another change came in between
                raise InvalidError(f"at most {MAX_WAYS} ways in")
            members.end_sessions_of(tx, member, but=mine)
            return members.put_keyring(tx, row_keys, member, sent.keyring.number, ring)

        kept = await self._service.write(put)
        await self._service.forget_older(keyring_purpose(member), kept)
        return bodies.answer({"number": sent.keyring.number})

    async def strict(self, request: Request, member: str) -> Response:
        """Return whether sign-in requires a passkey as well as the passphrase."""
        found = await self._service.read(decisions.presence)
        return bodies.answer({"strict": found.get(member, decisions.Presence()).strict})

    async def set_strict(self, request: Request, member: str) -> Response:
        """Require a passkey at sign-in, or no longer."""
        sent = await bodies.read(request, StrictIn, bodies.SMALL)
        await self._check(member, sent.proof, self._sessions.source(request))

        def put(tx: Transaction) -> None:
            if sent.strict and not passkeys.has_any(tx, member):
                raise InvalidError("first add a passkey")
            decisions.set_presence(tx, member, strict=sent.strict)

        await self._service.write(put)
        return bodies.answer({"strict": sent.strict})

    async def _check(self, member: str, proof: ProofIn, source: bytes) -> list[StoredUnlocker]:
        """Return the member's unlockers, if the proof fits one of them."""
        key = verifiers.key_of(proof.authentication)
        # As at sign-in: an attacker with a stolen session must not guess faster than one without.
        delay = self._attempts.delay(member)
        self._attempts.failed(member)
        try:
            await asyncio.sleep(delay)
            found = await self._service.read(lambda tx: ways.of_member(tx, self._service.row_keys, member))
            for one in found:
                if one.kind == proof.kind and await self._fits(one, key, source):
                    self._attempts.succeeded(member)
                    return found
        except BaseException:
            self._attempts.not_judged(member)
            raise
        raise SignInError("this is not the present passphrase")

    async def _fits(self, way: StoredUnlocker, key: Secret, source: bytes) -> bool:
        hashing = partial(verifiers.fits, way.verifier, key)
        return await self._service.argon2_pool.run(hashing, Lane.ENROLMENT, source, way.member)
