"""Pass on shares of the recovery key, and release cases to recover. docs/explanation/architecture.md, Recovery key.

The server passes on encrypted shares and counts signatures. It cannot open a share.
"""

import datetime as dt

from starlette.requests import Request
from starlette.responses import Response

from crypto import keylist
from crypto import recovery as crypto_recovery
from crypto.encoding import GroupId, Shape, Whole, b64
from crypto.errors import CryptoError
from crypto.keylist import Body, Change, KeyList, SignedEntry
from crypto.recovery import RECOVERY, SignedDeal
from crypto.sheet import Sizes
from intake.desk.group import decisions
from intake.desk.routes import DeskRoute, MemberRoute
from intake.errors import InvalidError, NotFoundError, StaleError
from intake.service.service import Service
from intake.store.cases import cases
from intake.store.cases.cases import NewGrant
from intake.store.engines.engine import Transaction
from intake.store.members import decisions as stored_decisions
from intake.store.members import recovery
from intake.web import bodies

RECOVER_DAYS = 7  # days after the decision in which the named member may open the cases
_DEAL = 1536 * 1024  # bytes of a body with 255 shares of 4 KB, as base64


class DealIn(Shape, frozen=True):
    """The body of `POST recovery/deal`: a `recovery` entry, the signed deal, and an encrypted share for each member.

    `share` is the dealer's own share, encrypted for the member who tests the key.
    """

    number: Whole
    entry: SignedEntry
    deal: SignedDeal
    shares: dict[str, str]
    share: str


class SignIn(Shape, frozen=True):
    """The body of `POST recovery/sign`: a `recover` or `recovery` entry, and a share for the member whom the entry names.

    The named member puts the key together and sends no share. For a `recovery` entry they sign its deal instead.
    """

    number: Whole
    entry: SignedEntry
    share: str
    deal: str


class MoveIn(Shape, frozen=True):
    """The body of `PUT cases/{case}/recovery`: a grant to the current deal, for a case at `version`."""

    version: Whole
    epoch: str
    file: str


class RecoveryApi:
    """Handlers of the routes for the recovery key."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [
            MemberRoute("POST", "/recovery/deal", self.deal),
            MemberRoute("POST", "/recovery/sign", self.sign),
            MemberRoute("GET", "/recovery/shares", self.shares),
            MemberRoute("DELETE", "/recovery/shares/{purpose}", self.take),
            MemberRoute("GET", "/recovery/cases/{number:int}", self.listing),
            MemberRoute("PUT", "/cases/{case}/recovery", self.move),
        ]

    async def deal(self, request: Request, member: str) -> Response:
        """Propose a new recovery key."""
        sent = await bodies.read(request, DealIn, _DEAL)
        files = {to: _share(file) for to, file in sent.shares.items()}
        own, body = _share(sent.share), _body(sent.entry)

        def put(tx: Transaction) -> int:
            keys = self._service.keys(tx)
            deal = _checked(sent.deal, keys, body)
            if set(files) != set(keys.members) or set(deal.shares) != set(files):
                raise StaleError(
                    "the shares do not match the current members. Nothing was stored. Fetch the group and make them again"
                )
            if set(sent.deal.signatures) != {member} or body.member in ("", member):
                raise InvalidError(
                    "a deal needs its dealer's signature alone, and another member who tests it. Nothing was stored"
                )
            recovery.add_deal(tx, deal.id, deal.recipient, sent.deal)
            for to, file in files.items():
                recovery.put_share(tx, self._service.row_keys, deal.id, to, member, file)
            recovery.put_share(tx, self._service.row_keys, sent.entry.hash, body.member, member, own)
            self._service.count_for_desk(tx, member, len(own) + sum(map(len, files.values())))
            return decisions.decide(self._service, tx, member, decisions.EntryIn(number=sent.number, entry=sent.entry))

        missing = await self._service.write(put)
        await decisions.announce(self._service)
        return bodies.answer({"number": sent.number, "missing_signatures": missing}, 201)

    async def sign(self, request: Request, member: str) -> Response:
        """Sign an entry and hand in a share. The member who puts the key together hands in none."""
        sent = await bodies.read(request, SignIn, bodies.SMALL)
        body = _body(sent.entry)
        file = _share(sent.share) if body.member != member else None

        def put(tx: Transaction) -> int:
            if body.member not in self._service.keys(tx).members:
                raise StaleError("the named member has left the group. Nothing was stored. Fetch the group again")
            if file is not None:
                recovery.put_share(tx, self._service.row_keys, sent.entry.hash, body.member, member, file)
                self._service.count_for_desk(tx, member, len(file))
            elif body.kind is Change.RECOVERY:
                self._tried(tx, body, member, sent.deal)
            return decisions.decide(self._service, tx, member, decisions.EntryIn(number=sent.number, entry=sent.entry))

        missing = await self._service.write(put)
        await decisions.announce(self._service)
        return bodies.answer({"number": sent.number, "missing_signatures": missing}, 201)

    async def shares(self, request: Request, member: str) -> Response:
        """Return the shares that wait for the member, except those for a decision without enough signatures.

        Shares for several decisions, none of which the group has made, would otherwise add up.
        """

        def released(tx: Transaction) -> list[tuple[str, str, bytes]]:
            undecided = {
                entry.hash for entry in stored_decisions.proposals(tx) if keylist.body_of(entry).kind is Change.RECOVER
            }
            waiting = recovery.shares(tx, self._service.row_keys, member)
            return [share for share in waiting if share[0] not in undecided]

        shares = await self._service.read(released)
        return bodies.answer({"shares": [{"purpose": p, "sender": sender, "file": b64(file)} for p, sender, file in shares]})

    async def take(self, request: Request, member: str) -> Response:
        """Delete shares that the member has stored in their keyring or has used."""
        purpose = request.path_params["purpose"]
        await self._service.write(lambda tx: recovery.drop_shares(tx, purpose, member))
        return bodies.answer({"taken": True})

    async def listing(self, request: Request, member: str) -> Response:
        """List the cases of a decision to recover, for the member who receives them."""
        number = request.path_params["number"]
        return bodies.answer(await self._service.read(lambda tx: self._listing(tx, member, number)))

    async def move(self, request: Request, member: str) -> Response:
        """Replace a case's grant to an older recovery key with one to the current key."""
        case = request.path_params["case"]
        sent = await bodies.read(request, MoveIn, bodies.SMALL)
        file = bodies.file(sent.file)
        bodies.check_file(file, Sizes.GRANT, {1})

        def put(tx: Transaction) -> None:
            row = cases.find(tx, case, self._service.today)
            if member not in {grant.member for grant in cases.grants(tx, row.location)}:
                raise NotFoundError("you have no case with this id")
            deal = recovery.current(tx)
            if deal is None or deal.id != sent.epoch or row.version != sent.version:
                raise StaleError("the case or the recovery key has changed. Nothing was stored. Fetch both again")
            recovery.move(tx, self._service.row_keys, row.location, NewGrant(RECOVERY, sent.epoch, file))
            self._service.count_for_desk(tx, member, len(file))
            recovery.sweep(tx)

        await self._service.write(put)
        await self._service.destroy_retired()
        return bodies.answer({"version": sent.version})

    def _tried(self, tx: Transaction, body: Body, member: str, signature: str) -> None:
        """Store the signature of the member who tested a key, under its deal."""
        keys = self._service.keys(tx)
        stored = next(iter(recovery.named(tx, [body.key])), None)
        if stored is None or stored.signed is None:
            raise InvalidError("no deal of this recovery key is stored. Nothing was signed")
        signed = SignedDeal(body=stored.signed.body, signatures={**stored.signed.signatures, member: signature})
        _checked(signed, keys, body)
        if len(signed.signatures) != 2:
            raise InvalidError("the dealer cannot test their own deal. Nothing was stored. Another member must test it")
        recovery.sign_deal(tx, stored, signed)

    def _listing(self, tx: Transaction, member: str, number: int) -> dict[str, object]:
        keys = self._service.keys(tx)
        for decision in keys.recovered:
            if decision.number == number and member == decision.to and _recent(decision.day, self._service.today):
                held = cases.held_by(tx, decision.of, self._service.today)
                return {"cases": [row.location.case for row in held], "to": decision.to, "of": decision.of}
        raise NotFoundError("no recent decision with this number gives you cases")


def may_recover(keys: KeyList, today: dt.date, member: str, holders: set[str]) -> bool:
    """Return whether a decision gives `member` the cases of one of these holders."""
    return any(member == decision.to and decision.of in holders and _recent(decision.day, today) for decision in keys.recovered)


def _recent(day: dt.date, today: dt.date) -> bool:
    return (today - day).days <= RECOVER_DAYS


def _checked(signed: SignedDeal, keys: KeyList, body: Body) -> crypto_recovery.Deal:
    try:
        deal = crypto_recovery.read_deal(signed, GroupId(keys.group), body.key, keys.key_of)
    except CryptoError:
        raise InvalidError("the deal does not verify. Nothing was stored") from None
    if deal.value != body.value:
        raise InvalidError("the deal's threshold differs from the entry's. Nothing was stored")
    return deal


def _body(entry: SignedEntry) -> Body:
    try:
        body = keylist.body_of(entry)
    except CryptoError:
        raise InvalidError("the entry cannot be read. Nothing was stored") from None
    if body.kind is Change.RECOVER or decisions.names_recovery_key(body):
        return body
    raise InvalidError("this entry needs no share. Nothing was stored. Send it to keylist")


def _share(text: str) -> bytes:
    file = bodies.file(text)
    bodies.check_file(file, Sizes.GRANT, {1})
    return file
