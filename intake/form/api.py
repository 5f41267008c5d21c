"""The requester's API: the key list, a slate, a sealed case in; with a receipt's token, answers out, entries in, withdrawal."""

import datetime as dt

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crypto import receipt
from crypto.encoding import CaseId, Shape, b64, check_id, parse_day, unb64
from crypto.entry import Place, Sequence, sizes_of
from crypto.errors import CryptoError
from crypto.sheet import Sizes
from intake.errors import GoneError, InvalidError, NotFoundError, TakenError
from intake.form import slate
from intake.server.web import bodies
from intake.server.web.tokens import Tokens
from intake.service import Service
from intake.store import cases, holds, moves, notices, people
from intake.store.cases import Case, NewGrant, Submission
from intake.store.engine import Transaction
from intake.store.errors import ConflictError, NotThereError

RECEIPT_TOKEN = 32  # bytes


MAX_ENTRIES = 300  # of the shared sequence that a receipt may still add to: all of it is opened to read any of it


class SlateRequest(Shape, frozen=True):
    """`POST slate`."""

    case: str


class SeatsRequest(Shape, frozen=True):
    """`POST seats`."""

    members: list[str]


class GrantIn(Shape, frozen=True):
    """One grant: to whom, under which epoch key, the age file."""

    member: str
    epoch: str
    file: str


class CaseIn(Shape, frozen=True):
    """`POST cases`: all of it sealed, but for what the server must know."""

    slate: str
    case: str
    lookup: str
    expires: str
    shown: bool
    request: str
    receipt_grant: str
    grants: list[GrantIn]


class TokenIn(Shape, frozen=True):
    """`POST return`, `POST withdraw`."""

    token: str


class ShortenIn(Shape, frozen=True):
    """`POST shorten`: the new day."""

    token: str
    day: str


class EntryIn(Shape, frozen=True):
    """`POST entries`: the next entry of the shared sequence."""

    token: str
    number: int
    shown: bool
    file: str


class FormApi:
    """Handlers over one service."""

    def __init__(self, service: Service, tokens: Tokens) -> None:
        self._service = service
        self._tokens = tokens

    @property
    def routes(self) -> list[Route]:
        """Under `/api/form`."""
        return [
            Route("/keylist", self.keylist, methods=["GET"]),
            Route("/slate", self.slate, methods=["POST"]),
            Route("/seats", self.seats, methods=["POST"]),
            Route("/cases", self.submit, methods=["POST"]),
            Route("/return", self.give_back, methods=["POST"]),
            Route("/entries", self.write_back, methods=["POST"]),
            Route("/shorten", self.shorten, methods=["POST"]),
            Route("/withdraw", self.withdraw, methods=["POST"]),
        ]

    async def keylist(self, request: Request) -> Response:
        """The key list as it was signed, and what the form may offer today."""
        entries = await self._service.read(people.entries)
        rules = self._service.settings.policy
        return bodies.answer(
            {
                "entries": [msgspec.to_builtins(entry) for entry in entries],
                "today": self._service.today.isoformat(),
                "default_days": rules.default_days,
                "maximum_days": rules.maximum_days,
                "fuzz_days": rules.fuzz_days,
            }
        )

    async def slate(self, request: Request) -> Response:
        """Seats for a new case."""
        wanted = await bodies.read(request, SlateRequest, bodies.SMALL)
        offered = await self._service.read(lambda tx: slate.offer(self._service, self._tokens, tx, wanted.case))
        return bodies.answer(offered)

    async def seats(self, request: Request) -> Response:
        """The signed statements of those whom a client has chosen by their tags."""
        wanted = await bodies.read(request, SeatsRequest, bodies.SMALL)
        if not 1 <= len(wanted.members) <= slate.OFFERED:
            raise InvalidError(f"one to {slate.OFFERED} members")
        found = await self._service.read(lambda tx: slate.statements(self._service, tx, wanted.members))
        return bodies.answer({"seats": found})

    async def submit(self, request: Request) -> Response:
        """Store a sealed case; 201 once it is durable, the same for the same again."""
        sent = await bodies.read(request, CaseIn, bodies.SUBMISSION)
        new = self._checked(sent)
        await store(self._service, self._tokens, sent.slate, new)
        return bodies.answer({"case": new.case, "expires": new.expires}, 201)

    async def give_back(self, request: Request) -> Response:
        """What a receipt's holder may fetch."""
        lookup = _lookup(await bodies.read(request, TokenIn, bodies.SMALL))
        return bodies.answer(await self._service.read(lambda tx: view(self._service, tx, lookup)))

    async def write_back(self, request: Request) -> Response:
        """A message or correction of the requester's."""
        sent = await bodies.read(request, EntryIn, bodies.ENTRY)
        lookup, file = _lookup(TokenIn(token=sent.token)), bodies.file(sent.file)
        if sent.number < 1:
            raise InvalidError("entry 0 is the request")
        bodies.check_file(file, sizes_of(Place(CaseId(""), Sequence.SHARED, sent.number)), {2} if sent.shown else {1})
        await add(self._service, lookup, sent.number, file, shown=sent.shown)
        return bodies.answer({"number": sent.number}, 201)

    async def shorten(self, request: Request) -> Response:
        """An earlier day for a case; the day it now goes."""
        sent = await bodies.read(request, ShortenIn, bodies.SMALL)
        return bodies.answer({"expires": await shorten(self._service, _lookup(TokenIn(token=sent.token)), sent.day)})

    async def withdraw(self, request: Request) -> Response:
        """Delete a case at once and destroy its key; says which of the two is true so far."""
        lookup = _lookup(await bodies.read(request, TokenIn, bodies.SMALL))
        return bodies.answer({"destroyed": await withdraw(self._service, lookup)})

    def _checked(self, sent: CaseIn) -> Submission:
        """Everything that can be checked of a sealed case without a key."""
        try:
            check_id(sent.case)
            unb64(sent.lookup, 32)
            expires = parse_day(sent.expires)
        except CryptoError:
            raise InvalidError("an id or a day that is none") from None
        if not self._service.settings.policy.allows(expires, self._service.today):
            raise InvalidError("a deletion day in the past or beyond the maximum")
        request, for_receipt = bodies.file(sent.request), bodies.file(sent.receipt_grant)
        bodies.check_file(request, Sizes.REQUEST, {2} if sent.shown else {1})
        bodies.check_file(for_receipt, Sizes.RECEIPT_GRANT, {1})
        grants = tuple(NewGrant(grant.member, grant.epoch, bodies.file(grant.file)) for grant in sent.grants)
        for grant in grants:
            bodies.check_file(grant.file, Sizes.GRANT, {1})
        if len({grant.member for grant in grants}) != len(grants):
            raise InvalidError("two grants to one coordinator")
        return Submission(sent.case, sent.lookup, sent.expires, request, sent.shown, for_receipt, grants, "browser")


async def add(service: Service, lookup: str, number: int, file: bytes, *, shown: bool) -> None:
    """The requester's next entry; its case's holders are told that something waits.

    Raises:
        InvalidError: more than a request takes.
        NotFoundError, GoneError, StaleError: the case is gone, or the number is taken.
    """

    if number >= MAX_ENTRIES:
        raise InvalidError("this request takes no more messages")

    def put(tx: Transaction) -> tuple[str, list[str]]:
        found = live(service, tx, lookup)
        cases.add_entry(tx, service.vault, found.where, Sequence.SHARED, number, file, for_requester=shown)
        holders = [one.member for one in cases.grants(tx, found.where)]
        moves.keep_for_activity(tx, service.vault, found, service.settings.policy, service.today)
        notices.mark(tx, holders)
        return found.where.case, holders

    case, holders = await service.write(put)
    service.watchers.tell(holders, case)


async def store(service: Service, tokens: Tokens, token_text: str, new: Submission) -> None:
    """Store a case under its slate; returns once it is durable.

    Raises:
        StaleError: the slate has run out, was used, or a seat has changed.
        TakenError: another request has this id.
        InvalidError: grants to others than the slate's seats.
    """
    token = slate.accept(service, tokens, token_text, new.case)

    def put(tx: Transaction) -> None:
        slate.check_current(service, tx, token, {grant.member: grant.epoch for grant in new.grants})
        try:
            if cases.submit(tx, service.vault, new, service.today):
                slate.spend(service, tx, token)
                notices.mark(tx, {grant.member for grant in new.grants})
        except ConflictError:
            raise TakenError("another request has this id") from None

    await service.write(put)
    service.watchers.tell({grant.member for grant in new.grants}, new.case)


def view(service: Service, tx: Transaction, lookup: str) -> dict[str, object]:
    """What a receipt's holder may fetch, sealed as it is."""
    found = live(service, tx, lookup)
    said = cases.entries(tx, service.vault, found.where, Sequence.SHARED, as_requester=True)
    kept = holds.of(tx, found.where)
    return {
        "hold": {"body": kept.body, "signatures": kept.signatures} if kept and kept.until else None,
        "case": found.where.case,
        "expires": found.where.day,
        "open": found.open,
        "sealed_by": found.sealed_by,
        "receipt_grant": b64(cases.receipt_grant(tx, service.vault, found.where)),
        "entries": [{"number": e.number, "digest": e.digest, "file": b64(e.file) if e.file else None} for e in said],
    }


def live(service: Service, tx: Transaction, lookup: str) -> Case:
    """The live case of a receipt.

    Raises:
        GoneError: it was deleted on its day.
        NotFoundError: unknown or withdrawn; the two cannot be told apart.
    """
    try:
        return cases.find_by_lookup(tx, lookup, service.today)
    except NotThereError:
        day = cases.tombstone(tx, lookup, service.today)
        raise GoneError(day) if day else NotFoundError("no request belongs to this receipt") from None


async def shorten(service: Service, lookup: str, day: str) -> str:
    """Let the case of a receipt go on an earlier day; its leaf of before is punctured.

    Raises:
        InvalidError: no day, one that has come, or one that is not earlier.
    """
    try:
        wanted = parse_day(day)
    except CryptoError:
        raise InvalidError("not a day") from None

    def put(tx: Transaction) -> tuple[str, str, str, list[str]]:
        found = live(service, tx, lookup)
        if not service.today < wanted < dt.date.fromisoformat(found.latest):
            raise InvalidError("a day that has come, or that is not earlier")
        holders = [one.member for one in cases.grants(tx, found.where)]
        where = moves.shorten(tx, service.vault, found, day)
        return found.where.day, where.day, where.case, holders

    before, after, case, holders = await service.write(put)
    if before != after:
        await service.destroy(before)
    service.watchers.tell(holders, case)
    return after


async def withdraw(service: Service, lookup: str) -> bool:
    """Delete the case of a receipt; True once its key is destroyed, False while it is only hidden."""

    def remove(tx: Transaction) -> Case:
        found = live(service, tx, lookup)
        cases.withdraw(tx, found.where)
        return found

    found = await service.write(remove)
    return await service.destroy(found.where.day)


def _lookup(sent: TokenIn) -> str:
    try:
        return receipt.lookup_of(unb64(sent.token, RECEIPT_TOKEN))
    except CryptoError:
        raise InvalidError("not a receipt's token") from None
