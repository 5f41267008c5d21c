"""Check members' snapshots against the server's own state and publish them. docs/reference/format.md, Snapshot."""

import datetime as dt

from starlette.requests import Request
from starlette.responses import Response

from crypto import names, snapshot, statement
from crypto.errors import CryptoError
from crypto.signing import Signed
from crypto.snapshot import Snapshot
from crypto.statement import Statement
from intake.desk.routes import DeskRoute, MemberRoute
from intake.errors import InvalidError, StaleError
from intake.service.service import Service
from intake.store.cases import listing
from intake.store.engines.engine import Transaction
from intake.store.json_text import flat
from intake.store.members import members, snapshots
from intake.web import bodies

MAX_BYTES = 64 * 1024  # of a body: a hash of 43 characters and an id of 22 for each member


class Snapshots:
    """Handlers for snapshots."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [MemberRoute("PUT", "/snapshot", self.put), MemberRoute("GET", "/held", self.held)]

    async def held(self, request: Request, member: str) -> Response:
        """Return the cases that the member holds: id, digest of the request, expiry day."""
        found = await self._service.read(lambda tx: listing.held(tx, member, self._service.today))
        return bodies.answer({"held": found})

    async def put(self, request: Request, member: str) -> Response:
        """Store the member's snapshot of the current state as the group's newest."""
        sent = await bodies.read(request, Signed, MAX_BYTES)
        taken = await self._service.write(lambda tx: accept(self._service, tx, member, sent))
        return bodies.answer({"version": taken.version})


def accept(service: Service, tx: Transaction, member: str, signed: Signed) -> Snapshot:
    """Store a member's snapshot, if it agrees with the store.

    Raises:
        InvalidError: The snapshot does not verify, is another member's, or its day differs from the server's by more than one.
        StaleError: the key list, a statement, the names or the newest snapshot have changed meanwhile.
    """
    keys = service.keys(tx)
    try:
        found = snapshot.read(signed, keys)
    except CryptoError:
        raise InvalidError("a snapshot that does not verify") from None
    if found.member != member:
        raise InvalidError("a snapshot by someone else")
    if abs(found.day - service.today) > dt.timedelta(days=snapshot.CLOCK_DAYS):
        raise InvalidError("a snapshot of another day: this machine's clock and yours differ")
    number, digest = present_names(tx)
    named = (found.head, found.statements, found.names, found.names_digest)
    if named != (keys.head, present_statements(service, tx), number, digest):
        raise StaleError("the group has changed meanwhile")
    snapshots.add(tx, found, keys.pending.body.number if keys.pending else None)
    return found


def checked_statement(service: Service, tx: Transaction, member: str, signed: Signed) -> Statement:
    """Return a statement that may replace the member's current one.

    No client names a statement that begins before one it has named already. If the server made such a statement current, it
    could accept no colleague's snapshot, and nobody else could sign in.

    Raises:
        InvalidError: The statement does not verify, is another member's, or begins before the one that it replaces.
    """
    try:
        valid = statement.check(signed, service.keys(tx), service.today)
    except CryptoError:
        raise InvalidError("a statement that does not verify") from None
    if valid.member != member:
        raise InvalidError("a statement by someone else")
    current = [Signed(**flat(seat.statement, "a statement")) for seat in members.seats(tx) if seat.member == member]
    if any(valid.first < statement.first_day(one) for one in current):
        raise InvalidError("a statement that begins before the one that it replaces")
    return valid


def present_statements(service: Service, tx: Transaction) -> dict[str, str]:
    """Return the hash of each current statement of an active member that is valid today."""
    keys = service.keys(tx)
    found = {}
    for seat in members.seats(tx):
        signed = Signed(**flat(seat.statement, "a statement"))
        try:
            statement.check(signed, keys, service.today)
        except CryptoError:
            continue  # overdue, or of someone who waits to be enrolled
        found[seat.member] = statement.hash_of(signed)
    return found


def present_names(tx: Transaction) -> tuple[int, str | None]:
    """The number and digest of the stored names file; 0 and None without one."""
    named = members.names(tx)
    return (named[0], names.digest_of(named[1])) if named else (0, None)
