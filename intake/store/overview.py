"""Counts that the whole group sees: who has how many cases, what waits, what must be moved. No content, no case is named."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from crypto.recovery import RECOVERY
from intake.store import tables

CASES, GRANTS = tables.cases, tables.grants
WAITING_DAYS = 2  # a case that nobody has opened for so long is everyone's concern


@dataclass(frozen=True, slots=True)
class Departed:
    """Live cases that someone holds who is no longer a member.

    `by_colleagues` can be moved by another holder, `by_recovery` by the recovery key alone, `lost` by nobody.
    """

    by_colleagues: int = 0
    by_recovery: int = 0
    lost: int = 0


def waiting(tx: Connection, today: dt.date) -> tuple[int, dict[str, int]]:
    """Live open cases that nobody has opened for two days: how many, and how many by holder."""
    since = (today - dt.timedelta(days=WAITING_DAYS)).isoformat()
    late = CASES.c.open, CASES.c.opened.is_(False), CASES.c.arrived <= since, CASES.c.day > today.isoformat()
    total = tx.scalar(select(func.count()).select_from(CASES).where(*late)) or 0
    query = select(GRANTS.c.member, func.count()).join(CASES, (CASES.c.day == GRANTS.c.day) & (CASES.c.id == GRANTS.c.case_id))
    rows = tx.execute(query.where(*late, GRANTS.c.member != RECOVERY).group_by(GRANTS.c.member))
    return total, {row[0]: row[1] for row in rows}


def departed(tx: Connection, members: Collection[str], today: dt.date) -> Departed:
    """What hangs on people who left."""
    query = select(GRANTS.c.day, GRANTS.c.case_id, GRANTS.c.member).where(GRANTS.c.day > today.isoformat())
    holders: dict[tuple[str, str], set[str]] = {}
    for row in tx.execute(query):
        holders.setdefault((row.day, row.case_id), set()).add(row.member)
    left = [who for who in holders.values() if who - set(members) - {RECOVERY}]
    by_colleagues = sum(1 for who in left if who & set(members))
    by_recovery = sum(1 for who in left if not who & set(members) and RECOVERY in who)
    return Departed(by_colleagues, by_recovery, len(left) - by_colleagues - by_recovery)


def held_alone(tx: Connection, today: dt.date) -> dict[str, int]:
    """Live cases that one member alone holds, by member: what would be lost or recovered with them."""
    of_case = select(GRANTS.c.day, GRANTS.c.case_id, func.min(GRANTS.c.member).label("member"))
    of_case = of_case.where(GRANTS.c.member != RECOVERY, GRANTS.c.day > today.isoformat())
    alone = of_case.group_by(GRANTS.c.day, GRANTS.c.case_id).having(func.count() == 1).subquery()
    return {row[0]: row[1] for row in tx.execute(select(alone.c.member, func.count()).group_by(alone.c.member))}
