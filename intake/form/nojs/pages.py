"""The no-JavaScript pages, where a requester can do everything. The server encrypts in memory, and every page says so.

The pages carry what was typed from step to step. Between two requests the server keeps nothing, and it writes only what is
encrypted.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crypto import case as protocol
from crypto import receipt
from crypto.case import OwnCase
from crypto.digits import in_groups
from crypto.encoding import CaseId, new_id
from crypto.entry import Kind, Sequence
from crypto.errors import DigitsError, SizeError
from crypto.keylist import KeyList
from crypto.receipt import Receipt
from intake.errors import (
    CrowdedError,
    DayChangedError,
    FormChangedError,
    IntakeError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)
from intake.form import deletions, follow_up
from intake.form.nojs import case as nojs_case
from intake.form.nojs import fields as nojs_fields
from intake.form.nojs import rendering
from intake.form.nojs.carried import entered_again, orphans, step_of
from intake.form.nojs.fields import Fields, message_of, text_of
from intake.form.nojs.messages import expiry_in_words, in_words
from intake.form.nojs.return_page import return_page
from intake.form.nojs.sealing import Ready, Sealer
from intake.form.nojs.throttle import Throttle, Ticket, TicketRunner
from intake.service.argon2_pool import Lane
from intake.service.quota import Share
from intake.service.service import Service
from intake.site import form_file
from intake.site.form_file import MAX_TEXT
from intake.site.languages import Language
from intake.site.render import HTML, Site
from intake.store.cases import cases, holds
from intake.store.engines.engine import Transaction
from retention.policy import expiry_day

Handler = Callable[[Request, Language], Awaitable[Response]]


@dataclass
class NoJsPages:
    """Handlers of the routes under `/nojs`."""

    service: Service
    sealer: Sealer
    site: Site
    throttle: Throttle
    source: Callable[[Request], bytes]
    once: TicketRunner = field(default_factory=TicketRunner)

    @property
    def routes(self) -> list[Route]:
        """The routes, relative to `/nojs`."""
        return [
            Route("/{language}/", self._page(self.ask), methods=["GET"]),
            Route("/{language}/", self._page(self.check), methods=["POST"]),
            Route("/{language}/send/", self._page(self.send), methods=["POST"]),
            Route("/{language}/deletions/", self._page(self.deletions), methods=["GET"]),
            Route("/{language}/done/", self._page(self.done), methods=["GET"]),
            Route("/{language}/return/", self._page(self.enter), methods=["GET"]),
            Route("/{language}/return/", self._page(self.returned), methods=["POST"]),
        ]

    async def ask(self, request: Request, language: Language) -> Response:
        """Show the choice of forms, or the only form. Nothing is asked before the form is open."""
        await self.service.read(self.service.keys)
        return self._form(language, {})

    async def check(self, request: Request, language: Language) -> Response:
        """Show what was typed, to check it once more. Show the form instead if an answer is missing or must change."""
        fields = await nojs_fields.read(request)
        form = nojs_fields.form_of(fields, self.site)
        if form is None:
            if not text_of(fields, "form"):
                return self._form(language, fields)
            changed = FormChangedError("the group has changed its form. Nothing was stored. Choose another form")
            return self._form(language, fields, [("", "", in_words(changed, language))], status=changed.status)
        if text_of(fields, "step") == "begin" or "change" in fields or "language" in fields:
            return self._form(language, fields)
        if failures := nojs_fields.failures(fields, form, language):
            return self._form(language, fields, failures, status=400)
        # Make them now, so that sending twice stores one case and shows the same receipt.
        fields |= {"case": [new_id()], "code": [receipt.generate()]}
        nojs_fields.carry_fewer_days(fields, form, self.site)
        return self._check_page(language, fields, form)

    def _check_page(
        self, language: Language, fields: Fields, form: form_file.FormFile, why: str = "", status: int = 200
    ) -> Response:
        left = orphans(fields, form)
        # The page shows these answers, and sends the rest.
        fields = {name: values for name, values in fields.items() if name not in left}
        typed = nojs_fields.typed(fields, form, self.site, language)
        expires = expiry_day(self.service.today, typed.days)
        fields["agreed"] = [expires.isoformat()]  # sending names it, so that nobody agrees to one day and gets another
        deletion = expiry_in_words(expires, language)
        contact = next((question.id for question in form.questions if question.kind is form_file.Kind.CONTACT), "")
        more: dict[str, Any] = {"deletion": deletion, "chosen_form": form, "contact": contact, "why": why, "orphans": left}
        return self._answer(language, "check", status=status, typed=typed, fields=fields, **more)

    async def send(self, request: Request, language: Language) -> Response:
        """Encrypt and store. Show the receipt, or the form again with everything that was typed.

        1. Check what was typed, then the ticket. Both cost nothing.
        2. Answer a page that was sent before with the same receipt. Its ticket is valid for nothing else.
        3. Show the check page again if midnight UTC has changed the deletion day that it showed. Show the form again if it no
           longer asks for an answer that the check page showed.
        4. Only then use the buckets and the queue. A person who is refused there keeps the ticket.
        """
        fields = await nojs_fields.read(request)
        form = nojs_fields.form_of(fields, self.site)
        if form is not None and (failures := nojs_fields.failures(fields, form, language)):
            return self._form(language, fields, failures, status=400)
        try:
            ready, ticket = self.sealer.read(fields, language), self.throttle.check(fields, self.service.seconds)
            expires = await self.once.run(ticket, ready.name, lambda: self._send(ticket, ready, fields, self.source(request)))
        except (CrowdedError, DayChangedError) as error:
            if form is None:
                raise
            return self._check_page(language, fields, form, in_words(error, language), error.status)
        except IntakeError as error:
            why = f"{in_words(error, language)} {language.gettext('What you wrote is still here.')}"
            fields.pop("ticket", None)  # The old ticket may be used up or too old, so the page gets a new one.
            return self._form(language, fields, [("", "", why)], status=error.status)
        keys = await self.service.read(self.service.keys)
        return_link = return_page(self.service.settings, request.headers.get("host", ""), language, keys)
        day = expiry_in_words(expires, language)
        return self._answer(language, "receipt", code=in_groups(ready.code), return_link=return_link, expires=day)

    async def _send(self, ticket: Ticket, ready: Ready, fields: Fields, source: bytes) -> dt.date:
        stored = await self.sealer.stored(ticket, ready)
        if stored is not None:
            return stored
        if orphans(fields, self.site.forms[ready.typed.form]):
            raise FormChangedError("the group has changed its form. Nothing was stored. Ask the requester again")
        self.sealer.check_day(ready)
        if not self.throttle.sending.take(source):
            raise CrowdedError("too many requests are being encrypted. Nothing was stored. Wait a moment and send again")
        return await self.sealer.store(ticket, ready, source)

    async def deletions(self, request: Request, language: Language) -> Response:
        """Show what was deleted, for everyone."""
        report = await self.service.in_thread(lambda: deletions.report(self.service))
        return self._answer(language, "deletions", report=deletions.in_words(report, language.day))

    async def done(self, request: Request, language: Language) -> Response:
        """Show the next page after the receipt was written down."""
        return self._answer(language, "done")

    async def enter(self, request: Request, language: Language) -> Response:
        """Show what these pages reveal to the server, before a digit can be typed."""
        return self._enter(language)

    async def returned(self, request: Request, language: Language) -> Response:
        """Open, answer, correct or delete a case. One form does all, and has the receipt in it each time."""
        fields = await nojs_fields.read(request)
        if "language" in fields:  # the page that asks for a receipt, in another language
            return self._enter(language, status=200, problem="", **entered_again(fields))
        try:
            code = receipt.normalise(text_of(fields, "code"))
        except DigitsError:
            why = language.gettext(
                "These digits are not right: one is wrong or missing. Please compare them with what you wrote down."
            )
            return self._enter(language, status=400, problem=why)
        try:
            keys = await self.service.read(self.service.keys)
            own = await self._stretch(code, keys, self.source(request))
        except (CrowdedError, UnavailableError) as error:
            return self._enter(language, status=error.status, problem=in_words(error, language), **entered_again(fields))
        step = step_of(fields)
        try:
            if step == "withdraw":
                return self._answer(language, "gone", destroyed=await follow_up.withdraw(self.service, own.lookup))
            result = await self._write(fields, own, keys, Kind(step)) if step in ("message", "correction") else ""
            result = await self._shorten(fields, own) if step == "sooner" else result
            opened, case = await self._open(own, keys)
        except NotFoundError:
            why = language.gettext("We found no request for this receipt. It may have been deleted.")
            return self._enter(language, status=404, problem=why)
        sure, draft = step == "ask-withdraw", message_of(fields)
        return self._case(language, code, opened, case, result=result, sure=sure, draft=draft)

    async def _stretch(self, code: str, keys: KeyList, source: bytes) -> Receipt:
        if not self.throttle.returning.take(source):
            raise CrowdedError("too many requests are being opened. Nothing was changed. Wait a moment and try again")
        return await self.service.argon2_pool.run(lambda: receipt.stretch(code, keys.group), Lane.RETURN, source)

    async def _open(self, own: Receipt, keys: KeyList) -> tuple[OwnCase, cases.Case]:
        def stored_case(tx: Transaction) -> tuple[nojs_case.Stored, cases.Case]:
            case = follow_up.live(self.service, tx, own.lookup)
            entries = cases.entries(tx, self.service.row_keys, case.location, Sequence.SHARED, as_requester=True)
            file = cases.receipt_grant(tx, self.service.row_keys, case.location)
            # Record it before anything is opened, because from now on this server could have read what the receipt opens.
            cases.mark_opened_by_server(tx, case.location)
            return nojs_case.Stored(file, entries, holds.of(tx, case.location)), case

        stored, case = await self.service.write(stored_case)
        # Open it outside the transaction, because a long exchange takes a while and every write would wait.
        return await self.service.in_thread(lambda: nojs_case.open_case(CaseId(case.location.case), stored, own, keys)), case

    async def _write(self, fields: Fields, own: Receipt, keys: KeyList, kind: Kind) -> str:
        if not (words := message_of(fields)):
            return "empty"
        if len(words.encode()) > MAX_TEXT:
            return "too-long"
        opened, _ = await self._open(own, keys)
        try:
            day = self.service.today.isoformat()
            new = await asyncio.to_thread(protocol.seal_own_next, opened, own.identity.recipient, kind, words, day)
        except SizeError:
            return "too-long"
        in_full = opened.grant.shown
        await follow_up.add(self.service, own.lookup, new.number, new.file, Share.NOJS, for_requester=in_full)
        return "sent"

    async def _shorten(self, fields: Fields, own: Receipt) -> str:
        try:
            await follow_up.shorten(self.service, own.lookup, text_of(fields, "day"))
        except InvalidError:
            return "not earlier"
        return "sooner"

    def _enter(self, language: Language, *, status: int = 200, problem: str = "", **entered: str) -> Response:
        """Show the page that asks for a receipt, with what was typed before."""
        return _response(rendering.receipt_page(self.site, language, problem, **entered), status)

    def _form(
        self, language: Language, fields: Fields, failures: Iterable[tuple[str, str, str]] = (), *, status: int = 200
    ) -> Response:
        ticket = text_of(fields, "ticket") or self.throttle.ticket(self.service.seconds)
        form = nojs_fields.form_of(fields, self.site)
        if form is not None:
            nojs_fields.carry_fewer_days(fields, form, self.site)
        return _response(rendering.form_page(self.site, language, fields, ticket, failures), status)

    def _case(self, language: Language, code: str, opened: OwnCase, case: cases.Case, **more: Any) -> Response:
        expires = dt.date.fromisoformat(case.location.day)
        late = case.location.day > opened.grant.deletion
        written = {entry.day: language.day(dt.date.fromisoformat(entry.day)) for entry in opened.entries}
        return self._answer(
            language,
            "case",
            "return/",
            status=TooLargeError.status if more["result"] == "too-long" else 200,
            code=code,
            opened=opened,
            case=case,
            expires=expiry_in_words(expires, language),
            late=late,
            sooner=nojs_case.earlier_days(self.service.today, expires),
            written=written,
            hold=nojs_case.hold_of(opened, lambda day: expiry_in_words(day, language)),
            **more,
        )

    def _answer(self, language: Language, template: str, address: str = "", *, status: int = 200, **values: Any) -> Response:
        return _response(rendering.page(self.site, language, template, address, **values), status)

    def _page(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Wrap a handler: pass the language of the address, and turn a refusal into a page that a person can read."""

        async def serve(request: Request) -> Response:
            language = self.site.languages.get(request.path_params["language"])
            if language is None:
                raise NotFoundError("there is no such page")
            try:
                return await handler(request, language)
            except IntakeError as error:
                return self._answer(language, "problem", status=error.status, problem=in_words(error, language))

        return serve


def _response(page: str, status: int) -> Response:
    return Response(page, status, {"cache-control": "no-store"}, HTML)
