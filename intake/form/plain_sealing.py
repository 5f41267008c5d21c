"""The plain path's own requester: takes a slate, seals, stores, in memory; in a browser `intake/client/src/submit.ts` does."""

import datetime as dt

from crypto import receipt, statement
from crypto.age import Recipient
from crypto.encoding import CaseId, check_id
from crypto.errors import CryptoError, SizeError
from crypto.receipt import Receipt
from crypto.signing import Signed
from intake.errors import InvalidError, StaleError, TakenError, TooLargeError
from intake.form import comeback, plain_case, plain_fields, slate
from intake.form.arrivals import Arrivals
from intake.form.plain_fields import Fields, one
from intake.server.web.tokens import Tokens
from intake.service import Service
from intake.site import form_file
from intake.site.languages import Language
from intake.site.render import Site
from intake.store.engine import Transaction
from intake.stretching import Lane

ROUNDS = 3  # slates taken before giving up


class Sealer:
    """Over one service and the site's forms."""

    def __init__(self, service: Service, tokens: Tokens, arrivals: Arrivals, site: Site) -> None:
        self._service = service
        self._tokens = tokens
        self._arrivals = arrivals
        self._site = site

    async def store(self, fields: Fields, language: Language) -> dt.date:
        """Seal what was typed and store it; the day it goes. The same again is stored once.

        Raises:
            InvalidError, TooLargeError, TakenError, StaleError, FullError, UnavailableError: it was not stored.
        """
        form = plain_fields.form_of(fields, self._site)
        if form is None:
            raise InvalidError("a page that was changed on the way")
        typed = plain_fields.typed(fields, form, self._site, language)
        try:
            case, code = CaseId(check_id(one(fields, "case"))), receipt.normalise(one(fields, "code"))
        except CryptoError:
            raise InvalidError("a page that was changed on the way") from None
        keys = await self._service.read(self._service.keys)
        opened = await self._service.stretching.run(lambda: receipt.stretch(code, keys.group), Lane.SEND)
        for attempt in range(ROUNDS):
            try:
                return await self._store_once(typed, case, opened)
            except TakenError:
                # Sent twice: the receipt shows whether it is this very request.
                found = await self._service.read(lambda tx: comeback.live(self._service, tx, opened.lookup))
                if found.where.case != case:
                    raise
                return dt.date.fromisoformat(found.where.day)
            except StaleError:
                if attempt == ROUNDS - 1:
                    raise
        raise AssertionError

    async def _store_once(self, typed: plain_case.Typed, case: CaseId, opened: Receipt) -> dt.date:
        token, seats = await self._service.read(lambda tx: self._seats(tx, case, typed))
        try:
            new = plain_case.seal(typed, case, opened, seats, self._service.today)
        except SizeError:
            raise TooLargeError("more than fits") from None
        await self._arrivals.store(token, new)
        return dt.date.fromisoformat(new.expires)

    def _seats(self, tx: Transaction, case: CaseId, typed: plain_case.Typed) -> tuple[str, plain_case.Seats]:
        offered, keys = slate.offer(self._service, self._tokens, tx, case), self._service.keys(tx)
        taken = offered.seats[: offered.assigned]
        if offered.all:
            kinds = next((answer.values for answer in typed.answers if answer.question == form_file.ROUTING), [])
            taken = slate.statements(self._service, tx, slate.chosen(offered, typed.language, kinds))
        signed = [Signed(body=seat.body, signature=seat.signature) for seat in taken]
        newest = self._service.known.snapshot(tx, keys, self._service.today)
        assert newest is not None  # `offer` has just found seats by it
        members = [statement.verify(one, keys, self._service.today, newest) for one in signed]
        return offered.token, plain_case.Seats(members, Recipient.parse(offered.recovery) if offered.recovery else None)
