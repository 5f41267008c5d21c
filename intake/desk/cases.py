"""The desk's API for cases. A case that the member may not open gets the same answer as one that does not exist."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from crypto.encoding import Shape, Whole
from crypto.entry import Sequence
from crypto.parcel import File
from crypto.recovery import RECOVERY
from crypto.sheet import Sizes
from intake.desk.group.recovery import may_recover
from intake.desk.routes import DeskRoute, MemberRoute
from intake.errors import CaseFullError, InvalidError, NotFoundError, StaleError
from intake.service import operator_log
from intake.service.operator_log import Event
from intake.service.service import Service
from intake.store.cases import cases, drafts, expiry, holds, listing
from intake.store.cases.cases import Case, NewGrant, StoredGrant
from intake.store.engines.engine import Transaction
from intake.store.errors import NotThereError
from intake.store.members import members, notices, recovery
from intake.web import bodies, parcels

MAX_GRANTS = 32
MAX_ENTRIES = 2_000  # entries in each sequence of a case. A requester can add only to the first 300
PAGE = 200  # cases in a page, of 12 KB each once opened, 30 KB before, and 8 KB more with a message
NEWEST_OF_ONE = 8  # shared entries in the row of a single case, because new keys and holds may follow a message


class EntryIn(Shape, frozen=True):
    """The body of `POST cases/{case}/entries`."""

    sequence: Sequence
    number: Whole
    file: str


class GrantBody(Shape, frozen=True):
    """A grant in the body of `PUT cases/{case}/grants`."""

    member: str
    epoch: str
    file: str


class GrantsIn(Shape, frozen=True):
    """The body of `PUT cases/{case}/grants`: the case's new grants, and the version that they replace."""

    version: Whole
    grants: list[GrantBody]


class DraftIn(Shape, frozen=True):
    """The body of `PUT cases/{case}/draft`: the member's text, encrypted to a key that only they have."""

    file: str


@dataclass(frozen=True, slots=True)
class CaseWithGrants:
    """A case that the asking member may open, and its grants."""

    case: Case
    grants: list[StoredGrant]

    @property
    def holders(self) -> set[str]:
        """The ids of the members who hold a grant, and `RECOVERY` if the recovery key has one."""
        return {grant.member for grant in self.grants}


class DeskCases:
    """Handlers of the routes for cases."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [
            MemberRoute("GET", "/cases", self.listing),
            MemberRoute("GET", "/cases/{case}", self.show),
            MemberRoute("POST", "/cases/{case}/entries", self.add_entry),
            MemberRoute("PUT", "/cases/{case}/grants", self.replace_grants),
            MemberRoute("POST", "/cases/{case}/close", self.close),
            MemberRoute("POST", "/cases/{case}/reopen", self.reopen),
            MemberRoute("PUT", "/cases/{case}/draft", self.put_draft),
            MemberRoute("DELETE", "/cases/{case}/draft", self.drop_draft),
        ]

    async def listing(self, request: Request, member: str) -> Response:
        """Return a page of the member's cases. Each has clear columns, grant, newest desk entry or request, and messages."""
        day, _, case = request.query_params.get("after", "").partition("~")
        size = request.query_params.get("size", str(PAGE))
        if not (size.isascii() and size.isdigit() and 1 <= int(size) <= PAGE):
            raise InvalidError(f"a page has 1 to {PAGE} cases")
        after, only = (day, case) if case else None, request.query_params.get("case")
        return parcels.answer(await self._service.read(lambda tx: self._listing(tx, member, after, int(size), only)))

    async def show(self, request: Request, member: str) -> Response:
        """Return one case, still encrypted."""
        case = request.path_params["case"]
        return parcels.answer(await self._service.read(lambda tx: self._show(tx, case, member)))

    async def add_entry(self, request: Request, member: str) -> Response:
        """Add the next entry to a sequence."""
        case = request.path_params["case"]
        sent = await bodies.read(request, EntryIn, bodies.ENTRY)
        file = bodies.file(sent.file)
        shared = sent.sequence is Sequence.SHARED
        if sent.number < (1 if shared else 0):
            raise InvalidError("the entry's number is out of range. Nothing was stored")
        if sent.number >= MAX_ENTRIES:
            raise CaseFullError("this case takes no more entries. Nothing was stored")
        bodies.check_file(file, Sizes.ENTRY, {2} if shared else {1})

        def put(tx: Transaction) -> set[str]:
            access = self.authorized(tx, case, member)
            leaf, row_keys = access.case.location, self._service.row_keys
            if cases.add_entry(tx, row_keys, leaf, sent.sequence, sent.number, file, for_requester=shared):
                self._service.count_for_desk(tx, member, len(file))
            return access.holders

        self._service.case_events.publish(await self._service.write(put), case)
        return bodies.answer({"number": sent.number}, 201)

    async def replace_grants(self, request: Request, member: str) -> Response:
        """Replace all grants of a case. Clients do this to share, to hand over and to add the desk key.

        A request that is sent twice gets the same answer twice, and is stored once.
        """
        case = request.path_params["case"]
        sent = await bodies.read(request, GrantsIn, bodies.ENTRY)
        new = [NewGrant(grant.member, grant.epoch, bodies.file(grant.file)) for grant in sent.grants]
        if not 1 <= len(new) <= MAX_GRANTS or len({grant.member for grant in new}) != len(new):
            raise InvalidError(f"a case has 1 to {MAX_GRANTS} grants, one for each member. Nothing was stored")
        for grant in new:
            bodies.check_file(grant.file, Sizes.GRANT, {1})

        def put(tx: Transaction) -> set[str]:
            access = self.authorized(tx, case, member)
            if cases.are_replaced(tx, self._service.row_keys, access.case, sent.version, new):
                return set()
            self._check_grants(tx, new)
            cases.replace_grants(tx, self._service.row_keys, access.case.location, sent.version, new)
            drafts.keep_only(tx, access.case.location, {grant.member for grant in new})
            self._service.count_for_desk(tx, member, sum(len(grant.file) for grant in new))
            notices.mark(tx, {grant.member for grant in new} - access.holders - {member})
            return access.holders | {grant.member for grant in new}

        self._service.case_events.publish(await self._service.write(put), case)
        return bodies.answer({"version": sent.version + 1})

    async def close(self, request: Request, member: str) -> Response:
        """Close a case. The case expires some days later, or at the end of its hold, but never later than before."""
        case = request.path_params["case"]

        def put(tx: Transaction) -> tuple[str, set[str]]:
            access = self.authorized(tx, case, member)
            rules, today = self._service.settings.policy, self._service.today
            return expiry.close(tx, self._service.row_keys, access.case, rules, today).day, access.holders

        day, holders = await self._service.write(put)
        self._service.case_events.publish(holders, case)
        return bodies.answer({"expires": day})

    async def reopen(self, request: Request, member: str) -> Response:
        """Open a closed case again. The case expires some days later, but never after the day that its requester chose."""
        case = request.path_params["case"]

        def put(tx: Transaction) -> tuple[str, set[str]]:
            access = self.authorized(tx, case, member)
            rules, today = self._service.settings.policy, self._service.today
            return expiry.reopen(tx, self._service.row_keys, access.case, rules, today).day, access.holders

        day, holders = await self._service.write(put)
        self._service.case_events.publish(holders, case)
        return bodies.answer({"expires": day})

    async def put_draft(self, request: Request, member: str) -> Response:
        """Store a member's draft in a case, in place of the previous one. Nobody else can fetch or open it."""
        case = request.path_params["case"]
        sent = await bodies.read(request, DraftIn, bodies.ENTRY)
        file = bodies.file(sent.file)
        bodies.check_file(file, Sizes.ENTRY, {1})

        def put(tx: Transaction) -> None:
            access = self.authorized(tx, case, member)
            grown = drafts.put(tx, self._service.row_keys, access.case.location, member, file)
            self._service.count_for_desk(tx, member, grown)

        await self._service.write(put)
        return bodies.answer({"stored": True})

    async def drop_draft(self, request: Request, member: str) -> Response:
        """Delete a member's draft in a case."""
        case = request.path_params["case"]
        await self._service.write(lambda tx: drafts.drop(tx, self.authorized(tx, case, member).case.location, member))
        return bodies.answer({"deleted": True})

    def authorized(self, tx: Transaction, case: str, member: str) -> CaseWithGrants:
        """Return a case that this member may open, with its grants.

        Raises:
            NotFoundError: The case does not exist, or the member may not open it. The answer is the same for both.
        """
        try:
            row = cases.find(tx, case, self._service.today)
        except NotThereError:
            raise NotFoundError("you have no case with this id") from None
        opened = CaseWithGrants(row, cases.grants(tx, row.location))
        holders = opened.holders
        if member not in holders and not may_recover(self._service.keys(tx), self._service.today, member, holders):
            raise NotFoundError("you have no case with this id")
        return opened

    def _check_grants(self, tx: Transaction, new: list[NewGrant]) -> None:
        now = {seat.member: seat.epoch for seat in members.seats(tx)}
        active = self._service.keys(tx).members
        deal = recovery.current(tx)
        if deal:
            now[RECOVERY] = deal.id
        if {grant.member for grant in new} <= {RECOVERY} or (deal is not None) != any(
            grant.member == RECOVERY for grant in new
        ):
            raise StaleError("the case needs a coordinator, and the group's recovery key if there is one. Nothing was stored")
        if any(
            (grant.member not in active and grant.member != RECOVERY) or now.get(grant.member) != grant.epoch for grant in new
        ):
            raise StaleError("a colleague has left or has a new key. Nothing was stored. Fetch the group and encrypt again")

    def _listing(
        self, tx: Transaction, member: str, after: tuple[str, str] | None, size: int, only: str | None
    ) -> dict[str, object]:
        newest = NEWEST_OF_ONE if only else 1
        page = listing.page(tx, self._service.row_keys, member, self._service.today, after, size, only, newest)
        rows = [
            {
                **_clear(row.case),
                "epoch": row.epoch,
                "grant": File(row.grant),
                "holders": [{"member": holder, "epoch": epoch} for holder, epoch in row.holders.items()],
                "sequence": row.sequence,
                "number": row.number,
                "entry": File(row.entry),
                "shared": [{"number": number, "file": File(file)} for number, file in row.shared],
            }
            for row in page.rows
        ]
        for error in page.unreadable:
            operator_log.log(Event.UNAVAILABLE, error)
        total = listing.total(tx, member, self._service.today)
        return {
            "head": self._service.keys(tx).head,
            "cases": rows,
            "unreadable": len(page.unreadable),
            "total": total,
            "after": "~".join(page.after or ()),
        }

    def _show(self, tx: Transaction, case_id: str, member: str) -> dict[str, object]:
        access = self.authorized(tx, case_id, member)
        case, row_keys = access.case, self._service.row_keys
        # A member who recovers a colleague's case has no grant of their own. They open the recovery key's grant.
        grantee = member if member in access.holders else RECOVERY
        epoch, file = cases.grant_of(tx, row_keys, case.location, grantee)
        entries = {
            sequence.value: [
                {"number": entry.number, "digest": entry.digest, "file": File(entry.file or b"")}
                for entry in cases.entries(tx, row_keys, case.location, sequence)
            ]
            for sequence in Sequence
        }
        hold = holds.of(tx, case.location)
        return {
            **_clear(case),
            "latest_expiry": case.latest_expiry,
            "draft": File(drafts.of_member(tx, row_keys, case.location, member)),
            "hold": {"body": hold.body, "signatures": hold.signatures} if hold else None,
            "grantee": grantee,
            "epoch": epoch,
            "head": self._service.keys(tx).head,
            "grant": File(file),
            "holders": [{"member": grant.member, "epoch": grant.epoch} for grant in access.grants],
            **entries,
        }


def _clear(case: Case) -> dict[str, object]:
    return {
        "case": case.location.case,
        "expires": case.location.day,
        "open": case.open,
        "opened": case.opened,
        "sealed_by": case.sealed_by,
        "version": case.version,
    }
