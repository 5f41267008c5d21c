"""The coordinators' API for cases. A case of which the asker holds no grant is answered as one that does not exist."""

import datetime as dt

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crypto.encoding import Shape, b64
from crypto.entry import Sequence
from crypto.errors import CryptoError
from crypto.sheet import Sizes
from intake.desk.sessions import Sessions
from intake.errors import InvalidError, NotFoundError, StaleError
from intake.server.web import bodies
from intake.service import Service
from intake.store import cases, people
from intake.store.cases import Case, NewGrant
from intake.store.engine import Transaction
from intake.store.errors import NotThereError
from retention.errors import RetentionError

MAX_GRANTS = 32


class EntryIn(Shape, frozen=True):
    """`POST cases/{case}/entries`."""

    sequence: Sequence
    number: int
    file: str


class GrantIn(Shape, frozen=True):
    """One grant of a whole set."""

    member: str
    epoch: str
    file: str


class GrantsIn(Shape, frozen=True):
    """`PUT cases/{case}/grants`: all grants from now on, and the version that they replace."""

    version: int
    grants: list[GrantIn]


class DeskCases:
    """Handlers over one service."""

    def __init__(self, service: Service, sessions: Sessions) -> None:
        self._service = service
        self._sessions = sessions

    @property
    def routes(self) -> list[Route]:
        """Under `/api/desk`."""
        return [
            Route("/cases", self.listing, methods=["GET"]),
            Route("/cases/{case}", self.show, methods=["GET"]),
            Route("/cases/{case}/entries", self.add_entry, methods=["POST"]),
            Route("/cases/{case}/grants", self.replace_grants, methods=["PUT"]),
            Route("/cases/{case}/close", self.close, methods=["POST"]),
        ]

    async def listing(self, request: Request) -> Response:
        """Each case of the asker's: its clear columns, their grant. Entries are asked for case by case."""
        member = await self._sessions.member(request)
        return bodies.answer(await self._service.read(lambda tx: self._listing(tx, member)))

    async def show(self, request: Request) -> Response:
        """One case whole, sealed as it is."""
        member, case = await self._sessions.member(request), request.path_params["case"]
        return bodies.answer(await self._service.read(lambda tx: self._show(tx, case, member)))

    async def add_entry(self, request: Request) -> Response:
        """The next entry of a sequence."""
        member, case = await self._sessions.member(request), request.path_params["case"]
        sent = await bodies.read(request, EntryIn, bodies.ENTRY)
        file = bodies.file(sent.file)
        shared = sent.sequence is Sequence.SHARED
        if sent.number < (1 if shared else 0):
            raise InvalidError("not a number that a desk can write")
        bodies.check_file(file, Sizes.ENTRY, {2} if shared else {1})

        def put(tx: Transaction) -> None:
            found = self._mine(tx, case, member)
            cases.add_entry(tx, self._service.vault, found.where, sent.sequence, sent.number, file, for_requester=shared)

        await self._service.write(put)
        return bodies.answer({"number": sent.number}, 201)

    async def replace_grants(self, request: Request) -> Response:
        """Hand over, share, or take the first look: a whole new set of grants, to members' current epoch keys."""
        member, case = await self._sessions.member(request), request.path_params["case"]
        sent = await bodies.read(request, GrantsIn, bodies.ENTRY)
        new = [NewGrant(one.member, one.epoch, bodies.file(one.file)) for one in sent.grants]
        if not 1 <= len(new) <= MAX_GRANTS or len({one.member for one in new}) != len(new):
            raise InvalidError("a case has one to 32 grants, one for each member")
        for one in new:
            bodies.check_file(one.file, Sizes.GRANT, {1})

        def put(tx: Transaction) -> None:
            found = self._mine(tx, case, member)
            now = {seat.member: seat.epoch for seat in people.seats(tx)}
            active = self._service.keys(tx).members
            if any(one.member not in active or now.get(one.member) != one.epoch for one in new):
                raise StaleError("a colleague's key has changed, or they have left")
            cases.replace_grants(tx, self._service.vault, found.where, sent.version, new)

        await self._service.write(put)
        return bodies.answer({"version": sent.version + 1})

    async def close(self, request: Request) -> Response:
        """Close: the case goes on its day after closing, never later than it would have."""
        member, case = await self._sessions.member(request), request.path_params["case"]

        def put(tx: Transaction) -> str:
            found = self._mine(tx, case, member)
            rules = self._service.settings.policy
            day = rules.after_closing(dt.date.fromisoformat(found.where.day), self._service.today)
            return cases.close(tx, self._service.vault, found.where, day.isoformat()).day

        return bodies.answer({"expires": await self._service.write(put)})

    def _mine(self, tx: Transaction, case: str, member: str) -> Case:
        try:
            found = cases.find(tx, case, self._service.today)
        except NotThereError:
            raise NotFoundError("there is no such case here") from None
        if member not in {grant.member for grant in cases.grants(tx, found.where)}:
            raise NotFoundError("there is no such case here")
        return found

    def _listing(self, tx: Transaction, member: str) -> dict[str, object]:
        rows, unreadable = [], 0
        for found in cases.held_by(tx, member, self._service.today):
            try:
                epoch, file = cases.grant_of(tx, self._service.vault, found.where, member)
            except (RetentionError, CryptoError):
                unreadable += 1  # a damaged lock key of one day must not hide the cases of all others
                continue
            rows.append({**_clear(found), "epoch": epoch, "grant": b64(file)})
        return {"cases": rows, "unreadable": unreadable}

    def _show(self, tx: Transaction, case: str, member: str) -> dict[str, object]:
        found = self._mine(tx, case, member)
        epoch, file = cases.grant_of(tx, self._service.vault, found.where, member)
        said = {
            which.value: [
                {"number": one.number, "digest": one.digest, "file": b64(one.file or b"")}
                for one in cases.entries(tx, self._service.vault, found.where, which)
            ]
            for which in Sequence
        }
        holders = [{"member": one.member, "epoch": one.epoch} for one in cases.grants(tx, found.where)]
        return {**_clear(found), "epoch": epoch, "grant": b64(file), "holders": holders, **said}


def _clear(found: Case) -> dict[str, object]:
    return {
        "case": found.where.case,
        "expires": found.where.day,
        "open": found.open,
        "opened": found.opened,
        "sealed_by": found.sealed_by,
        "version": found.version,
    }
