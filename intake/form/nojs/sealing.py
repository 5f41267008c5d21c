"""Take an offer, encrypt and store for a requester without JavaScript, as `client/src/form/submit.ts` does in a browser."""

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

from crypto import receipt, statement
from crypto.age import Recipient
from crypto.encoding import CaseId, b64, check_id, netstrings
from crypto.errors import CryptoError, SizeError
from crypto.receipt import Receipt
from crypto.signing import Signed
from intake.errors import DayChangedError, InvalidError, StaleError, TakenError, TooLargeError
from intake.form import assignment_offer, follow_up
from intake.form.ingest import Ingest
from intake.form.nojs import case as nojs_case
from intake.form.nojs import fields as nojs_fields
from intake.form.nojs.fields import Fields, text_of
from intake.form.nojs.throttle import Ticket
from intake.service.argon2_pool import Lane
from intake.service.service import Service
from intake.site import form_file
from intake.site.languages import Language
from intake.site.render import Site
from intake.store.cases import cases, used_tokens
from intake.store.engines.engine import Transaction
from intake.web.tokens import Tokens
from retention.policy import expiry_day

ROUNDS = 3  # offers taken before giving up


@dataclass(frozen=True)
class Ready:
    """A page that is ready to be encrypted. `repr` shows no value, so that no traceback contains it.

    `expires` is the expiry day that the person agreed to on the check page.
    """

    typed: nojs_case.Typed = field(repr=False)
    expires: dt.date
    case: CaseId = field(repr=False)
    code: str = field(repr=False)

    @property
    def name(self) -> str:
        """A hash that identifies the page among those with its ticket. A queue keeps it instead of the receipt's digits."""
        return b64(sha256(netstrings(self.case.encode(), self.code.encode())).digest())


class Sealer:
    """Encrypts and stores pages, over one service and the site's forms."""

    def __init__(self, service: Service, tokens: Tokens, ingest: Ingest, site: Site) -> None:
        self._service = service
        self._tokens = tokens
        self._ingest = ingest
        self._site = site

    def read(self, fields: Fields, language: Language) -> Ready:
        """Return what was typed, with the page's case and receipt. This computes and looks up nothing.

        Raises:
            InvalidError: The page was altered on its way.
        """
        form = nojs_fields.form_of(fields, self._site)
        if form is None or nojs_fields.failures(fields, form, language):
            raise InvalidError("the page was altered on its way. Nothing was stored. Load it again")
        typed = nojs_fields.typed(fields, form, self._site, language)
        try:
            # A page of an earlier version names no day.
            agreed = nojs_fields.agreed_day(fields) or expiry_day(self._service.today, typed.days)
            return Ready(typed, agreed, CaseId(check_id(text_of(fields, "case"))), receipt.normalise(text_of(fields, "code")))
        except CryptoError:
            raise InvalidError("the page was altered on its way. Nothing was stored. Load it again") from None

    def check_day(self, ready: Ready) -> None:
        """Check that the person agreed to the expiry day that their number of days gives today.

        Raises:
            DayChangedError: The check page was shown on an earlier day.
        """
        if ready.expires != expiry_day(self._service.today, ready.typed.days):
            raise DayChangedError("the deletion day is another one today. Nothing was stored. Ask the requester again")

    async def stored(self, ticket: Ticket, ready: Ready) -> dt.date | None:
        """Return the expiry day of the case that this page was sent for before, or None if its ticket is unused.

        Raises:
            StaleError: The ticket was used for something else.
            NotFoundError: The case was withdrawn or deleted since.
        """

        def earlier_expiry(tx: Transaction) -> dt.date | None:
            sent = f"{ticket.name} {ready.name}"
            used = used_tokens.used(tx, [ticket.name, sent])
            if not used:
                return None
            if sent not in used:
                raise StaleError("this page was already sent. Nothing was stored again")
            return dt.date.fromisoformat(cases.find(tx, ready.case, self._service.today).location.day)

        return await self._service.read(earlier_expiry)

    async def store(self, ticket: Ticket, ready: Ready, source: bytes) -> dt.date:
        """Encrypt what was typed, store it, and return its expiry day. This uses up the ticket.

        Raises:
            CrowdedError: Too many requests wait. Nothing was computed.
            DayChangedError: Midnight UTC has passed since the check page. It was not stored.
            TooLargeError, TakenError, StaleError, FullError, UnavailableError: It was not stored.
        """
        keys = await self._service.read(self._service.keys)
        stretch = partial(receipt.stretch, ready.code, keys.group)
        opened = await self._service.argon2_pool.run(stretch, Lane.SEND, source)
        day = await self._store(ready, opened)
        used = [ticket.name, f"{ticket.name} {ready.name}"]
        await self._service.write(lambda tx: used_tokens.redeem_all(tx, used, self._service.today))
        return day

    async def _store(self, ready: Ready, opened: Receipt) -> dt.date:
        for attempt in range(ROUNDS):
            try:
                return await self._store_once(ready, opened)
            except TakenError:
                # The page was sent twice. The receipt shows whether it is the same request.
                case = await self._service.read(lambda tx: follow_up.live(self._service, tx, opened.lookup))
                if case.location.case != ready.case:
                    raise
                return dt.date.fromisoformat(case.location.day)
            except DayChangedError:
                raise
            except StaleError:
                if attempt == ROUNDS - 1:
                    raise
        raise AssertionError

    async def _store_once(self, ready: Ready, opened: Receipt) -> dt.date:
        typed, case = ready.typed, ready.case
        token, seats = await self._service.read(lambda tx: self._seats(tx, case, typed))
        try:
            new = await asyncio.to_thread(nojs_case.seal, typed, case, opened, seats, self._service.today, ready.expires)
        except SizeError:
            raise TooLargeError("the request is too large. Nothing was stored. Shorten it") from None
        await self._ingest.store(token, new, typed.days)
        return dt.date.fromisoformat(new.expires)

    def _seats(self, tx: Transaction, case: CaseId, typed: nojs_case.Typed) -> tuple[str, nojs_case.Seats]:
        offers, keys = assignment_offer.basis(self._service, tx), self._service.keys(tx)
        offered = assignment_offer.offer(self._service, self._tokens, offers, case)
        taken = offered.seats[: offered.assigned]
        if offered.all:
            kinds = next((answer.values for answer in typed.answers if answer.question == form_file.ROUTING), [])
            taken = assignment_offer.statements(self._service, tx, assignment_offer.chosen(offered, typed.language, kinds))
        signed = [Signed(body=seat.body, signature=seat.signature) for seat in taken]
        newest = self._service.verified.snapshot(tx, keys, self._service.today)
        assert newest is not None  # `basis` has just used it to find assignees
        members = [statement.verify(statement_, keys, self._service.today, newest) for statement_ in signed]
        return offered.token, nojs_case.Seats(members, Recipient.parse(offered.recovery) if offered.recovery else None)
