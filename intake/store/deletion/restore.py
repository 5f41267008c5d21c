"""Brings a restored backup up to date with its key store, whose state is newer.

It deletes the days and cases that expired or were withdrawn since the backup. Where the deletion key of a root or keyring was
destroyed, the newest copy in the key store replaces that row.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from crypto.recovery import RECOVERY
from intake.store import schema
from intake.store.cases.row_keys import RowKeys, epoch_purpose, keyring_purpose
from intake.store.deletion.purge_store import add_tombstones, drop_old_tombstones
from intake.store.members import keyring_copies, sign_in
from retention.days import DayRoots, day_purpose
from retention.ports import DayRecord, KeyStore

CASES, DAYS, ROOTS, EPOCHS, GRANTS = schema.cases, schema.days, schema.day_roots, schema.epochs, schema.grants


@dataclass(slots=True)
class Restored:
    """The result of a restore.

    Attributes:
        cases: the cases that a member or the recovery key can open.
        expired: days that have expired since the backup.
        withdrawn: cases that were withdrawn, closed or moved since the backup.
        lost: days without a deletion key.
        members: for each member, how many cases their keys open, and how many need the recovery key.
    """

    cases: int = 0
    expired: int = 0
    withdrawn: int = 0
    lost: int = 0
    members: dict[str, tuple[int, int]] = field(default_factory=dict)


def adopt(tx: Connection, row_keys: RowKeys, today: dt.date) -> Restored:
    """Bring a restored store up to date with its key store. Destroys no key.

    Raises:
        RetentionError: the key store cannot be read.
    """
    sign_in.adopt(tx, row_keys)
    key_store, roots = row_keys.key_store, row_keys.roots
    restored, living = Restored(), set(key_store.existing())
    for table in (schema.sessions, schema.invites, schema.staged_grants, schema.rotations):
        tx.execute(delete(table))  # sessions, links and unfinished rotations of the backup are void
    _drop_expired(tx, restored, today)
    _take_newest_roots(tx, restored, key_store, living)
    _drop_withdrawn(tx, restored, roots)
    _take_newest_keyrings(tx, row_keys, living)
    _drop_dead_epochs(tx, living, restored)
    restored.cases = _count(tx)
    return restored


def _drop_expired(tx: Connection, restored: Restored, today: dt.date) -> None:
    expired = DAYS.c.day <= today.isoformat()
    for day in tx.scalars(select(DAYS.c.day).where(expired)).all():
        add_tombstones(tx, day)
        restored.expired += 1
        # Keep the day's row, marked as being deleted. The next run drops its partitions.
        _drop_cases(tx, day)
        tx.execute(update(DAYS).where(DAYS.c.day == day).values(purging=True))
    drop_old_tombstones(tx, today.isoformat())


def _take_newest_roots(tx: Connection, restored: Restored, key_store: KeyStore, living: Iterable[tuple[str, int]]) -> None:
    for row in tx.execute(select(DAYS).where(DAYS.c.purging.is_(False))).all():
        purpose = day_purpose(row.day)
        alive = sorted((generation for other, generation in living if other == purpose), reverse=True)
        copies = ((generation, key_store.copy_of(purpose, generation)) for generation in alive)
        newest = next(((generation, sealed) for generation, sealed in copies if sealed is not None), None)
        if newest is not None:
            tx.execute(update(DAYS).where(DAYS.c.day == row.day).values(generation=newest[0]))
            tx.execute(update(ROOTS).where(ROOTS.c.day == row.day).values(root=newest[1]))
        elif row.generation not in alive:
            restored.lost += 1
            _drop_cases(tx, row.day)
            tx.execute(update(DAYS).where(DAYS.c.day == row.day).values(purging=True))


def _drop_withdrawn(tx: Connection, restored: Restored, roots: DayRoots) -> None:
    for row in tx.execute(select(DAYS).where(DAYS.c.purging.is_(False))).all():
        leaves = tx.execute(select(CASES.c.id, CASES.c.leaf).where(CASES.c.day == row.day)).all()
        waiting = set(tx.scalars(select(schema.punctures.c.leaf).where(schema.punctures.c.day == row.day)))
        if not leaves and not waiting:
            continue
        sealed = tx.scalars(select(ROOTS.c.root).where(ROOTS.c.day == row.day)).one()
        root = roots.root(DayRecord(row.day, row.generation, sealed))
        for case in leaves:
            if not root.covers(case.leaf):
                restored.withdrawn += 1
                tx.execute(delete(CASES).where(CASES.c.day == row.day, CASES.c.id == case.id))
        for leaf in waiting:
            if not root.covers(leaf):
                tx.execute(delete(schema.punctures).where(schema.punctures.c.day == row.day, schema.punctures.c.leaf == leaf))


def _take_newest_keyrings(tx: Connection, row_keys: RowKeys, living: Iterable[tuple[str, int]]) -> None:
    for member, named in tx.execute(select(schema.keyrings.c.member, schema.keyrings.c.generation)).all():
        purpose = keyring_purpose(member)
        if (purpose, named) in living:
            continue  # nothing was committed since. A higher generation belongs to a change that failed
        for generation in sorted(generation for other, generation in living if other == purpose):
            copy = row_keys.key_store.copy_of(purpose, generation)
            if copy is not None:
                keyring_copies.put_back(tx, row_keys, copy, generation)
                break
        else:
            tx.execute(delete(schema.keyrings).where(schema.keyrings.c.member == member))


def _drop_dead_epochs(tx: Connection, living: set[tuple[str, int]], restored: Restored) -> None:
    by_member = select(GRANTS.c.member, func.count().label("cases")).group_by(GRANTS.c.member)
    held = {row.member: row.cases for row in tx.execute(by_member)}
    for row in tx.execute(select(EPOCHS)).all():
        if (epoch_purpose(row.member, row.id), row.generation) not in living:
            tx.execute(delete(EPOCHS).where(EPOCHS.c.member == row.member, EPOCHS.c.id == row.id))
    known = exists().where(EPOCHS.c.member == GRANTS.c.member, EPOCHS.c.id == GRANTS.c.epoch)
    tx.execute(delete(GRANTS).where(~known, GRANTS.c.member == RECOVERY))
    opens = {row.member: row.cases for row in tx.execute(by_member.where(known))}
    # Keep unreadable grants. They say who held the cases, so that the group can recover them.
    restored.members = {
        member: (opens.get(member, 0), n - opens.get(member, 0)) for member, n in held.items() if member != RECOVERY
    }


def _drop_cases(tx: Connection, day: str) -> None:
    tx.execute(delete(CASES).where(CASES.c.day == day))
    tx.execute(delete(schema.punctures).where(schema.punctures.c.day == day))


def _count(tx: Connection) -> int:
    known = exists().where(
        and_(
            GRANTS.c.day == CASES.c.day,
            GRANTS.c.case_id == CASES.c.id,
            EPOCHS.c.member == GRANTS.c.member,
            EPOCHS.c.id == GRANTS.c.epoch,
        )
    )
    return tx.scalar(select(func.count()).select_from(CASES).where(known)) or 0
