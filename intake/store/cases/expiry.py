"""Changes the expiry day of cases: by closing, by reopening, by a hold, and by a requester who chooses an earlier day.

A change encrypts the case again under a leaf of the new day, and records the old leaf for a puncture. No change moves a case
past the day that its requester chose or saw. Each function that changes a case returns its leaf.
"""

import datetime as dt

from sqlalchemy import Connection, insert, select, update

from crypto.entry import Sequence as CaseSequence
from intake.store import schema
from intake.store.cases import cases, drafts
from intake.store.cases.cases import Case, NewGrant
from intake.store.cases.row_keys import RowKeys
from intake.store.cases.row_sealer import Leaf, RowSealer
from intake.store.errors import NotThereError
from retention import policy
from retention.errors import LostKeyError
from retention.policy import Policy

CASES, HOLDS = schema.cases, schema.holds


def close(tx: Connection, row_keys: RowKeys, case: Case, rules: Policy, today: dt.date) -> Leaf:
    """Close a case. It expires some days after closing or when a hold ends, and never later than before."""
    held = held_until(tx, case.location)
    day = rules.after_closing(_day(case.location.day), today, _day(held) if held else dt.date.min)
    location = move(tx, row_keys, case, day.isoformat())
    tx.execute(update(CASES).where(CASES.c.id == location.case, CASES.c.day == location.day).values(open=False))
    return location


def shorten(tx: Connection, row_keys: RowKeys, case: Case, day: str) -> Leaf:
    """Set the earlier day that the requester chose. No later change moves the case past it."""
    location = move(tx, row_keys, case, min(day, case.location.day))
    tx.execute(update(CASES).where(CASES.c.id == location.case, CASES.c.day == location.day).values(latest_expiry=day))
    return location


def reopen(tx: Connection, row_keys: RowKeys, case: Case, rules: Policy, today: dt.date) -> Leaf:
    """Open a closed case again, after a message of its requester or for a coordinator, with some days left to answer."""
    if case.open:
        return case.location
    day = rules.after_activity(_day(case.location.day), _day(case.latest_expiry), today)
    location = move(tx, row_keys, case, day.isoformat())
    tx.execute(update(CASES).where(CASES.c.id == location.case, CASES.c.day == location.day).values(open=True))
    return location


def keep_while_held(tx: Connection, row_keys: RowKeys, case: Case, until: str) -> Leaf:
    """Move a closed case to the last day of its hold, if it would expire before."""
    if case.open:
        return case.location
    return move(
        tx, row_keys, case, policy.while_held(_day(case.location.day), _day(case.latest_expiry), _day(until)).isoformat()
    )


def held_until(tx: Connection, location: Leaf) -> str | None:
    """Return the last day of the hold on a case, or None unless two members have signed one."""
    return tx.scalar(select(HOLDS.c.held_until).where(HOLDS.c.day == location.day, HOLDS.c.case_id == location.case)) or None


def move(tx: Connection, row_keys: RowKeys, case: Case, day: str) -> Leaf:
    """Encrypt a case again under a leaf of `day`. Does nothing if the case expires on that day already."""
    old = case.location
    if day == old.day:
        return old
    row = tx.execute(select(CASES).where(CASES.c.id == old.case, CASES.c.day == old.day)).one()
    for_receipt = cases.receipt_grant(tx, row_keys, old)
    grants = [(grant, _opened(tx, row_keys, old, grant.member)) for grant in cases.grants(tx, old)]
    sealed_grants = {row.member: row.file for row in tx.execute(select(schema.grants).where(cases.of_case(schema.grants, old)))}
    entries = [(which, entry) for which in CaseSequence for entry in cases.entries(tx, row_keys, old, which)]
    of_old = select(schema.entries).where(cases.of_case(schema.entries, old))
    for_requester = {(r.sequence, r.number): r.for_requester for r in tx.execute(of_old)}
    members_drafts = drafts.all_of(tx, row_keys, old)
    hold = tx.execute(select(HOLDS).where(cases.of_case(HOLDS, old))).one_or_none()
    cases.withdraw(tx, old)
    sealer = RowSealer(row_keys, tx)
    new = sealer.take_leaf(old.case, day)
    tombstone_until = policy.tombstone_until_after_move(_day(row.tombstone_until), _day(old.day), _day(day)).isoformat()
    sealed = sealer.seal(new, "cases", "receipt", for_receipt)
    values = {
        "day": new.day,
        "leaf": new.leaf,
        "tombstone_until": tombstone_until,
        "receipt_grant": sealed,
        "row_id": schema.new_row_id(new.day),
    }
    tx.execute(insert(CASES).values(**{**row._mapping, **values}))
    for which, entry in entries:
        assert entry.file is not None
        visible = for_requester[which.value, entry.number]
        cases.insert_entry(sealer, new, which, entry.number, entry.file, for_requester=visible)
    cases.insert_grants(sealer, new, [opened for _, opened in grants if opened])
    for grant, opened in grants:
        if opened is None:
            # The member has left, and their epoch key is destroyed. The unreadable grant still says who held the case.
            row_of = {"member": grant.member, "epoch": grant.epoch, "file": sealed_grants[grant.member]}
            tx.execute(insert(schema.grants).values(day=new.day, case_id=new.case, **row_of))
    for member, draft in members_drafts.items():
        drafts.put(tx, row_keys, new, member, draft)
    if hold:
        tx.execute(insert(HOLDS).values(**{**hold._mapping, "day": new.day}))
    return new


def _opened(tx: Connection, row_keys: RowKeys, location: Leaf, member: str) -> NewGrant | None:
    try:
        return NewGrant(member, *cases.grant_of(tx, row_keys, location, member))
    except (NotThereError, LostKeyError):
        return None


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
