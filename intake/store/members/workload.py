"""Counts that the whole group sees: who has how many cases, what waits, what must be moved. No content, no case is named.

Counted in the order of the primary keys, so many cases at a time, so that nobody waits long however many there are.
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
WAITING_DAYS = 2  # a case that nobody has opened for so long is everyone's concern
STEP = 1000  # cases that are looked at in one go


@dataclass(frozen=True, slots=True)
class Departed:
    """Live cases that someone holds who is no longer a member.

    `by_colleagues` can be moved by another holder, `by_recovery` by the recovery key alone, `lost` by nobody.
    """

    by_colleagues: int = 0
    by_recovery: int = 0
    lost: int = 0


@dataclass(slots=True)
class Tally:
    """Numbers of live cases.

    `open`: those that are open, by member. `holders`: by all that hold one together, the recovery key among them.
    `waiting`, `waiting_by`: open ones that nobody has opened for two days, in all and by member.
    `hanging`: by the deal that they are granted to. `complete`: all were counted.
    """

    open: Counter[str] = field(default_factory=Counter)
    holders: Counter[frozenset[str]] = field(default_factory=Counter)
    waiting: int = 0
    waiting_by: Counter[str] = field(default_factory=Counter)
    hanging: Counter[str] = field(default_factory=Counter)
    complete: bool = False

    def alone(self) -> dict[str, int]:
        """Cases that one member alone holds, by member: what would be lost or recovered with them."""
        found: Counter[str] = Counter()
        for who, count in list(self.holders.items()):  # another thread may be counting
            if len(members := who - {RECOVERY}) == 1:
                found[next(iter(members))] += count
        return dict(found)

    def departed(self, members: Collection[str]) -> Departed:
        """What hangs on people who are not among `members` any more."""
        active = set(members)
        left = {who: count for who, count in list(self.holders.items()) if who - active - {RECOVERY}}
        by_colleagues = sum(count for who, count in left.items() if who & active)
        by_recovery = sum(count for who, count in left.items() if not who & active and RECOVERY in who)
        return Departed(by_colleagues, by_recovery, sum(left.values()) - by_colleagues - by_recovery)


Place = tuple[str, str]
"""Day and id of a case."""


def count(tx: Connection, today: dt.date, into: Tally, after: Place | None) -> Place | None:
    """Add the next `STEP` cases to a tally; the last of them, or None if there are no more."""
    key, of = tuple_(CASES.c.day, CASES.c.id), tuple_(GRANTS.c.day, GRANTS.c.case_id)
    cases = key > after if after else CASES.c.day > today.isoformat()
    grants = of > after if after else GRANTS.c.day > today.isoformat()
    order = select(CASES.c.day, CASES.c.id).where(cases).order_by(CASES.c.day, CASES.c.id)
    found = tx.execute(order.offset(STEP - 1).limit(1)).one_or_none()
    last = (found.day, found.id) if found else None
    if last:
        cases, grants = cases & (key <= last), grants & (of <= last)
    # Added up in the engine: a row for each case and grant would be as many turns at the interpreter's lock, and whoever looks
    # at a page would wait for them.
    for row in tx.execute(_alike(cases, today)):
        held = frozenset(row.holders.split(",")) if row.holders else frozenset()
        members = dict.fromkeys(held - {RECOVERY}, row.number)
        into.holders[held] += row.number
        if row.open:
            into.open.update(members)
        if row.waiting:
            into.waiting += row.number
            into.waiting_by.update(members)
    deals = select(GRANTS.c.epoch, func.count()).where(GRANTS.c.member == RECOVERY, grants).group_by(GRANTS.c.epoch)
    for deal, number in tx.execute(deals):
        into.hanging[deal] += number
    return last


def _alike(cases: ColumnElement[bool], today: dt.date) -> Select[Any]:
    """How many of some cases have the same holders, are open, wait."""
    since = (today - dt.timedelta(days=WAITING_DAYS)).isoformat()
    columns = CASES.c.day, CASES.c.id, CASES.c.open, CASES.c.opened, CASES.c.arrived
    held = (CASES.c.day == GRANTS.c.day) & (CASES.c.id == GRANTS.c.case_id)
    waiting = (CASES.c.open & ~CASES.c.opened & (CASES.c.arrived <= since)).label("waiting")
    holders = func.aggregate_strings(GRANTS.c.member, ",").label("holders")
    each = select(CASES.c.open, waiting, holders).outerjoin(GRANTS, held).where(cases).group_by(*columns).subquery()
    return select(*each.c, func.count().label("number")).group_by(*each.c)
