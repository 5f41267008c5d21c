"""Lists the days that a clock must not contradict, and corrects the dates that a wrong clock wrote.

Every place that writes a date is listed in docs/explanation/deletion.md, Clocks.
"""

import datetime as dt
from dataclasses import dataclass, fields

from sqlalchemy import Connection, Table, delete, func, select, update

from crypto.encoding import from_json
from crypto.keylist import Body, SignedEntry
from intake.store import schema
from intake.store.members import decisions, members
from retention.clock import KnownDay
from retention.errors import ClockError

STORE, KEYLIST = schema.store, schema.keylist
SLACK = dt.timedelta(days=1)  # two correct clocks may differ by this much


def known_days(tx: Connection) -> list[KnownDay]:
    """Return the days in this store that cannot be in the future."""
    row = tx.execute(select(STORE.c.last_run, STORE.c.clock_day)).one_or_none()
    days = {"the last run": row.last_run, "the last day of this server": row.clock_day} if row else {}
    days["the newest snapshot"] = tx.scalar(select(func.max(schema.snapshots.c.day)))
    return [KnownDay(dt.date.fromisoformat(day), source) for source, day in days.items() if day]


def note_day(tx: Connection, today: dt.date) -> None:
    """Record that a server accepted its clock today."""
    last = tx.scalar(select(STORE.c.clock_day))
    if last is None or last < today.isoformat():
        tx.execute(update(STORE).values(clock_day=today.isoformat()))


@dataclass(frozen=True, slots=True)
class Corrections:
    """How many rows of each kind were dated in the future and were corrected."""

    entries: int = 0
    proposals: int = 0
    group_log: int = 0
    presences: int = 0
    cases: int = 0
    sessions: int = 0
    invites: int = 0
    rotations: int = 0
    tokens: int = 0
    snapshots: int = 0

    def nonzero(self) -> dict[str, int]:
        """Return the counts above zero, by name."""
        return {field.name: count for field in fields(self) if (count := getattr(self, field.name))}


def correct(tx: Connection, now: dt.datetime) -> Corrections:
    """Correct every date that is later than `now`, after an operator has confirmed the clock.

    Delete entries of the key list from the future, because every client with a correct clock refuses them.

    Args:
        tx: an open transaction.
        now: the present time, UTC.

    Returns:
        How many rows of each kind were corrected.

    Raises:
        ClockError: the first entry of the key list is from the future. Nothing was changed.
    """
    today, seconds = now.date(), int(now.timestamp())
    later = (today + SLACK).isoformat()
    tx.execute(update(STORE).where(STORE.c.last_run > today.isoformat()).values(last_run=today.isoformat()))
    tx.execute(update(STORE).values(clock_day=today.isoformat()))
    return Corrections(
        entries=_remove_entries(tx, later),
        proposals=_remove_proposals(tx, later),
        group_log=decisions.redate_log(tx, today),
        presences=_lower(tx, schema.presence, "last_sign_in", today.isoformat()),
        cases=_lower(tx, schema.cases, "arrived", today.isoformat()),
        sessions=tx.execute(delete(schema.sessions).where(schema.sessions.c.last_used > seconds)).rowcount,
        invites=tx.execute(delete(schema.invites).where(schema.invites.c.expires > seconds + members.INVITE_SECONDS)).rowcount,
        rotations=_lower(tx, schema.rotations, "started", seconds),
        tokens=_lower(tx, schema.used_tokens, "valid_until", later),
        snapshots=tx.execute(delete(schema.snapshots).where(schema.snapshots.c.day > later)).rowcount,
    )


def _remove_entries(tx: Connection, later: str) -> int:
    entries = members.entries(tx)
    first = next((number for number, entry in enumerate(entries) if _day(entry.body) > later), None)
    if first is None:
        return 0
    if first == 0:
        raise ClockError(
            "the group was founded with a wrong clock. Nothing was changed. Start again with an empty data folder and key store"
        )
    decisions.drop_proposals(tx)
    return tx.execute(delete(KEYLIST).where(KEYLIST.c.number >= first)).rowcount


def _remove_proposals(tx: Connection, later: str) -> int:
    future = [proposal for proposal in decisions.proposals(tx) if _day(proposal.body) > later]
    for proposal in future:
        decisions.put_proposal(tx, SignedEntry(body=proposal.body, signatures={}))
    return len(future)


def _lower(tx: Connection, table: Table, name: str, limit: str | int) -> int:
    return tx.execute(update(table).where(table.c[name] > limit).values({name: limit})).rowcount


def _day(body: str) -> str:
    return from_json(Body, body.encode()).day
