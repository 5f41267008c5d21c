"""Holds, by which two coordinators keep a closed case until a day. docs/explanation/architecture.md, Expiry policy.

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
    """Handlers for holds."""

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
            found = self._desk.authorized(tx, case, member)
            signed = self._signed(tx, found.case, member, sent)
            holds.put(tx, found.case.where, signed)
            if signed.until:
                expiry.keep_while_held(tx, self._service.row_keys, found.case, signed.until)
            return signed.until, found.holders

        until, holders = await self._service.write(put)
        self._service.case_events.tell(holders, case)
        return bodies.answer({"until": until}, 201)

    async def end(self, request: Request, member: str) -> Response:
        """End a hold. The case then expires as if it had never had one."""
        case = request.path_params["case"]

        def put(tx: Transaction) -> set[str]:
            found = self._desk.authorized(tx, case, member)
            holds.drop(tx, found.case.where)
            if not found.case.open:
                expiry.close(tx, self._service.row_keys, found.case, self._service.settings.policy, self._service.today)
            return found.holders

        self._service.case_events.tell(await self._service.write(put), case)
        return bodies.answer({"ended": True})

    def _signed(self, tx: Transaction, found: Case, member: str, sent: HoldIn) -> StoredHold:
        before = holds.of(tx, found.where)
        signatures = {**(before.signatures if before and before.body == sent.body else {}), member: sent.signature}
        keys = self._service.keys(tx)
        if any(MemberId(signer) not in keys.members for signer in signatures):
            raise StaleError("one who signed this has left: propose it anew")
        try:
            said, in_force = hold.verify(sent.body.encode(), signatures, CaseId(found.where.case), keys.author_key)
        except CryptoError:
            raise InvalidError("a hold that does not verify, or is another case's") from None
        if said.signed_under is None:
            raise StaleError("a hold of before there were heads: propose it anew")
        if not self._service.today.isoformat() < said.until <= found.latest:
            raise InvalidError("a hold ends after today, and no later than the day that the requester chose")
        shared = cases.entries(tx, self._service.row_keys, found.where, Sequence.SHARED)
        if said.entry not in {one.digest for one in shared}:
            raise InvalidError("a hold whose reason is not in the case")
        return StoredHold(sent.body, signatures, said.until if in_force else holds.PROPOSED)
