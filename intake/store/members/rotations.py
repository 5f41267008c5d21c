"""Stores key rotations. A client stages grants in chunks and commits them as a whole.

See docs/explanation/architecture.md, Key rotation.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, select, update

from crypto.recovery import RECOVERY
from intake.store import schema
from intake.store.cases.cases import NewGrant
from intake.store.cases.row_keys import RowKeys, epoch_purpose
from intake.store.cases.row_sealer import Leaf, RowSealer
from intake.store.errors import ConflictError, NotThereError
from intake.store.members.decisions import retire
from intake.store.members.members import Seat

CASES, EPOCHS, GRANTS = schema.cases, schema.epochs, schema.grants
ROTATIONS, STAGED = schema.rotations, schema.staged_grants


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation in progress: the new epoch and the second of its start."""

    epoch: str
    started: int


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A case that a member holds a grant of."""

    location: Leaf
    version: int
    epoch: str


def begin(tx: Connection, row_keys: RowKeys, seat: Seat, now: int) -> None:
    """Start a rotation to `seat`, and make its deletion key.

    Raises:
        ConflictError: this epoch key was published before, or a rotation is in progress.
    """
    if under_way(tx, seat.member) is not None:
        raise ConflictError("a rotation of this member is in progress. Nothing was changed")
    if tx.scalar(select(EPOCHS.c.id).where(EPOCHS.c.member == seat.member, EPOCHS.c.id == seat.epoch)) is not None:
        raise ConflictError("this epoch key was published before")
    generation = row_keys.key_store.make(epoch_purpose(seat.member, seat.epoch))
    values = {"member": seat.member, "id": seat.epoch, "generation": generation, "statement": seat.statement}
    tx.execute(insert(EPOCHS).values(**values, current=False))
    tx.execute(insert(ROTATIONS).values(member=seat.member, epoch=seat.epoch, started=now))


def under_way(tx: Connection, member: str) -> Rotation | None:
    """Return a member's rotation in progress, or None."""
    row = tx.execute(select(ROTATIONS).where(ROTATIONS.c.member == member)).one_or_none()
    return Rotation(row.epoch, row.started) if row else None


def statement_of(tx: Connection, member: str, epoch: str) -> str:
    """Return the signed statement (JSON) of an epoch key."""
    return str(tx.scalar(select(EPOCHS.c.statement).where(EPOCHS.c.member == member, EPOCHS.c.id == epoch)))


def abandon(tx: Connection, member: str) -> None:
    """Delete a member's rotation in progress and its staged grants, if any, and retire its deletion key."""
    rotation = under_way(tx, member)
    if rotation is not None:
        _end(tx, member)
        tx.execute(delete(EPOCHS).where(EPOCHS.c.member == member, EPOCHS.c.id == rotation.epoch))
        retire(tx, epoch_purpose(member, rotation.epoch))


def missing(tx: Connection, member: str, today: dt.date) -> list[HeldGrant]:
    """Return the unexpired cases that a member holds and has not staged at their current version."""
    same = and_(STAGED.c.day == GRANTS.c.day, STAGED.c.case_id == GRANTS.c.case_id, STAGED.c.member == GRANTS.c.member)
    fresh = and_(same, STAGED.c.version == CASES.c.version)
    of_case = and_(CASES.c.day == GRANTS.c.day, CASES.c.id == GRANTS.c.case_id)
    query = select(GRANTS.c.epoch, CASES.c.day, CASES.c.id, CASES.c.leaf, CASES.c.version).join(CASES, of_case)
    query = query.outerjoin(STAGED, fresh).where(
        GRANTS.c.member == member, STAGED.c.member.is_(None), CASES.c.day > today.isoformat()
    )
    return [HeldGrant(Leaf(row.id, row.day, row.leaf), row.version, row.epoch) for row in tx.execute(query)]


def stage(tx: Connection, row_keys: RowKeys, held: HeldGrant, member: str, grant: NewGrant) -> None:
    """Stage a grant for the commit, in place of one that was staged before."""
    of = and_(STAGED.c.day == held.location.day, STAGED.c.case_id == held.location.case, STAGED.c.member == member)
    tx.execute(delete(STAGED).where(of))
    file = RowSealer(row_keys, tx).seal_grant(held.location, member, grant.epoch, grant.file)
    values = {"day": held.location.day, "case_id": held.location.case, "member": member, "version": held.version, "file": file}
    tx.execute(insert(STAGED).values(values))


def commit(tx: Connection, member: str, today: dt.date, left: Collection[str] = ()) -> None:
    """Replace every grant of a member, and make the new epoch key the current one.

    Keep each older epoch key that a grant still needs, with its deletion key, because no rotation may make a case unreadable.
    Retire the deletion keys of the other epochs.

    Args:
        tx: an open transaction.
        member: the member who rotates their key.
        today: the current day.
        left: ids of cases whose grants the member could not decrypt. These grants are not changed.

    Raises:
        NotThereError: no rotation is in progress.
        ConflictError: a case is not staged. Nothing was changed.
    """
    rotation = under_way(tx, member)
    if rotation is None:
        raise NotThereError("no rotation is in progress. Nothing was changed")
    if any(held.location.case not in left for held in missing(tx, member, today)):
        raise ConflictError("a grant is not staged yet. Nothing was changed")
    for row in tx.execute(select(STAGED).where(STAGED.c.member == member)).all():
        of = and_(GRANTS.c.day == row.day, GRANTS.c.case_id == row.case_id, GRANTS.c.member == member)
        tx.execute(update(GRANTS).where(of).values(epoch=rotation.epoch, file=row.file))
    _end(tx, member)
    tx.execute(update(EPOCHS).where(EPOCHS.c.member == member).values(current=EPOCHS.c.id == rotation.epoch))
    retire_unused(tx)


def older(tx: Connection, member: str) -> list[str]:
    """Return the epoch keys of grants that a commit would not replace: unstaged grants, and grants of expired cases."""
    same = and_(STAGED.c.day == GRANTS.c.day, STAGED.c.case_id == GRANTS.c.case_id, STAGED.c.member == GRANTS.c.member)
    query = select(GRANTS.c.epoch).distinct().outerjoin(STAGED, same)
    return sorted(tx.scalars(query.where(GRANTS.c.member == member, STAGED.c.member.is_(None))))


def retire_unused(tx: Connection) -> None:
    """Delete replaced epoch keys that no grant needs, and retire their deletion keys."""
    rotating = exists().where(ROTATIONS.c.member == EPOCHS.c.member, ROTATIONS.c.epoch == EPOCHS.c.id)
    unused = EPOCHS.c.current.is_(False), EPOCHS.c.member != RECOVERY, ~rotating, ~_has_grants()
    for row in tx.execute(select(EPOCHS.c.member, EPOCHS.c.id).where(*unused)).all():
        retire(tx, epoch_purpose(row.member, row.id))
        tx.execute(delete(EPOCHS).where(EPOCHS.c.member == row.member, EPOCHS.c.id == row.id))


def _has_grants() -> ColumnElement[bool]:
    return exists().where(GRANTS.c.member == EPOCHS.c.member, GRANTS.c.epoch == EPOCHS.c.id)


def _end(tx: Connection, member: str) -> None:
    tx.execute(delete(STAGED).where(STAGED.c.member == member))
    tx.execute(delete(ROTATIONS).where(ROTATIONS.c.member == member))
