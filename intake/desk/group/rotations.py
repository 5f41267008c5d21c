"""Handles key rotation: a client encrypts every grant to a new epoch key. docs/explanation/architecture.md, Key rotation.

A rotation has stages: begin, chunks of grants, commit. Any window of the member can continue it within a day. The commit covers
every grant or none.
"""

import json

from starlette.requests import Request
from starlette.responses import Response

from crypto.encoding import Shape, Whole, b64
from crypto.errors import CryptoError
from crypto.sheet import Sizes
from crypto.signing import Signed
from intake.desk.group import snapshots
from intake.desk.group.members import MAX_KEYRING_BODY, NumberedFile, parse_file
from intake.desk.routes import DeskRoute, MemberRoute
from intake.errors import BusyError, InvalidError, MissingError, NotFoundError
from intake.service.service import Service
from intake.store.cases import cases
from intake.store.cases.cases import NewGrant
from intake.store.cases.row_keys import keyring_purpose
from intake.store.engines.engine import Transaction
from intake.store.errors import NotThereError, StoreError
from intake.store.json_text import flat, flat_or_none
from intake.store.members import decisions, members, rotations
from intake.store.members.members import Seat
from intake.store.members.rotations import HeldGrant
from intake.web import bodies
from retention.errors import RetentionError

VOID_AFTER = 24 * 3600  # seconds until an unfinished rotation is void
CHUNK = 100  # grants in a chunk, of at most 6 KB each
_CHUNK_BYTES = 1024 * 1024


class OpenIn(Shape, frozen=True):
    """The body of `POST rotation`: the new epoch key's statement, and the keyring with both keys."""

    statement: Signed
    keyring: NumberedFile


class StagedIn(Shape, frozen=True):
    """A grant to the new epoch key, for a case at `version`."""

    case: str
    version: Whole
    file: str


class ChunkIn(Shape, frozen=True):
    """The body of `PUT rotation/grants`."""

    grants: list[StagedIn]


class CommitIn(Shape, frozen=True):
    """The body of `POST rotation/commit`.

    `keyring` lacks the keys that no grant needs, and `names` is encrypted for the new key. `lost` names cases whose grants the
    client could not open. These grants and their epoch keys stay unchanged. `snapshot` names the new statement and the new
    names. This transaction makes the new key the current one.
    """

    keyring: NumberedFile
    names: NumberedFile
    snapshot: Signed
    lost: list[str]


class Rotations:
    """Handlers of the routes for key rotation."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [
            MemberRoute("GET", "/rotation", self.show),
            MemberRoute("POST", "/rotation", self.begin),
            MemberRoute("PUT", "/rotation/grants", self.stage),
            MemberRoute("POST", "/rotation/commit", self.commit),
        ]

    async def show(self, request: Request, member: str) -> Response:
        """Return the rotation in progress, if any, and the next grants to encrypt."""
        return bodies.answer(await self._service.read(lambda tx: self._show(tx, member)))

    async def begin(self, request: Request, member: str) -> Response:
        """Begin a rotation. From now on the stored keyring contains the new secret key."""
        sent = await bodies.read(request, OpenIn, MAX_KEYRING_BODY)
        generation = await self._service.write(lambda tx: self._begin(tx, member, sent))
        await self._service.forget_older(keyring_purpose(member), generation)
        return bodies.answer({"started": True}, 201)

    async def stage(self, request: Request, member: str) -> Response:
        """Stage a chunk of grants. A chunk that is sent again counts once."""
        sent = await bodies.read(request, ChunkIn, _CHUNK_BYTES)
        if not 1 <= len(sent.grants) <= CHUNK:
            raise InvalidError(f"a chunk has 1 to {CHUNK} grants. Nothing was stored")
        return bodies.answer({"missing": await self._service.write(lambda tx: self._stage(tx, member, sent))})

    async def commit(self, request: Request, member: str) -> Response:
        """Replace grants, keyring, statement and names in one transaction, then destroy the old deletion keys."""
        sent = await bodies.read(request, CommitIn, 2 * MAX_KEYRING_BODY)
        generation = await self._service.write(lambda tx: self._commit(tx, member, sent))
        await self._service.forget_older(keyring_purpose(member), generation)
        await self._service.destroy_retired()
        self._service.backups.start()
        return bodies.answer({"rotated": True})

    def _show(self, tx: Transaction, member: str) -> dict[str, object]:
        rotation = rotations.under_way(tx, member)
        if rotation is None or self._service.seconds - rotation.started > VOID_AFTER:
            return {"epoch": "", "statement": None, "missing": 0, "grants": [], "older": []}
        missing = rotations.missing(tx, member, self._service.today)
        return {
            "epoch": rotation.epoch,
            "statement": flat_or_none(rotations.statement_of(tx, member, rotation.epoch)),
            "missing": len(missing),
            "grants": [self._grant(tx, member, held) for held in missing[:CHUNK]],
            "older": rotations.older(tx, member),
        }

    def _grant(self, tx: Transaction, member: str, held: HeldGrant) -> dict[str, object]:
        try:
            file = b64(cases.grant_of(tx, self._service.row_keys, held.location, member)[1])
        except (RetentionError, StoreError, CryptoError, NotThereError):
            file = ""  # The deletion key is damaged or destroyed. The client leaves the grant unchanged.
        return {"case": held.location.case, "version": held.version, "epoch": held.epoch, "grant": file}

    def _begin(self, tx: Transaction, member: str, sent: OpenIn) -> int:
        rotation = rotations.under_way(tx, member)
        if rotation is not None:
            if self._service.seconds - rotation.started <= VOID_AFTER:
                raise BusyError("another window of yours is renewing your keys. Nothing was changed. Continue there or wait")
            rotations.abandon(tx, member)
        valid = snapshots.checked_statement(self._service, tx, member, sent.statement)
        seat = Seat(member, valid.recipient.id, _as_text(sent.statement))
        rotations.begin(tx, self._service.row_keys, seat, self._service.seconds)
        return self._put_keyring(tx, member, sent.keyring)

    def _stage(self, tx: Transaction, member: str, sent: ChunkIn) -> int:
        rotation = rotations.under_way(tx, member)
        if rotation is None:
            raise NotFoundError("no key rotation is in progress. Nothing was changed. Begin one first")
        missing = {held.location.case: held for held in rotations.missing(tx, member, self._service.today)}
        for grant in sent.grants:
            file = bodies.file(grant.file)
            bodies.check_file(file, Sizes.GRANT, {1})
            held = missing.get(grant.case)
            if held is not None and held.version == grant.version:  # The client gets a changed case again.
                self._service.count_for_desk(tx, member, len(file))
                rotations.stage(tx, self._service.row_keys, held, member, NewGrant(member, rotation.epoch, file))
        return len(rotations.missing(tx, member, self._service.today))

    def _commit(self, tx: Transaction, member: str, sent: CommitIn) -> int:
        rotation = rotations.under_way(tx, member)
        if rotation is None:
            raise NotFoundError("no key rotation is in progress. Nothing was changed. Begin one first")
        signed = Signed(**flat(rotations.statement_of(tx, member, rotation.epoch), "a statement"))
        # The current statement may have been replaced meanwhile.
        snapshots.checked_statement(self._service, tx, member, signed)
        missing = rotations.missing(tx, member, self._service.today)
        missing = [held for held in missing if held.location.case not in sent.lost]
        if missing:
            raise MissingError([held.location.case for held in missing])
        rotations.commit(tx, member, self._service.today, sent.lost)
        names = parse_file(sent.names.file)
        members.put_names(tx, sent.names.number, names)
        self._service.count_for_desk(tx, member, len(names))
        snapshots.accept(self._service, tx, member, sent.snapshot)
        decisions.append_to_log(tx, self._service.today, "rotated", member)
        return self._put_keyring(tx, member, sent.keyring)

    def _put_keyring(self, tx: Transaction, member: str, sent: NumberedFile) -> int:
        file = parse_file(sent.file)
        self._service.count_for_desk(tx, member, len(file))
        return members.put_keyring(tx, self._service.row_keys, member, sent.number, file)


def _as_text(signed: Signed) -> str:
    return json.dumps({"body": signed.body, "signature": signed.signature})
