"""Cases: stored, found, added to, re-granted, withdrawn. To whom a thing may be shown is the caller's duty.

Every function takes an open transaction; nothing here commits. From midnight UTC of its day a case
is not found, run or no run.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, delete, func, insert, select, update

from crypto.entry import Sequence as Which
from crypto.entry import digest_of
from intake.store import schema
from intake.store.cases.row_keys import RowKeys
from intake.store.cases.row_sealer import Leaf, RowSealer
from intake.store.errors import ConflictError, NotThereError

CASES, ENTRIES, GRANTS = schema.cases, schema.entries, schema.grants


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant to be stored."""

    member: str
    epoch: str
    file: bytes


@dataclass(frozen=True, slots=True)
class Case:
    """A case's clear columns."""

    where: Leaf
    open: bool
    opened: bool
    arrived: str | None
    sealed_by: str
    version: int
    latest: str


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as stored: its age file, or None where the asker may not fetch it."""

    number: int
    digest: str
    file: bytes | None


@dataclass(frozen=True, slots=True)
class StoredGrant:
    """Who holds a grant, under which epoch key."""

    member: str
    epoch: str


def find(tx: Connection, case: str, today: dt.date) -> Case:
    """A live case by id.

    Raises:
        NotThereError: none, or past its day.
    """
    return _case(tx.execute(select(CASES).where(CASES.c.id == case, CASES.c.day > today.isoformat())).one_or_none())


def find_by_lookup(tx: Connection, lookup: str, today: dt.date) -> Case:
    """A live case by its receipt; raises as `find`."""
    return _case(tx.execute(select(CASES).where(CASES.c.lookup == lookup, CASES.c.day > today.isoformat())).one_or_none())


def tombstone(tx: Connection, lookup: str, today: dt.date) -> str | None:
    """The day on which a receipt's case was deleted, if that is still told."""
    table = schema.tombstones
    gone = tx.scalar(select(table.c.day).where(table.c.lookup == lookup, table.c.until >= today.isoformat()))
    if gone is None:
        # Past its day and not yet purged is as gone as purged.
        gone = tx.scalar(select(CASES.c.day).where(CASES.c.lookup == lookup, CASES.c.day <= today.isoformat()))
    return gone


def receipt_grant(tx: Connection, row_keys: RowKeys, where: Leaf) -> bytes:
    """The age file of the grant to the receipt."""
    stored = tx.scalars(select(CASES.c.receipt_grant).where(CASES.c.id == where.case, CASES.c.day == where.day)).one()
    return RowSealer(row_keys, tx).open(where, "cases", "receipt", stored)


def entries(tx: Connection, row_keys: RowKeys, where: Leaf, which: Which, *, as_requester: bool = False) -> list[StoredEntry]:
    """A sequence in order; with `as_requester`, files only of what the receipt's holder may fetch."""
    rows, sealer = tx.execute(_entries(where, which).order_by(ENTRIES.c.number)), RowSealer(row_keys, tx)
    return [
        StoredEntry(
            row.number,
            row.digest,
            sealer.open(where, "entries", _item(which, row.number), row.file)
            if row.for_requester or not as_requester
            else None,
        )
        for row in rows
    ]


def add_entry(
    tx: Connection, row_keys: RowKeys, where: Leaf, which: Which, number: int, file: bytes, *, for_requester: bool
) -> bool:
    """Store the next entry of a sequence; False if this very one is stored already. The desk's first opens the case.

    Raises:
        ConflictError: the number is taken by another, or not the next.
    """
    row = tx.execute(_entries(where, which).where(ENTRIES.c.number == number)).one_or_none()
    if row is not None and row.digest == digest_of(file):
        return False
    count = tx.scalar(select(func.count()).select_from(_entries(where, which).subquery()))
    if row is not None or number != count:
        raise ConflictError("this number is taken, or not the next")
    insert_entry(RowSealer(row_keys, tx), where, which, number, file, for_requester=for_requester)
    if which is Which.DESK and number == 0:
        this = CASES.c.id == where.case, CASES.c.day == where.day
        tx.execute(update(CASES).where(*this).values(opened=True, arrived=None))
    return True


def grants(tx: Connection, where: Leaf) -> list[StoredGrant]:
    """Who is assigned, and the recovery key where the case is granted to it."""
    rows = tx.execute(select(GRANTS.c.member, GRANTS.c.epoch).where(of_case(GRANTS, where)).order_by(GRANTS.c.member))
    return [StoredGrant(row.member, row.epoch) for row in rows]


def grant_of(tx: Connection, row_keys: RowKeys, where: Leaf, member: str) -> tuple[str, bytes]:
    """A member's grant: epoch id and age file.

    Raises:
        NotThereError: they hold none.
    """
    row = tx.execute(select(GRANTS).where(of_case(GRANTS, where), GRANTS.c.member == member)).one_or_none()
    if row is None:
        raise NotThereError("no grant")
    return row.epoch, RowSealer(row_keys, tx).open_grant(where, member, row.epoch, row.file)


def replace_grants(tx: Connection, row_keys: RowKeys, where: Leaf, version: int, new: Sequence[NewGrant]) -> None:
    """Put a whole set of grants in place of the one before.

    Raises:
        ConflictError: someone else changed the grants since `version`.
    """
    unchanged = CASES.c.id == where.case, CASES.c.day == where.day, CASES.c.version == version
    changed = tx.execute(update(CASES).where(*unchanged).values(version=version + 1))
    if changed.rowcount != 1:
        raise ConflictError("someone else changed who holds this case")
    tx.execute(delete(GRANTS).where(of_case(GRANTS, where)))
    insert_grants(RowSealer(row_keys, tx), where, new)


def held_by(tx: Connection, member: str, today: dt.date) -> list[Case]:
    """All live cases that a member holds a grant of."""
    query = select(CASES).join(GRANTS, (CASES.c.day == GRANTS.c.day) & (CASES.c.id == GRANTS.c.case_id))
    rows = tx.execute(query.where(GRANTS.c.member == member, CASES.c.day > today.isoformat()).order_by(CASES.c.id))
    return [_case(row) for row in rows]


def mark_opened_by_server(tx: Connection, where: Leaf) -> None:
    """Remember for good that the plain path has opened this case."""
    tx.execute(update(CASES).where(CASES.c.id == where.case, CASES.c.day == where.day).values(sealed_by="server"))


def withdraw(tx: Connection, where: Leaf) -> None:
    """Delete a case at once; its leaf waits to be punctured, which its caller does next."""
    tx.execute(insert(schema.punctures).values(day=where.day, leaf=where.leaf))
    tx.execute(delete(CASES).where(CASES.c.id == where.case, CASES.c.day == where.day))


def _case(row: Row[Any] | None) -> Case:
    if row is None:
        raise NotThereError("no such case")
    return Case(Leaf(row.id, row.day, row.leaf), row.open, row.opened, row.arrived, row.sealed_by, row.version, row.latest)


def of_case(table: Table, where: Leaf) -> ColumnElement[bool]:
    """The rows of a case."""
    return and_(table.c.day == where.day, table.c.case_id == where.case)


def _entries(where: Leaf, which: Which) -> Select[Any]:
    return select(ENTRIES).where(of_case(ENTRIES, where), ENTRIES.c.sequence == which.value)


def _item(which: Which, number: int) -> str:
    return f"{which.value}/{number}"


def insert_entry(sealer: RowSealer, where: Leaf, which: Which, number: int, file: bytes, *, for_requester: bool) -> None:
    """Seal and store an entry whose number is known to be free."""
    sealer.tx.execute(insert(ENTRIES), [entry_row(sealer, where, which, number, file, for_requester=for_requester)])


def insert_grants(sealer: RowSealer, where: Leaf, new: Sequence[NewGrant]) -> None:
    """Seal and store grants beside those that are there."""
    if new:
        sealer.tx.execute(insert(GRANTS), grant_rows(sealer, where, new))


def entry_row(
    sealer: RowSealer, where: Leaf, which: Which, number: int, file: bytes, *, for_requester: bool
) -> dict[str, object]:
    """An entry's row, sealed."""
    return {
        "day": where.day,
        "case_id": where.case,
        "sequence": which.value,
        "number": number,
        "for_requester": for_requester,
        "digest": digest_of(file),
        "file": sealer.seal(where, "entries", _item(which, number), file),
    }


def grant_rows(sealer: RowSealer, where: Leaf, new: Sequence[NewGrant]) -> list[dict[str, object]]:
    """The rows of grants, sealed."""
    return [
        {
            "day": where.day,
            "case_id": where.case,
            "member": grant.member,
            "epoch": grant.epoch,
            "file": sealer.seal_grant(where, grant.member, grant.epoch, grant.file),
        }
        for grant in new
    ]
