"""Counts that the whole group sees: who has how many cases, what waits, what must be moved. No content, no case is named.

Counted in the order of the primary keys, so many cases at a time, so that nobody waits long however many there are.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, tuple_

from crypto.recovery import RECOVERY
from intake.store import tables

CASES, GRANTS = tables.cases, tables.grants
WAITING_DAYS = 2  # a case that nobody has opened for so long is everyone's concern
STEP = 1000  # cases that are looked at in one go: some 20 ms


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
    since = (today - dt.timedelta(days=WAITING_DAYS)).isoformat()
    key, of = tuple_(CASES.c.day, CASES.c.id), tuple_(GRANTS.c.day, GRANTS.c.case_id)
    query = select(CASES.c.day, CASES.c.id, CASES.c.open, CASES.c.opened, CASES.c.arrived)
    query = query.where(key > after if after else CASES.c.day > today.isoformat())
    found = tx.execute(query.order_by(CASES.c.day, CASES.c.id).limit(STEP)).all()
    if not found:
        return None
    last = (found[-1].day, found[-1].id)
    held: dict[Place, list[tuple[str, str]]] = {}
    grants = select(GRANTS.c.day, GRANTS.c.case_id, GRANTS.c.member, GRANTS.c.epoch).where(of <= last)
    grants = grants.where(of > after if after else GRANTS.c.day > today.isoformat())
    for day, case, member, epoch in tx.execute(grants):
        held.setdefault((day, case), []).append((member, epoch))
    for row in found:
        grantees = held.get((row.day, row.id), [])
        members = [member for member, _ in grantees if member != RECOVERY]
        into.holders[frozenset(member for member, _ in grantees)] += 1
        into.hanging.update(epoch for member, epoch in grantees if member == RECOVERY)
        if row.open:
            into.open.update(members)
        if row.open and not row.opened and (row.arrived or "~") <= since:
            into.waiting += 1
            into.waiting_by.update(members)
    return last if len(found) == STEP else None
