"""Handles holds, by which two coordinators keep a closed case until a day. docs/explanation/architecture.md, Expiry policy.

A hold only delays the deletion that follows closing. No hold keeps a case beyond the day that its requester chose.
"""

from starlette.requests import Request
from starlette.responses import Response

from crypto import hold
from crypto.encoding import CaseId, MemberId, Shape
from crypto.entry import Sequence
from crypto.errors import CryptoError
from intake.desk.cases import DeskCases
from intake.desk.routes import DeskRoute, MemberRoute
from intake.errors import InvalidError, StaleError
from intake.service.service import Service
from intake.store.cases import cases, expiry, holds
from intake.store.cases.cases import Case
from intake.store.cases.holds import StoredHold
from intake.store.engines.engine import Transaction
from intake.web import bodies


class HoldIn(Shape, frozen=True):
    """The body of `POST cases/{case}/hold`: the signed text, and the member's own signature."""

    body: str
    signature: str


class Holds:
    """Handlers of the routes for holds."""

    def __init__(self, service: Service, desk: DeskCases) -> None:
        self._service = service
        self._desk = desk

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [
            MemberRoute("POST", "/cases/{case}/hold", self.sign),
            MemberRoute("DELETE", "/cases/{case}/hold", self.end),
        ]

    async def sign(self, request: Request, member: str) -> Response:
        """Propose a hold, or sign a colleague's. The second signature puts the hold in force."""
        case = request.path_params["case"]
        sent = await bodies.read(request, HoldIn, bodies.SMALL)

        def put(tx: Transaction) -> tuple[str, set[str]]:
            access = self._desk.authorized(tx, case, member)
            signed = self._signed(tx, access.case, member, sent)
            holds.put(tx, access.case.location, signed)
            if signed.held_until:
                expiry.keep_while_held(tx, self._service.row_keys, access.case, signed.held_until)
            return signed.held_until, access.holders

        until, holders = await self._service.write(put)
        self._service.case_events.publish(holders, case)
        return bodies.answer({"until": until}, 201)

    async def end(self, request: Request, member: str) -> Response:
        """End a hold. The case then expires as if nobody had signed the hold."""
        case = request.path_params["case"]

        def put(tx: Transaction) -> set[str]:
            access = self._desk.authorized(tx, case, member)
            holds.drop(tx, access.case.location)
            if not access.case.open:
                expiry.close(tx, self._service.row_keys, access.case, self._service.settings.policy, self._service.today)
            return access.holders

        self._service.case_events.publish(await self._service.write(put), case)
        return bodies.answer({"ended": True})

    def _signed(self, tx: Transaction, case: Case, member: str, sent: HoldIn) -> StoredHold:
        before = holds.of(tx, case.location)
        signatures = {**(before.signatures if before and before.body == sent.body else {}), member: sent.signature}
        keys = self._service.keys(tx)
        if any(MemberId(signer) not in keys.members for signer in signatures):
            raise StaleError("a member who signed this hold has left. Nothing was changed. Propose the hold again")
        try:
            terms, in_force = hold.verify(sent.body.encode(), signatures, CaseId(case.location.case), keys.author_key)
        except CryptoError:
            raise InvalidError("the hold does not verify, or belongs to another case. Nothing was changed") from None
        if terms.signed_under is None:
            raise StaleError("the hold names no head of the key list. Nothing was changed. Propose the hold again")
        if not self._service.today.isoformat() < terms.until <= case.latest_expiry:
            raise InvalidError("a hold must end after today, and no later than the requester's day. Nothing was changed")
        shared = cases.entries(tx, self._service.row_keys, case.location, Sequence.SHARED)
        if terms.entry not in {entry.digest for entry in shared}:
            raise InvalidError("the hold's reason is not in the case. Nothing was changed. Add the reason first")
        return StoredHold(sent.body, signatures, terms.until if in_force else holds.PROPOSED)
