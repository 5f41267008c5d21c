"""Stores members' drafts: for each case and member at most one age file, which only that member can open.

A draft is encrypted under the leaf of its case, so deleting the case deletes the draft.
"""

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, select, update

from intake.store import schema
from intake.store.cases.cases import of_case
from intake.store.cases.row_keys import RowKeys
from intake.store.cases.row_sealer import Leaf, RowSealer

DRAFTS = schema.drafts


def of_member(tx: Connection, row_keys: RowKeys, location: Leaf, member: str) -> bytes:
    """Return a member's draft in a case as an age file; empty if there is none."""
    stored = tx.scalar(select(DRAFTS.c.file).where(of_case(DRAFTS, location), DRAFTS.c.member == member))
    return RowSealer(row_keys, tx).open(location, "drafts", member, stored) if stored is not None else b""


def all_of(tx: Connection, row_keys: RowKeys, location: Leaf) -> dict[str, bytes]:
    """Return the age files of all drafts in a case, by member."""
    members = tx.scalars(select(DRAFTS.c.member).where(of_case(DRAFTS, location))).all()
    return {member: of_member(tx, row_keys, location, member) for member in members}


def put(tx: Connection, row_keys: RowKeys, location: Leaf, member: str, file: bytes) -> int:
    """Store a member's draft, replacing the previous one. Return by how many bytes the stored drafts grew, at least 0."""
    sealed = RowSealer(row_keys, tx).seal(location, "drafts", member, file)
    own = of_case(DRAFTS, location), DRAFTS.c.member == member
    before = tx.scalar(select(DRAFTS.c.file).where(*own))
    if before is None:
        tx.execute(insert(DRAFTS).values(day=location.day, case_id=location.case, member=member, file=sealed))
        return len(file)
    tx.execute(update(DRAFTS).where(*own).values(file=sealed))
    return max(0, len(sealed) - len(before))


def drop(tx: Connection, location: Leaf, member: str) -> None:
    """Delete a member's draft in a case, if there is one."""
    tx.execute(delete(DRAFTS).where(of_case(DRAFTS, location), DRAFTS.c.member == member))


def keep_only(tx: Connection, location: Leaf, members: Collection[str]) -> None:
    """Delete the drafts of everyone else in a case."""
    tx.execute(delete(DRAFTS).where(of_case(DRAFTS, location), DRAFTS.c.member.not_in(list(members))))
