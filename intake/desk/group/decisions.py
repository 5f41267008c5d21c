"""Handles decisions of the group: entries of the key list, with as many signatures as the list's rules require.

The server stores an entry with too few signatures as a proposal, until others have signed the same text. The server counts
signatures and appends entries. Every client verifies the list by itself.
"""

import datetime as dt

from starlette.requests import Request
from starlette.responses import Response

from crypto import keylist
from crypto.encoding import MemberId, Shape, Whole
from crypto.errors import CryptoError
from crypto.keylist import Body, Change, KeyList, SignedEntry
from intake.desk.routes import DeskRoute, MemberRoute
from intake.errors import InvalidError, NotFoundError, StaleError
from intake.service.case_events import GROUP_CHANGED
from intake.service.service import Service
from intake.store.engines.engine import Transaction
from intake.store.errors import NotThereError
from intake.store.members import decisions, members, recovery, rotations, snapshots
from intake.web import bodies

LOG_DAYS = 365  # days that an entry of the group's log is kept


class EntryIn(Shape, frozen=True):
    """The body of `POST keylist`: the next entry, its number, and only the member's own signature."""

    number: Whole
    entry: SignedEntry


class Decisions:
    """Handlers of the routes for decisions."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [
            MemberRoute("POST", "/keylist", self.sign),
            MemberRoute("DELETE", "/proposals/{hash}", self.take_back),
        ]

    async def sign(self, request: Request, member: str) -> Response:
        """Propose the next entry, or sign a proposal. With enough signatures the entry is appended to the list."""
        sent = await bodies.read(request, EntryIn, bodies.SMALL)
        missing = await self._service.write(lambda tx: self._sign(tx, member, sent))
        await announce(self._service)
        await self._service.destroy_retired()
        self._service.backups.start()
        return bodies.answer({"number": sent.number, "missing_signatures": missing}, 201)

    def _sign(self, tx: Transaction, member: str, sent: EntryIn) -> int:
        try:
            body = keylist.body_of(sent.entry)
        except CryptoError:
            raise InvalidError("the entry cannot be read. Nothing was signed") from None
        if body.kind is Change.RECOVER or names_recovery_key(body):
            raise InvalidError("this entry needs a share. Nothing was signed. Send it to recovery/sign")
        return decide(self._service, tx, member, sent)

    async def take_back(self, request: Request, member: str) -> Response:
        """Withdraw the member's signature from a proposal. A proposal without signatures is deleted."""
        wanted = request.path_params["hash"]

        def put(tx: Transaction) -> None:
            proposal = next(
                (stored for stored in decisions.proposals(tx) if stored.hash == wanted and member in stored.signatures), None
            )
            if proposal is None:
                raise NotFoundError("you have signed no such proposal. Nothing was changed")
            remaining = {signer: text for signer, text in proposal.signatures.items() if signer != member}
            decisions.put_proposal(tx, SignedEntry(body=proposal.body, signatures=remaining))

        await self._service.write(put)
        await announce(self._service)
        return bodies.answer({"taken_back": True})


async def announce(service: Service) -> None:
    """Tell every member who has the desk open that the group has changed. The event does not say what changed."""
    active = await service.read(lambda tx: list(service.keys(tx).members))
    service.case_events.publish(active, GROUP_CHANGED)


def names_recovery_key(body: Body) -> bool:
    """Return whether an entry names a new recovery key."""
    return body.kind is Change.RECOVERY and bool(body.key)


def decide(service: Service, tx: Transaction, member: str, sent: EntryIn) -> int:
    """Add a member's signature to an entry, and append the entry once it has enough.

    Args:
        service: the running service.
        tx: the transaction that stores the result.
        member: the member who signed.
        sent: the entry with this member's signature only.

    Returns:
        How many signatures are still missing.

    Raises:
        StaleError: The list has a newer entry.
        InvalidError: The entry cannot continue the list, or has another member's signature.
    """
    if set(sent.entry.signatures) != {member}:
        raise InvalidError("the entry must have your signature and no other. Nothing was signed")
    keys = service.keys(tx)
    if sent.number != len(keys.entries):
        raise StaleError("the key list has a newer entry. Nothing was signed. Fetch the list and sign again")
    before = next((proposal.signatures for proposal in decisions.proposals(tx) if proposal.body == sent.entry.body), {})
    evidence = sent.entry.evidence
    entry = SignedEntry(body=sent.entry.body, signatures={**before, **sent.entry.signatures}, evidence=evidence)
    if evidence is not None and all(stored.signed != evidence for stored in snapshots.all_stored(tx)):
        raise InvalidError("the entry's evidence is not a snapshot that this server stores. Nothing was signed")
    try:
        if not before:
            keylist.check_new(entry, service.today)
        missing = keylist.check_proposal(keys, entry, service.today)
        if missing:
            decisions.put_proposal(tx, entry)
            return missing
        after = keylist.verify([*keys.entries, entry], service.today)
        body = keylist.body_of(entry)
    except CryptoError:
        raise InvalidError("the entry does not continue the key list. Nothing was signed") from None
    if body.kind is Change.RECOVERY and not after.pending:
        try:
            recovery.decide(tx, service.row_keys, body.key)
        except NotThereError:
            raise InvalidError("no deal of this recovery key is stored. Nothing was signed") from None
    members.append_entry(tx, sent.number, entry)
    decisions.drop_proposals(tx, entry.hash)
    _log_decision(service, tx, keys, after, body)
    forget_former_members(service, tx, after)
    return 0


def forget_former_members(service: Service, tx: Transaction, keys: KeyList) -> None:
    """Delete sessions, keys and unlockers of former members."""
    for member in decisions.members_with_keys(tx):
        if MemberId(member) in keys.all_members and MemberId(member) not in keys.members:
            decisions.forget_member(tx, member)
    if keys.recovery is None and recovery.current(tx) is not None:
        recovery.decide(tx, service.row_keys, "")


def daily(service: Service, tx: Transaction) -> None:
    """Apply the changes of a new day. Delete the keys of former members, lapsed proposals and old log entries."""
    if members.entries(tx):
        forget_former_members(service, tx, service.keys(tx))
        _drop_lapsed(service, tx)
    recovery.sweep(tx)
    rotations.retire_unused(tx)
    decisions.purge_log(tx, service.today - dt.timedelta(days=LOG_DAYS))


def _drop_lapsed(service: Service, tx: Transaction) -> None:
    """Delete proposals that nobody can complete, because they are too old or dated in the future."""
    keys = service.keys(tx)
    for proposal in decisions.proposals(tx):
        try:
            keylist.check_proposal(keys, proposal, service.today)
        except CryptoError:
            decisions.put_proposal(tx, SignedEntry(body=proposal.body, signatures={}))


def _log_decision(service: Service, tx: Transaction, keys: KeyList, after: KeyList, body: Body) -> None:
    if body.kind in (Change.AGREE, Change.ENACT) and keys.pending:
        body = keys.pending.body
    who = body.member
    if body.kind is Change.RECOVER:
        who = keys.member_of(body.key) or ""
    what = "pending" if after.pending else str(body.value or "")
    decisions.append_to_log(tx, service.today, body.kind.value, who, what)
