"""Cases that change their day: closed, reopened for a while by new activity, held. Sealed anew under a leaf of the new day.

The old leaf then waits to be punctured. Nothing moves a case past the day its requester chose or was told.
"""

import datetime as dt

from sqlalchemy import Connection, insert, select, update

from crypto.entry import Sequence as Which
from intake.store import schema
from intake.store.cases import cases
from intake.store.cases.cases import Case, NewGrant
from intake.store.cases.row_keys import RowKeys
from intake.store.cases.row_sealer import Leaf, RowSealer
from intake.store.errors import NotThereError
from retention import policy
from retention.errors import LostKeyError
from retention.policy import Policy

CASES, HOLDS = schema.cases, schema.holds


def close(tx: Connection, row_keys: RowKeys, case: Case, rules: Policy, today: dt.date) -> Leaf:
    """Close a case: it goes on its day after closing, or when a hold ends, never later than it would have."""
    held = held_until(tx, case.where)
    day = rules.after_closing(_day(case.where.day), today, _day(held) if held else dt.date.min)
    where = move(tx, row_keys, case, day.isoformat())
    tx.execute(update(CASES).where(CASES.c.id == where.case, CASES.c.day == where.day).values(open=False))
    return where


def shorten(tx: Connection, row_keys: RowKeys, case: Case, day: str) -> Leaf:
    """Its requester chooses an earlier day; nothing moves the case past it from then on."""
    where = move(tx, row_keys, case, min(day, case.where.day))
    tx.execute(update(CASES).where(CASES.c.id == where.case, CASES.c.day == where.day).values(latest=day))
    return where


def keep_for_activity(tx: Connection, row_keys: RowKeys, case: Case, rules: Policy, today: dt.date) -> Leaf:
    """What a requester writes to a closed case opens it again, with time to answer."""
    if case.open:
        return case.where
    day = rules.after_activity(_day(case.where.day), _day(case.latest), today)
    where = move(tx, row_keys, case, day.isoformat())
    tx.execute(update(CASES).where(CASES.c.id == where.case, CASES.c.day == where.day).values(open=True))
    return where


def keep_while_held(tx: Connection, row_keys: RowKeys, case: Case, until: str) -> Leaf:
    """A hold on a case that is closed already takes it back to a later day."""
    if case.open:
        return case.where
    return move(tx, row_keys, case, policy.while_held(_day(case.where.day), _day(case.latest), _day(until)).isoformat())


def held_until(tx: Connection, where: Leaf) -> str | None:
    """The end of the hold on a case, if there is one that two have signed."""
    return tx.scalar(select(HOLDS.c.until).where(HOLDS.c.day == where.day, HOLDS.c.case_id == where.case)) or None


def move(tx: Connection, row_keys: RowKeys, case: Case, day: str) -> Leaf:
    """Seal a case anew under a leaf of `day`; the same day changes nothing."""
    old = case.where
    if day == old.day:
        return old
    row = tx.execute(select(CASES).where(CASES.c.id == old.case, CASES.c.day == old.day)).one()
    for_receipt = cases.receipt_grant(tx, row_keys, old)
    held = [(grant, _opened(tx, row_keys, old, grant.member)) for grant in cases.grants(tx, old)]
    dead = {row.member: row.file for row in tx.execute(select(schema.grants).where(cases.of_case(schema.grants, old)))}
    said = [(which, entry) for which in Which for entry in cases.entries(tx, row_keys, old, which)]
    of_old = select(schema.entries).where(cases.of_case(schema.entries, old))
    for_requester = {(r.sequence, r.number): r.for_requester for r in tx.execute(of_old)}
    hold = tx.execute(select(HOLDS).where(cases.of_case(HOLDS, old))).one_or_none()
    cases.withdraw(tx, old)
    sealer = RowSealer(row_keys, tx)
    new = sealer.take_leaf(old.case, day)
    told = policy.told_after_move(_day(row.told_until), _day(old.day), _day(day)).isoformat()
    sealed = sealer.seal(new, "cases", "receipt", for_receipt)
    values = {"day": new.day, "leaf": new.leaf, "told_until": told, "receipt_grant": sealed, "place": schema.place_in(new.day)}
    tx.execute(insert(CASES).values(**{**row._mapping, **values}))
    for which, entry in said:
        assert entry.file is not None
        shown = for_requester[which.value, entry.number]
        cases.insert_entry(sealer, new, which, entry.number, entry.file, for_requester=shown)
    cases.insert_grants(sealer, new, [opened for _, opened in held if opened])
    for grant, opened in held:
        if opened is None:
            # Its epoch is gone, with whoever left: nobody can open it, and it says whose the case was.
            row_of = {"member": grant.member, "epoch": grant.epoch, "file": dead[grant.member]}
            tx.execute(insert(schema.grants).values(day=new.day, case_id=new.case, **row_of))
    if hold:
        tx.execute(insert(HOLDS).values(**{**hold._mapping, "day": new.day}))
    return new


def _opened(tx: Connection, row_keys: RowKeys, where: Leaf, member: str) -> NewGrant | None:
    try:
        return NewGrant(member, *cases.grant_of(tx, row_keys, where, member))
    except (NotThereError, LostKeyError):
        return None


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
