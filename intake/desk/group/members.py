"""The desk's API for the group: members, invitations, names, and the member's own keyring.

The server checks sizes and stores encrypted files. It cannot open them.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from crypto import age, keylist
from crypto.encoding import Shape, Whole, as_dict, b64, to_json
from crypto.errors import CryptoError
from crypto.keylist import MAX_MEMBERS
from crypto.sheet import Sizes
from crypto.signing import Signed
from intake.desk.group import decisions, snapshots
from intake.desk.routes import DeskRoute, MemberRoute
from intake.errors import GroupFullError, InvalidError, NotFoundError
from intake.service.service import Service
from intake.store.cases.row_keys import keyring_purpose
from intake.store.engines.engine import Transaction
from intake.store.json_text import flat_or_none
from intake.store.members import decisions as group
from intake.store.members import members, recovery
from intake.store.members import snapshots as stored_snapshots
from intake.web import bodies
from intake.web.tokens import bearer_hash, new_bearer

MAX_KEYRING_BODY = 1536 * 1024  # bytes of a body with the largest names or keyring, as base64


class NumberedFile(Shape, frozen=True):
    """The body of `PUT names` and `PUT keyring`: a file, which replaces one with a smaller number."""

    number: Whole
    file: str


class StatementIn(Shape, frozen=True):
    """The body of `PUT statement`: another statement for the same epoch key, and a snapshot that names it."""

    statement: Signed
    snapshot: Signed


class DutyIn(Shape, frozen=True):
    """The body of `PUT duty`."""

    on_duty: bool


class MembersApi:
    """Handlers of the routes for the group and its members."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [
            MemberRoute("GET", "/group", self.group),
            MemberRoute("POST", "/invites", self.invite),
            MemberRoute("PUT", "/duty", self.put_duty),
            MemberRoute("PUT", "/statement", self.put_statement),
            MemberRoute("PUT", "/names", self.put_names),
            MemberRoute("GET", "/names/{member}", self.name),
            MemberRoute("GET", "/keyring", self.keyring),
            MemberRoute("PUT", "/keyring", self.put_keyring),
        ]

    async def group(self, request: Request, member: str) -> Response:
        """Return statements, encrypted names, newcomers, proposals, the group's log, snapshots and counts."""
        return bodies.answer(await self._service.read(lambda tx: self._group(tx, member)))

    async def invite(self, request: Request, member: str) -> Response:
        """Make the token of a one-time link. The member's earlier link stops working."""
        token = new_bearer()
        until = self._service.seconds + members.INVITE_SECONDS

        def put(tx: Transaction) -> None:
            if len(self._service.keys(tx).members) >= MAX_MEMBERS:
                raise GroupFullError
            members.drop_invites(tx, member)
            members.add_invite(tx, bearer_hash(token), member, until)

        await self._service.write(put)
        return bodies.answer({"invite": token}, 201)

    async def put_duty(self, request: Request, member: str) -> Response:
        """Set whether the member takes new cases, in a group that assigns cases by duty."""
        sent = await bodies.read(request, DutyIn, bodies.SMALL)
        await self._service.write(lambda tx: group.set_presence(tx, member, on_duty=sent.on_duty))
        return bodies.answer({"on_duty": sent.on_duty})

    async def put_statement(self, request: Request, member: str) -> Response:
        """Replace the statement of the member's current epoch key, to change its tags or its end."""
        sent = await bodies.read(request, StatementIn, snapshots.MAX_BYTES)

        def put(tx: Transaction) -> None:
            valid = snapshots.checked_statement(self._service, tx, member, sent.statement)
            members.replace_statement(tx, members.Seat(member, valid.recipient.id, to_json(sent.statement).decode()))
            snapshots.accept(self._service, tx, member, sent.snapshot)

        await self._service.write(put)
        return bodies.answer({"stored": True})

    async def put_names(self, request: Request, member: str) -> Response:
        """Replace the members' names, which are encrypted for all members."""
        sent = await bodies.read(request, NumberedFile, MAX_KEYRING_BODY)
        file = parse_file(sent.file)

        def put(tx: Transaction) -> None:
            members.put_names(tx, sent.number, file)
            self._service.count_for_desk(tx, member, len(file))

        await self._service.write(put)
        return bodies.answer({"number": sent.number})

    async def name(self, request: Request, member: str) -> Response:
        """Return the encrypted name that a member sent at enrolment, for clients whose names file lacks it."""
        wanted = request.path_params["member"]
        file = await self._service.read(lambda tx: members.candidate_name(tx, wanted))
        if file is None:
            raise NotFoundError("no name is stored for this member")
        return bodies.answer({"name": b64(file)})

    async def keyring(self, request: Request, member: str) -> Response:
        """Return the member's own keyring. Another window may have changed it."""
        file = await self._service.read(lambda tx: members.keyring(tx, self._service.row_keys, member))
        return bodies.answer({"keyring": b64(file)})

    async def put_keyring(self, request: Request, member: str) -> Response:
        """Replace the member's own keyring. The new one is stored under a new deletion key."""
        sent = await bodies.read(request, NumberedFile, MAX_KEYRING_BODY)
        file = parse_file(sent.file)

        def put(tx: Transaction) -> int:
            self._service.count_for_desk(tx, member, len(file))
            return members.put_keyring(tx, self._service.row_keys, member, sent.number, file)

        generation = await self._service.write(put)
        await self._service.forget_older(keyring_purpose(member), generation)
        return bodies.answer({"number": sent.number})

    def _group(self, tx: Transaction, member: str) -> dict[str, object]:
        named = members.names(tx)
        link = members.invite_of(tx, member, self._service.seconds)
        # Clients ask for newcomers' names one by one. Each is encrypted for all members, so together they would take megabytes.
        waiting = members.candidates(tx, but=self._service.keys(tx).all_members)
        handed_in = [(signed, name) for text, name in waiting if (signed := flat_or_none(text))]
        return {
            "statements": [signed for seat in members.seats(tx) if (signed := flat_or_none(seat.statement))],
            "names": b64(named[1]) if named else None,
            "names_number": named[0] if named else 0,
            "candidates": [{"signed": signed, "name": b64(name) if name else None} for signed, name in handed_in],
            "proposals": [as_dict(proposal) for proposal in group.proposals(tx)],
            "group_log": group.log_texts(tx),
            "snapshots": [as_dict(stored.signed) for stored in stored_snapshots.all_stored(tx)],
            "today": self._service.today.isoformat(),
            "assignment": self._service.settings.assignment,
            "invite": {"hash": link[0], "used": link[1]} if link else None,
            **self._counts(tx, member),
        }

    def _dealt(self, tx: Transaction) -> set[str]:
        """Return the hashes of the recovery keys that are in force or proposed."""
        standing = self._service.keys(tx).recovery
        proposed = (keylist.body_of(proposal) for proposal in group.proposals(tx))
        return {body.key for body in proposed if decisions.names_recovery_key(body)} | ({standing.key} if standing else set())

    def _counts(self, tx: Transaction, member: str) -> dict[str, object]:
        """Return the counts of cases that every member sees."""
        today, present = self._service.today, group.presence(tx)
        since = (today - dt.timedelta(days=group.INACTIVE_DAYS)).isoformat()
        active = self._service.keys(tx).members
        tally = self._service.verified.tally(tx, today, now=True)
        deal = recovery.current(tx)
        return {
            "on_duty": present.get(member, group.Presence()).on_duty,
            "off_duty": off_duty(active, present) if self._service.settings.assignment == "duty" else [],
            "inactive": [
                colleague
                for colleague in active
                if (seen := present.get(colleague, group.Presence()).last_sign_in) and seen <= since
            ],
            "open": tally.open,
            "sole_holder": tally.sole_holder(),
            "waiting": tally.waiting,
            "waiting_by": tally.waiting_by,
            "departed": asdict(tally.departed(active)),
            "recovery_key": {"id": deal.id, "recipient": deal.recipient} if deal else None,
            "recovery_deals": [as_dict(named.signed) for named in recovery.named(tx, self._dealt(tx)) if named.signed],
            "recovery_grants": tally.recovery_grants if tally.complete else recovery.all_deals(tx) | tally.recovery_grants,
            "storage_percent": self._service.quota.share(tx, today.isoformat()),
            "backup_failed": self._service.backups.failed,
            "backup_works": self._service.backups.works,
        }


def off_duty(active: Iterable[str], present: Mapping[str, group.Presence]) -> list[str]:
    """Return the members who take no new cases, in a group that assigns cases by duty."""
    return [colleague for colleague in active if not present.get(colleague, group.Presence()).on_duty]


def parse_file(text: str) -> bytes:
    """Decode a names file or keyring from a body.

    Raises:
        InvalidError: The text is not an age file of an allowed size.
    """
    file = bodies.file(text)
    try:
        if age.inspect(file).plaintext_size in Sizes.KEYRING.value:
            return file
    except CryptoError:
        pass
    raise InvalidError("the file is not an age file of an allowed size. Nothing was stored")
