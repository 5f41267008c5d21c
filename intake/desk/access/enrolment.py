"""Handles enrolment by a one-time link, with keys that the newcomer's own client makes.

The first coordinator signs the first entries of the key list. Each later coordinator sends a signed candidate. Members compare
its check digits and approve it by their signatures. The server checks signatures and sizes, and cannot open what it stores.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from crypto import keylist, statement
from crypto.encoding import Shape, check_id, to_json
from crypto.errors import CryptoError
from crypto.keylist import MAX_MEMBERS, SignedEntry
from crypto.secret import Secret
from crypto.signing import Signed
from intake.desk.access import verifiers
from intake.desk.group import snapshots
from intake.desk.group.decisions import announce
from intake.desk.group.members import parse_file
from intake.desk.routes import DeskRoute, PublicRoute
from intake.errors import GroupFullError, InvalidError, InviteError, StaleError, TakenError
from intake.service.argon2_pool import Argon2Pool, Lane
from intake.service.service import Service
from intake.store.engines.engine import Transaction
from intake.store.errors import ConflictError, NotThereError
from intake.store.json_text import flat_or_none
from intake.store.members import decisions, members, unlockers
from intake.store.members.members import Seat
from intake.store.members.unlockers import StoredUnlocker
from intake.web import bodies
from intake.web.tokens import bearer_hash, new_bearer

FOUNDER = ""  # the inviter of the first coordinator, whom nobody invited
LINK_SECONDS = 24 * 3600
MAX_UNLOCKERS = 8  # unlockers of a member's keyring. Each costs a hash to make, and one to check
FOUNDING_ENTRIES = 16  # entries of the key list that found a group, at most. A founder's client signs two
ROUNDS = 3  # checks of a newcomer, each because members have changed the key list since the last
_CEILING = 768 * 1024  # bytes: a name sealed to 255 members is 401 KiB, base64 makes it 535


class InviteIn(Shape, frozen=True):
    """The body of `POST enrolment`."""

    invite: str


class UnlockerIn(Shape, frozen=True):
    """A new unlocker. Only the Argon2id hash of `authentication` is stored."""

    id: str
    kind: str
    handle_id: str
    authentication: str


class FoundIn(Shape, frozen=True):
    """The body of `POST enrolment/found`: the first entries, and the founder's keys and encrypted files."""

    invite: str
    entries: list[SignedEntry]
    candidate: Signed
    statement: Signed
    keyring: str
    unlockers: list[UnlockerIn]
    names: str
    snapshot: Signed


class JoinIn(Shape, frozen=True):
    """The body of `POST enrolment/join`: a newcomer's signed candidate and statement, and their encrypted files."""

    invite: str
    candidate: Signed
    statement: Signed
    keyring: str
    unlockers: list[UnlockerIn]
    name: str


@dataclass(frozen=True, slots=True)
class _Newcomer:
    """A newcomer whose keys were checked against the key list with this head."""

    seat: Seat
    candidate: str
    keyring: bytes
    unlockers: "list[tuple[StoredUnlocker, str]]"
    name: bytes | None = None
    head: str = ""


class EnrolmentApi:
    """Handlers for enrolment.

    Each handler checks the invitation, then the signatures, and then computes the hashes. Only then does it write.

    Args:
        service: the running service.
        source: returns the source of a request, as `LoadPricing.source` does.
    """

    def __init__(self, service: Service, source: Callable[[Request], bytes]) -> None:
        self._service = service
        self._source = source

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk/enrolment`."""
        return [
            PublicRoute("POST", "/", self.check_link),
            PublicRoute("POST", "/found", self.found),
            PublicRoute("POST", "/join", self.join),
        ]

    async def check_link(self, request: Request) -> Response:
        """Check a link, and return what a client needs before it makes keys."""
        sent = await bodies.read(request, InviteIn, bodies.SMALL)
        founded, statements = await self._service.read(lambda tx: self._group_of_link(tx, sent.invite))
        key = self._service.job.signing_key.verifying_key.text
        content = {"today": self._service.today.isoformat(), "retention": key, "founded": founded, "statements": statements}
        return bodies.answer(content)

    async def found(self, request: Request) -> Response:
        """Store the first coordinator's keys and the first entries. Afterwards the form is open."""
        sent = await bodies.read(request, FoundIn, _CEILING)
        if len(sent.entries) > FOUNDING_ENTRIES:
            raise InvalidError(f"a group is founded with at most {FOUNDING_ENTRIES} entries. Nothing was stored")
        keys, ring, names = checked(sent.unlockers), parse_file(sent.keyring), parse_file(sent.names)
        await self._service.read(lambda tx: self._check_founding(tx, sent.invite))
        seat = await self._service.in_thread(lambda: self._checked(sent))
        stored = await hashed(self._service.argon2_pool, keys, seat.member, self._source(request), bearer_hash(sent.invite))
        new = _Newcomer(seat, to_json(sent.candidate).decode(), ring, stored)
        await self._service.write(lambda tx: self._store(tx, sent, new, names))
        return bodies.answer({"enrolled": True}, 201)

    async def join(self, request: Request) -> Response:
        """Store a newcomer's keys until members approve them. The link stops working."""
        sent = await bodies.read(request, JoinIn, _CEILING)
        keys, ring, name = checked(sent.unlockers), parse_file(sent.keyring), parse_file(sent.name)
        seat, head = await self._service.read(lambda tx: self._check_candidate(tx, sent))
        stored = await hashed(self._service.argon2_pool, keys, seat.member, self._source(request), bearer_hash(sent.invite))
        for attempt in range(1, ROUNDS + 1):
            new = _Newcomer(seat, to_json(sent.candidate).decode(), ring, stored, name, head)
            try:
                await self._service.write(partial(self._store_candidate, invite=sent.invite, new=new))
                break
            except StaleError:
                if attempt == ROUNDS:
                    raise
                seat, head = await self._service.read(lambda tx: self._check_candidate(tx, sent))
        await announce(self._service)
        return bodies.answer({"waiting": True}, 201)

    def _group_of_link(self, tx: Transaction, invite: str) -> tuple[bool, list[object]]:
        self._check(tx, invite)
        if not members.entries(tx):
            return False, []
        active = self._service.keys(tx).members
        if len(active) >= MAX_MEMBERS:
            raise GroupFullError
        return True, [
            signed for seat in members.seats(tx) if seat.member in active and (signed := flat_or_none(seat.statement))
        ]

    def _check(self, tx: Transaction, invite: str) -> None:
        try:
            members.check_invite(tx, bearer_hash(invite), self._service.seconds)
        except NotThereError:
            raise InviteError(
                "this link was used, has expired or never existed. Nothing was stored. Ask for a new one"
            ) from None

    def _check_founding(self, tx: Transaction, invite: str) -> None:
        self._check(tx, invite)
        if members.entries(tx):
            raise InviteError("this group already has a coordinator. Nothing was stored. Ask them for a link")

    def _check_candidate(self, tx: Transaction, sent: JoinIn) -> tuple[Seat, str]:
        """Return the newcomer's seat, and the head of the key list that it was checked against."""
        self._check(tx, sent.invite)
        keys = self._service.keys(tx)
        if len(keys.members) >= MAX_MEMBERS:
            raise GroupFullError
        try:
            candidate, _ = statement.verify_candidate(sent.candidate, keys.group)
            valid = statement.verify_of_candidate(sent.statement, keys, candidate, self._service.today)
        except CryptoError:
            raise InvalidError("the keys or signatures do not verify. Nothing was stored") from None
        if valid.member != candidate.member or candidate.member in keys.all_members or not sent.unlockers:
            raise InvalidError("the keys belong to a member already, or have no unlocker. Nothing was stored")
        return _seat(valid.member, valid.recipient.id, sent.statement), keys.head

    def _store(self, tx: Transaction, sent: FoundIn, new: _Newcomer, names: bytes) -> None:
        self._check_founding(tx, sent.invite)
        members.use_invite(tx, bearer_hash(sent.invite), self._service.seconds)
        members.drop_invites(tx, FOUNDER)
        for number, entry in enumerate(sent.entries):
            members.append_entry(tx, number, entry)
        members.put_names(tx, 1, names)
        decisions.append_to_log(tx, self._service.today, "found", new.seat.member)
        self._store_person(tx, new)
        snapshots.accept(self._service, tx, new.seat.member, sent.snapshot)

    def _store_candidate(self, tx: Transaction, *, invite: str, new: _Newcomer) -> None:
        self._check(tx, invite)
        if self._service.keys(tx).head != new.head:
            raise StaleError("the key list has a newer entry. Nothing was stored. Send again")
        members.use_invite(tx, bearer_hash(invite), self._service.seconds)
        self._store_person(tx, new)

    def _store_person(self, tx: Transaction, new: _Newcomer) -> None:
        members.add_candidate(tx, new.seat.member, new.candidate, new.name)
        members.set_epoch(tx, self._service.row_keys, new.seat)
        for unlocker, handle_id in new.unlockers:
            try:
                unlockers.add(tx, self._service.row_keys, unlocker, handle_id)
            except ConflictError:
                raise TakenError("another member has this sign-in name. Nothing was stored. Choose another") from None
        members.put_keyring(tx, self._service.row_keys, new.seat.member, 1, new.keyring)

    def _checked(self, sent: FoundIn) -> Seat:
        try:
            for entry in sent.entries:
                keylist.check_new(entry, self._service.today)
            keys = keylist.verify(sent.entries, self._service.today)
            candidate, _ = statement.verify_candidate(sent.candidate, keys.group)
            valid = statement.check(sent.statement, keys, self._service.today)
        except CryptoError:
            raise InvalidError("the keys or signatures do not verify. Nothing was stored") from None
        if list(keys.members) != [candidate.member] or valid.member != candidate.member or not sent.unlockers:
            raise InvalidError("the keys are not the founder's, or have no unlocker. Nothing was stored")
        return _seat(valid.member, valid.recipient.id, sent.statement)


def checked(sent: Sequence[UnlockerIn]) -> list[tuple[UnlockerIn, Secret]]:
    """Check the form of new unlockers and decode their authentication keys, before anything is looked up or hashed.

    Raises:
        InvalidError: There are too many unlockers, or one is malformed.
    """
    if len(sent) > MAX_UNLOCKERS:
        raise InvalidError(f"a member has at most {MAX_UNLOCKERS} unlockers. Nothing was changed")
    try:
        for unlocker in sent:
            check_id(unlocker.id)
            check_id(unlocker.handle_id)
    except CryptoError:
        raise InvalidError("an unlocker's id is malformed. Nothing was changed") from None
    return [(unlocker, verifiers.parse_key(unlocker.authentication)) for unlocker in sent]


async def hashed(
    pool: Argon2Pool, sent: Sequence[tuple[UnlockerIn, Secret]], member: str, source: bytes, key: str
) -> list[tuple[StoredUnlocker, str]]:
    """Hash authentication keys, one after the other, in the Argon2 pool.

    Args:
        pool: computes the hashes.
        sent: the unlockers, with their authentication keys.
        member: the member whose unlockers they are.
        source: the source of the request, for fair turns.
        key: identifies the client within its source.

    Returns:
        Each unlocker as it is stored, with its handle's id.

    Raises:
        CrowdedError: Too many hashes wait.
    """
    stored = []
    for unlocker, secret in sent:
        verifier = await pool.run(partial(verifiers.hash_key, secret), Lane.ENROLMENT, source, key)
        stored.append((StoredUnlocker(unlocker.id, member, unlocker.kind, verifier), unlocker.handle_id))
    return stored


def _seat(member: str, epoch: str, signed: Signed) -> Seat:
    return Seat(member, epoch, json.dumps({"body": signed.body, "signature": signed.signature}))


def founding_link(service: Service, address: str) -> str | None:
    """Make a one-time link for the first coordinator. Earlier links stop working.

    The token is in the fragment, which browsers do not send.

    Returns:
        The link, or None if there is a coordinator already.
    """
    with service.database.transaction() as tx:
        if members.entries(tx):
            return None
        members.drop_invites(tx, FOUNDER)
        token = new_bearer()
        members.add_invite(tx, bearer_hash(token), FOUNDER, service.seconds + LINK_SECONDS)
    return f"{address}/en/desk/enrol/#{token}"
