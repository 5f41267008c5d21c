"""Checks members' snapshots against the server's own state, and publishes them. docs/reference/format.md, Snapshot."""

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

MAX_BYTES = 64 * 1024  # bytes of a body, with a hash of 43 characters and an id of 22 for each member


class Snapshots:
    """Handlers of the routes for snapshots."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [MemberRoute("PUT", "/snapshot", self.put), MemberRoute("GET", "/held", self.held)]

    async def held(self, request: Request, member: str) -> Response:
        """Return the id, request digest and expiry day of each case that the member holds."""
        cases = await self._service.read(lambda tx: listing.held(tx, member, self._service.today))
        return bodies.answer({"held": cases})

    async def put(self, request: Request, member: str) -> Response:
        """Store the member's snapshot of the current state as the group's newest."""
        sent = await bodies.read(request, Signed, MAX_BYTES)
        taken = await self._service.write(lambda tx: accept(self._service, tx, member, sent))
        return bodies.answer({"version": taken.version})


def accept(service: Service, tx: Transaction, member: str, signed: Signed) -> Snapshot:
    """Store a member's snapshot, if it agrees with the store.

    Raises:
        InvalidError: The snapshot does not verify, is another member's, or its day differs from the server's by more than one.
        StaleError: The key list, a statement, the names or the newest snapshot has changed.
    """
    keys = service.keys(tx)
    try:
        new = snapshot.read(signed, keys)
    except CryptoError:
        raise InvalidError("the snapshot does not verify. Nothing was stored") from None
    if new.member != member:
        raise InvalidError("the snapshot is another member's. Nothing was stored")
    if abs(new.day - service.today) > dt.timedelta(days=snapshot.CLOCK_DAYS):
        raise InvalidError("the snapshot has another day than this server. Nothing was stored. Check both clocks")
    number, digest = present_names(tx)
    named = (new.head, new.statements, new.names, new.names_digest)
    if named != (keys.head, present_statements(service, tx), number, digest):
        raise StaleError("the group has changed. Nothing was stored. Fetch it and sign again")
    snapshots.add(tx, new, keys.pending.body.number if keys.pending else None)
    return new


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
        raise InvalidError("the statement does not verify. Nothing was stored") from None
    if valid.member != member:
        raise InvalidError("the statement is another member's. Nothing was stored")
    current = [Signed(**flat(seat.statement, "a statement")) for seat in members.seats(tx) if seat.member == member]
    if any(valid.first < statement.first_day(replaced) for replaced in current):
        raise InvalidError("the statement begins before the one that it replaces. Nothing was stored")
    return valid


def present_statements(service: Service, tx: Transaction) -> dict[str, str]:
    """Return the hash of each current statement of an active member that is valid today."""
    keys = service.keys(tx)
    hashes = {}
    for seat in members.seats(tx):
        signed = Signed(**flat(seat.statement, "a statement"))
        try:
            statement.check(signed, keys, service.today)
        except CryptoError:
            continue  # The statement has expired, or its member waits for approval.
        hashes[seat.member] = statement.hash_of(signed)
    return hashes


def present_names(tx: Transaction) -> tuple[int, str | None]:
    """Return the number and digest of the stored names file, or 0 and None without one."""
    named = members.names(tx)
    return (named[0], names.digest_of(named[1])) if named else (0, None)
