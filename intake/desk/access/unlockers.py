"""Changes a member's own unlockers, such as a passphrase or a paper code. The client encrypts the keyring again.

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
from intake.desk.access.enrolment import MAX_UNLOCKERS, UnlockerIn, checked, hashed
from intake.desk.access.passkeys import PasskeyIn
from intake.desk.access.sessions import Sessions
from intake.desk.group.members import MAX_KEYRING_BODY, NumberedFile, parse_file
from intake.desk.routes import DeskRoute, MemberRoute
from intake.errors import InvalidError, SignInError
from intake.service.argon2_pool import Lane
from intake.service.service import Service
from intake.store.cases.row_keys import keyring_purpose
from intake.store.engines.engine import Transaction
from intake.store.members import decisions, members, passkeys
from intake.store.members import unlockers as stored_unlockers
from intake.store.members.unlockers import StoredUnlocker
from intake.web import bodies


class ProofIn(Shape, frozen=True):
    """A current unlocker of the member, and its authentication key."""

    kind: str
    authentication: str


class UnlockersIn(Shape, frozen=True):
    """The body of `PUT unlockers`: proof, the keyring for the new set, unlockers to add, and ids to drop."""

    proof: ProofIn
    keyring: NumberedFile
    add: list[UnlockerIn]
    drop: list[str]
    passkey: PasskeyIn | None = None


class StrictIn(Shape, frozen=True):
    """The body of `PUT strict`: proof, and whether sign-in requires a passkey as well as the passphrase."""

    proof: ProofIn
    strict: bool


class Unlockers:
    """Handlers of the routes for a member's own unlockers."""

    def __init__(self, service: Service, sessions: Sessions) -> None:
        self._service = service
        self._sessions = sessions
        self._attempts = Attempts()  # by member. Sign-in counts on its own, because anyone may name any handle there

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
        sent, source = await bodies.read(request, UnlockersIn, MAX_KEYRING_BODY), self._sessions.source(request)
        ring, keys = parse_file(sent.keyring.file), checked(sent.add)
        present = await self._check(member, sent.proof, source)
        if sum(unlocker.id not in sent.drop for unlocker in present) + len(sent.add) > MAX_UNLOCKERS:
            raise InvalidError(f"a member has at most {MAX_UNLOCKERS} unlockers. Nothing was changed")
        current = self._sessions.token_hash(request)
        passkey = None
        if sent.passkey and sent.add:
            passkey = await self._sessions.passkeys.registered(sent.passkey, request, member, sent.add[0].id)
        new = await hashed(self._service.argon2_pool, keys, member, source, member)

        def put(tx: Transaction) -> int:
            row_keys = self._service.row_keys
            stored_unlockers.drop(tx, member, sent.drop)
            if not passkeys.has_any(tx, member) and not passkey:
                # A member who drops their last passkey must still be able to sign in.
                decisions.set_presence(tx, member, passkey_required=False)
            for unlocker, handle_id in new:
                stored_unlockers.add(tx, row_keys, unlocker, handle_id)
            if passkey:
                passkeys.add(tx, row_keys, passkey)
            remaining = stored_unlockers.of_member(tx, row_keys, member)
            if not remaining:
                raise InvalidError("at least one unlocker must remain. Nothing was changed. Add another first")
            if new and len(remaining) > MAX_UNLOCKERS:  # another change was stored in the meantime
                raise InvalidError(f"a member has at most {MAX_UNLOCKERS} unlockers. Nothing was changed")
            members.end_sessions_of(tx, member, but=current)
            return members.put_keyring(tx, row_keys, member, sent.keyring.number, ring)

        generation = await self._service.write(put)
        await self._service.forget_older(keyring_purpose(member), generation)
        return bodies.answer({"number": sent.keyring.number})

    async def strict(self, request: Request, member: str) -> Response:
        """Return whether sign-in requires a passkey as well as the passphrase."""
        presence = await self._service.read(decisions.presence)
        return bodies.answer({"strict": presence.get(member, decisions.Presence()).passkey_required})

    async def set_strict(self, request: Request, member: str) -> Response:
        """Set whether sign-in requires a passkey."""
        sent = await bodies.read(request, StrictIn, bodies.SMALL)
        await self._check(member, sent.proof, self._sessions.source(request))

        def put(tx: Transaction) -> None:
            if sent.strict and not passkeys.has_any(tx, member):
                raise InvalidError("you have no passkey. Nothing was changed. Add one first")
            decisions.set_presence(tx, member, passkey_required=sent.strict)

        await self._service.write(put)
        return bodies.answer({"strict": sent.strict})

    async def _check(self, member: str, proof: ProofIn, source: bytes) -> list[StoredUnlocker]:
        """Return the member's unlockers if the proof matches one of them."""
        key = verifiers.parse_key(proof.authentication)
        # As at sign-in: an attacker with a stolen session must not guess faster than one without.
        delay = self._attempts.delay(member)
        self._attempts.failed(member)
        try:
            await asyncio.sleep(delay)
            present = await self._service.read(lambda tx: stored_unlockers.of_member(tx, self._service.row_keys, member))
            for unlocker in present:
                if unlocker.kind == proof.kind and await self._fits(unlocker, key, source):
                    self._attempts.succeeded(member)
                    return present
        except BaseException:
            self._attempts.discard(member)
            raise
        raise SignInError("the present passphrase is wrong. Nothing was changed")

    async def _fits(self, unlocker: StoredUnlocker, key: Secret, source: bytes) -> bool:
        hashing = partial(verifiers.matches, unlocker.verifier, key)
        return await self._service.argon2_pool.run(hashing, Lane.ENROLMENT, source, unlocker.member)
