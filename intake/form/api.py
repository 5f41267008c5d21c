"""The requester's API: read the key list, take an offer, send a sealed case, and use a receipt."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crypto import receipt, work
from crypto.encoding import CaseId, Shape, Whole, unb64
from crypto.entry import Position, Sequence, digest_of, sizes_of
from crypto.errors import CryptoError
from intake.errors import InvalidError
from intake.form import assignment_offer, follow_up
from intake.form.ingest import Ingest, Paid
from intake.form.load_pricing import PRICE_TOLERANCE, LoadPricing, check_entry_work
from intake.form.published import Published
from intake.form.submission import SubmissionBody
from intake.service.quota import Share
from intake.service.service import Service
from intake.store.engines.engine import Transaction
from intake.web import bodies, parcels
from intake.web.tokens import Tokens

RECEIPT_TOKEN = 32  # bytes


class OfferRequest(Shape, frozen=True):
    """The body of `POST offer`."""

    case: str


class SeatsRequest(Shape, frozen=True):
    """The body of `POST seats`."""

    members: list[str]


class TokenIn(Shape, frozen=True):
    """The body of `POST return` and `POST withdraw`."""

    token: str


class ShortenIn(Shape, frozen=True):
    """The body of `POST shorten`: the new expiry day."""

    token: str
    day: str


class EntryIn(Shape, frozen=True):
    """The body of `POST entries`: the next entry of the shared sequence. `work` pays for it when load pricing asks for work."""

    token: str
    number: Whole
    shown: bool
    file: str
    work: str = ""


class FormApi:
    """Handlers of the routes under `/api/form`."""

    def __init__(self, service: Service, tokens: Tokens, ingest: Ingest, pricing: LoadPricing) -> None:
        self._service = service
        self._tokens = tokens
        self._ingest = ingest
        self._pricing = pricing
        self._published = Published(service)

    @property
    def routes(self) -> list[Route]:
        """The routes, relative to `/api/form`."""
        return [
            Route("/keylist", self.keylist, methods=["GET"]),
            Route("/offer", self.offer, methods=["POST"]),
            Route("/seats", self.seats, methods=["POST"]),
            Route("/cases", self.submit, methods=["POST"]),
            Route("/return", self.give_back, methods=["POST"]),
            Route("/entries", self.write_back, methods=["POST"]),
            Route("/shorten", self.shorten, methods=["POST"]),
            Route("/withdraw", self.withdraw, methods=["POST"]),
        ]

    async def keylist(self, request: Request) -> Response:
        """Return the signed key list and the longest time that the form may offer today."""
        return bodies.encoded((await self._published.state()).keylist)

    async def offer(self, request: Request) -> Response:
        """Return an assignment offer for a new case."""
        wanted = await bodies.read(request, OfferRequest, bodies.SMALL)
        source, offers = self._pricing.source(request), await self._published.offers()
        price = self._pricing.price(source, self._service.quota.filled[Share.REQUESTS])
        return bodies.answer(assignment_offer.offer(self._service, self._tokens, offers, wanted.case, price))

    async def seats(self, request: Request) -> Response:
        """Return the signed statements of the members whom a client has chosen by their tags."""
        wanted = await bodies.read(request, SeatsRequest, bodies.SMALL)
        if not 1 <= len(wanted.members) <= assignment_offer.OFFERED:
            raise InvalidError(f"a client asks for 1 to {assignment_offer.OFFERED} members")
        seats = await self._service.read(lambda tx: assignment_offer.statements(self._service, tx, wanted.members))
        return bodies.answer({"seats": seats})

    async def submit(self, request: Request) -> Response:
        """Store an encrypted case. Answer 201 once it is durable, and again if the client sends the same case again."""
        sent, files = await parcels.read(request, SubmissionBody, bodies.SUBMISSION)
        new = sent.submission(files, self._service.settings.policy)
        await self._ingest.store(sent.offer, new, sent.days, Paid(sent.work, self._pricing.source(request)))
        return bodies.answer({"case": new.case, "expires": new.expires}, 201)

    async def give_back(self, request: Request) -> Response:
        """Return what a receipt's holder may fetch."""
        lookup, source = _lookup(await bodies.read(request, TokenIn, bodies.SMALL)), self._pricing.source(request)

        def view(tx: Transaction) -> dict[str, object]:
            return follow_up.view(self._service, tx, lookup, self._price(tx, source, Share.MESSAGES))

        return parcels.answer(await self._service.read(view))

    async def write_back(self, request: Request) -> Response:
        """Store the requester's next message or correction."""
        sent = await bodies.read(request, EntryIn, bodies.ENTRY)
        lookup, file = _lookup(TokenIn(token=sent.token)), bodies.file(sent.file)
        if sent.number < 1:
            raise InvalidError("entry 0 is the request itself. Nothing was stored")
        bodies.check_file(file, sizes_of(Position(CaseId(""), Sequence.SHARED, sent.number)), {2} if sent.shown else {1})
        source = self._pricing.source(request)
        price = self._pricing.price(source, self._service.quota.filled[Share.MESSAGES]) // PRICE_TOLERANCE
        if price:
            paid_for = work.for_entry(lookup, sent.number, digest_of(file))
            await asyncio.to_thread(check_entry_work, paid_for, sent.work, work.cost(price, len(file)))
        with self._pricing.waits.measured():
            await follow_up.add(self._service, lookup, sent.number, file, Share.MESSAGES, for_requester=sent.shown)
        self._pricing.count(source, len(file))
        return bodies.answer({"number": sent.number}, 201)

    async def shorten(self, request: Request) -> Response:
        """Move a case's expiry to an earlier day and return that day."""
        sent = await bodies.read(request, ShortenIn, bodies.SMALL)
        return bodies.answer({"expires": await follow_up.shorten(self._service, _lookup(TokenIn(token=sent.token)), sent.day)})

    async def withdraw(self, request: Request) -> Response:
        """Delete a case at once and destroy its key. The answer says whether the key is destroyed yet."""
        lookup = _lookup(await bodies.read(request, TokenIn, bodies.SMALL))
        return bodies.answer({"destroyed": await follow_up.withdraw(self._service, lookup)})

    def _price(self, tx: Transaction, source: bytes, share: Share) -> int:
        fullness = self._service.quota.fullness(tx, self._service.today.isoformat(), share)
        return self._pricing.price(source, fullness)


def _lookup(sent: TokenIn) -> str:
    try:
        return receipt.lookup_of(unb64(sent.token, RECEIPT_TOKEN))
    except CryptoError:
        raise InvalidError("the receipt's token is malformed. Nothing was changed") from None
