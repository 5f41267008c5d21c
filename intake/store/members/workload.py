"""Counts what the whole group sees: cases by member, unopened cases, and cases by recovery key. Names no case.

It counts in chunks, in the order of the primary key, so that no transaction takes long.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, tuple_

from crypto.recovery import RECOVERY
from intake.store import schema

CASES, GRANTS = schema.cases, schema.grants
WAITING_DAYS = 2  # days after which an unopened case counts as waiting
STEP = 1000  # cases that one transaction counts


@dataclass(frozen=True, slots=True)
class Departed:
    """How many cases former members still hold.

    Another holder can move those of `by_colleagues`. Only the recovery key can move those of `by_recovery`, and nobody those of
    `lost`.
    """

    by_colleagues: int = 0
    by_recovery: int = 0
    lost: int = 0


@dataclass(slots=True)
class Tally:
    """Numbers of cases.

    Attributes:
        open: open cases by member.
        holders: cases by the set of their holders, including the recovery key.
        waiting: open cases that nobody has opened for two days.
        waiting_by: the same, by member.
        recovery_grants: cases by the recovery key to which they are granted.
        complete: whether every case is counted.
    """

    open: Counter[str] = field(default_factory=Counter)
    holders: Counter[frozenset[str]] = field(default_factory=Counter)
    waiting: int = 0
    waiting_by: Counter[str] = field(default_factory=Counter)
    recovery_grants: Counter[str] = field(default_factory=Counter)
    complete: bool = False

    def sole_holder(self) -> dict[str, int]:
        """Return the number of cases that only one member holds, by member."""
        counts: Counter[str] = Counter()
        for who, count in list(self.holders.items()):  # copied, because another thread may be counting
            if len(members := who - {RECOVERY}) == 1:
                counts[next(iter(members))] += count
        return dict(counts)

    def departed(self, members: Collection[str]) -> Departed:
        """Count the cases that anyone outside `members` holds."""
        active = set(members)
        left = {who: count for who, count in list(self.holders.items()) if who - active - {RECOVERY}}
        by_colleagues = sum(count for who, count in left.items() if who & active)
        by_recovery = sum(count for who, count in left.items() if not who & active and RECOVERY in who)
        return Departed(by_colleagues, by_recovery, sum(left.values()) - by_colleagues - by_recovery)


CaseKey = tuple[str, str]
"""The day and the id of a case."""


def count(tx: Connection, today: dt.date, into: Tally, after: CaseKey | None) -> CaseKey | None:
    """Add the next `STEP` cases to a tally. Return the last of them, or None if there are no more."""
    key, of = tuple_(CASES.c.day, CASES.c.id), tuple_(GRANTS.c.day, GRANTS.c.case_id)
    cases = key > after if after else CASES.c.day > today.isoformat()
    grants = of > after if after else GRANTS.c.day > today.isoformat()
    order = select(CASES.c.day, CASES.c.id).where(cases).order_by(CASES.c.day, CASES.c.id)
    row = tx.execute(order.offset(STEP - 1).limit(1)).one_or_none()
    last = (row.day, row.id) if row else None
    if last:
        cases, grants = cases & (key <= last), grants & (of <= last)
    # Let the engine add up. A fetched row for each case and grant would hold the interpreter's lock and delay other requests.
    for row in tx.execute(_grouped(cases, today)):
        held = frozenset(row.holders.split(",")) if row.holders else frozenset()
        members = dict.fromkeys(held - {RECOVERY}, row.number)
        into.holders[held] += row.number
        if row.open:
            into.open.update(members)
        if row.waiting:
            into.waiting += row.number
            into.waiting_by.update(members)
    counts = select(GRANTS.c.epoch, func.count()).where(GRANTS.c.member == RECOVERY, grants).group_by(GRANTS.c.epoch)
    for deal, number in tx.execute(counts):
        into.recovery_grants[deal] += number
    return last


def _grouped(cases: ColumnElement[bool], today: dt.date) -> Select[Any]:
    """Return a query that groups cases by holders, open and waiting, and counts each group."""
    since = (today - dt.timedelta(days=WAITING_DAYS)).isoformat()
    columns = CASES.c.day, CASES.c.id, CASES.c.open, CASES.c.opened, CASES.c.arrived
    held = (CASES.c.day == GRANTS.c.day) & (CASES.c.id == GRANTS.c.case_id)
    waiting = (CASES.c.open & ~CASES.c.opened & (CASES.c.arrived <= since)).label("waiting")
    holders = func.aggregate_strings(GRANTS.c.member, ",").label("holders")
    each = select(CASES.c.open, waiting, holders).outerjoin(GRANTS, held).where(cases).group_by(*columns).subquery()
    return select(*each.c, func.count().label("number")).group_by(*each.c)
