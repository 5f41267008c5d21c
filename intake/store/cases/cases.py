"""Reads and changes cases. The caller decides who may see what.

Every function takes an open transaction and commits nothing. From midnight UTC of its expiry day on, no function finds a case,
whether a run has deleted it or not.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, delete, func, insert, select, update

from crypto.entry import Sequence as CaseSequence
from crypto.entry import digest_of
from intake.store import schema
from intake.store.cases.row_keys import RowKeys
from intake.store.cases.row_sealer import Leaf, RowSealer
from intake.store.errors import ConflictError, NotThereError
from retention.errors import LostKeyError

CASES, ENTRIES, GRANTS = schema.cases, schema.entries, schema.grants


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant that is not stored yet."""

    member: str
    epoch: str
    file: bytes


@dataclass(frozen=True, slots=True)
class Case:
    """The clear columns of a case."""

    location: Leaf
    open: bool
    opened: bool
    arrived: str | None
    sealed_by: str
    version: int
    latest_expiry: str


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A stored entry: its age file, or None if the caller may not fetch it."""

    number: int
    digest: str
    file: bytes | None


@dataclass(frozen=True, slots=True)
class StoredGrant:
    """The holder of a grant, and the epoch key that it is encrypted to."""

    member: str
    epoch: str


def find(tx: Connection, case: str, today: dt.date) -> Case:
    """Return a case by its id.

    Raises:
        NotThereError: there is no such case, or it has expired.
    """
    return _case(tx.execute(select(CASES).where(CASES.c.id == case, CASES.c.day > today.isoformat())).one_or_none())


def find_by_lookup(tx: Connection, lookup: str, today: dt.date) -> Case:
    """Return a case by the lookup of its receipt. Raises as `find` does."""
    return _case(tx.execute(select(CASES).where(CASES.c.lookup == lookup, CASES.c.day > today.isoformat())).one_or_none())


def tombstone(tx: Connection, lookup: str, today: dt.date) -> str | None:
    """Return the day on which a receipt's case was deleted, or None if the receipt's holder may not see it any more."""
    table = schema.tombstones
    deleted = tx.scalar(select(table.c.day).where(table.c.lookup == lookup, table.c.kept_until >= today.isoformat()))
    if deleted is None:
        # A case that has expired counts as deleted before a run deletes it.
        deleted = tx.scalar(select(CASES.c.day).where(CASES.c.lookup == lookup, CASES.c.day <= today.isoformat()))
    return deleted


def receipt_grant(tx: Connection, row_keys: RowKeys, location: Leaf) -> bytes:
    """Return the age file of the grant to the receipt."""
    stored = tx.scalars(select(CASES.c.receipt_grant).where(CASES.c.id == location.case, CASES.c.day == location.day)).one()
    return RowSealer(row_keys, tx).open(location, "cases", "receipt", stored)


def entries(
    tx: Connection, row_keys: RowKeys, location: Leaf, which: CaseSequence, *, as_requester: bool = False
) -> list[StoredEntry]:
    """Return a sequence by number. With `as_requester`, only entries that the receipt's holder may fetch have a file."""
    rows, sealer = tx.execute(_entries(location, which).order_by(ENTRIES.c.number)), RowSealer(row_keys, tx)
    return [
        StoredEntry(
            row.number,
            row.digest,
            sealer.open(location, "entries", _item(which, row.number), row.file)
            if row.for_requester or not as_requester
            else None,
        )
        for row in rows
    ]


def add_entry(
    tx: Connection, row_keys: RowKeys, location: Leaf, which: CaseSequence, number: int, file: bytes, *, for_requester: bool
) -> bool:
    """Store the next entry of a sequence. The first entry of the desk marks the case as opened.

    Returns:
        False if the same entry is stored already.

    Raises:
        ConflictError: another entry has this number, or the number is not the next.
    """
    row = tx.execute(_entries(location, which).where(ENTRIES.c.number == number)).one_or_none()
    if row is not None and row.digest == digest_of(file):
        return False
    count = tx.scalar(select(func.count()).select_from(_entries(location, which).subquery()))
    if row is not None or number != count:
        raise ConflictError("the entry's number is taken, or not the next one. Nothing was stored")
    insert_entry(RowSealer(row_keys, tx), location, which, number, file, for_requester=for_requester)
    if which is CaseSequence.DESK and number == 0:
        tx.execute(update(CASES).where(*_row(location)).values(opened=True, arrived=None))
    return True


def grants(tx: Connection, location: Leaf) -> list[StoredGrant]:
    """Return the grants of a case: of the assigned members, and of the recovery key if there is one."""
    rows = tx.execute(select(GRANTS.c.member, GRANTS.c.epoch).where(of_case(GRANTS, location)).order_by(GRANTS.c.member))
    return [StoredGrant(row.member, row.epoch) for row in rows]


def grant_of(tx: Connection, row_keys: RowKeys, location: Leaf, member: str) -> tuple[str, bytes]:
    """Return the epoch id and the age file of a member's grant.

    Raises:
        NotThereError: the member holds no grant.
    """
    row = tx.execute(select(GRANTS).where(of_case(GRANTS, location), GRANTS.c.member == member)).one_or_none()
    if row is None:
        raise NotThereError("no grant")
    return row.epoch, RowSealer(row_keys, tx).open_grant(location, member, row.epoch, row.file)


def replace_grants(tx: Connection, row_keys: RowKeys, location: Leaf, version: int, new: Sequence[NewGrant]) -> None:
    """Replace all grants of a case.

    Raises:
        ConflictError: another member has changed the grants since `version`.
    """
    updated = tx.execute(update(CASES).where(*_row(location), CASES.c.version == version).values(version=version + 1))
    if updated.rowcount != 1:
        raise ConflictError("another member has changed who holds this case. Nothing was stored")
    tx.execute(delete(GRANTS).where(of_case(GRANTS, location)))
    insert_grants(RowSealer(row_keys, tx), location, new)


def are_replaced(tx: Connection, row_keys: RowKeys, case: Case, version: int, new: Sequence[NewGrant]) -> bool:
    """Return whether these grants have replaced those of `version` already, because the client sent the request twice."""
    if case.version != version + 1:
        return False
    stored = {grant.member: grant for grant in grants(tx, case.location)}
    try:
        return stored.keys() == {grant.member for grant in new} and all(
            grant_of(tx, row_keys, case.location, grant.member) == (grant.epoch, grant.file) for grant in new
        )
    except LostKeyError:
        return False  # a holder has left, and their epoch key is destroyed


def held_by(tx: Connection, member: str, today: dt.date) -> list[Case]:
    """Return every unexpired case of which a member holds a grant."""
    query = select(CASES).join(GRANTS, (CASES.c.day == GRANTS.c.day) & (CASES.c.id == GRANTS.c.case_id))
    rows = tx.execute(query.where(GRANTS.c.member == member, CASES.c.day > today.isoformat()).order_by(CASES.c.id))
    return [_case(row) for row in rows]


def mark_opened_by_server(tx: Connection, location: Leaf) -> None:
    """Record that the no-JavaScript path has opened this case. The mark stays."""
    tx.execute(update(CASES).where(*_row(location)).values(sealed_by="server"))


def withdraw(tx: Connection, location: Leaf) -> None:
    """Delete a case, and record its leaf for a puncture. The caller must puncture the leaf next."""
    tx.execute(insert(schema.punctures).values(day=location.day, leaf=location.leaf))
    tx.execute(delete(CASES).where(*_row(location)))


def _case(row: Row[Any] | None) -> Case:
    if row is None:
        raise NotThereError("no such case")
    return Case(
        Leaf(row.id, row.day, row.leaf), row.open, row.opened, row.arrived, row.sealed_by, row.version, row.latest_expiry
    )


def _row(location: Leaf) -> tuple[ColumnElement[bool], ...]:
    return CASES.c.id == location.case, CASES.c.day == location.day


def of_case(table: Table, location: Leaf) -> ColumnElement[bool]:
    """Return a condition for the rows of a case in another table."""
    return and_(table.c.day == location.day, table.c.case_id == location.case)


def _entries(location: Leaf, which: CaseSequence) -> Select[Any]:
    return select(ENTRIES).where(of_case(ENTRIES, location), ENTRIES.c.sequence == which.value)


def _item(which: CaseSequence, number: int) -> str:
    return f"{which.value}/{number}"


def insert_entry(
    sealer: RowSealer, location: Leaf, which: CaseSequence, number: int, file: bytes, *, for_requester: bool
) -> None:
    """Encrypt and store an entry. The caller must check before that its number is free."""
    sealer.tx.execute(insert(ENTRIES), [entry_row(sealer, location, which, number, file, for_requester=for_requester)])


def insert_grants(sealer: RowSealer, location: Leaf, new: Sequence[NewGrant]) -> None:
    """Encrypt and store grants of a case, in addition to those that it has."""
    if new:
        sealer.tx.execute(insert(GRANTS), grant_rows(sealer, location, new))


def entry_row(
    sealer: RowSealer, location: Leaf, which: CaseSequence, number: int, file: bytes, *, for_requester: bool
) -> dict[str, object]:
    """Return the encrypted row of an entry."""
    return {
        "day": location.day,
        "case_id": location.case,
        "sequence": which.value,
        "number": number,
        "for_requester": for_requester,
        "digest": digest_of(file),
        "file": sealer.seal(location, "entries", _item(which, number), file),
    }


def grant_rows(sealer: RowSealer, location: Leaf, new: Sequence[NewGrant]) -> list[dict[str, object]]:
    """Return the encrypted rows of grants."""
    return [
        {
            "day": location.day,
            "case_id": location.case,
            "member": grant.member,
            "epoch": grant.epoch,
            "file": sealer.seal_grant(location, grant.member, grant.epoch, grant.file),
        }
        for grant in new
    ]
