"""The days that are known of a store, against which a clock is checked, and what a wrong clock wrote: it is set right here.

docs/explanation/deletion.md, Clocks: a table lists every writer of a date.
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
SLACK = dt.timedelta(days=1)  # by which two honest clocks may differ


def known_days(tx: Connection) -> list[KnownDay]:
    """Days that cannot be in the future, by this store."""
    row = tx.execute(select(STORE.c.last_run, STORE.c.clock_day)).one_or_none()
    told = {"the last run": row.last_run, "the last day of this server": row.clock_day} if row else {}
    told["the newest snapshot"] = tx.scalar(select(func.max(schema.snapshots.c.day)))
    return [KnownDay(dt.date.fromisoformat(day), source) for source, day in told.items() if day]


def note_day(tx: Connection, today: dt.date) -> None:
    """Remember that a server believed its clock today."""
    last = tx.scalar(select(STORE.c.clock_day))
    if last is None or last < today.isoformat():
        tx.execute(update(STORE).values(clock_day=today.isoformat()))


@dataclass(frozen=True, slots=True)
class SetRight:
    """How many of each were dated in the future, and were set right."""

    entries: int = 0
    proposals: int = 0
    log: int = 0
    presences: int = 0
    cases: int = 0
    sessions: int = 0
    invites: int = 0
    rotations: int = 0
    tokens: int = 0
    snapshots: int = 0

    def told(self) -> dict[str, int]:
        """By name, those of which there were any."""
        return {field.name: count for field in fields(self) if (count := getattr(self, field.name))}


def set_right(tx: Connection, now: dt.datetime) -> SetRight:
    """Take back what is dated later than a clock that a person has confirmed.

    Entries of the key list that are dated in the future are removed: every client with a right clock refuses them.

    Raises:
        ClockError: the group was founded by the wrong clock; nothing was changed.
    """
    today, seconds = now.date(), int(now.timestamp())
    later = (today + SLACK).isoformat()
    tx.execute(update(STORE).where(STORE.c.last_run > today.isoformat()).values(last_run=today.isoformat()))
    tx.execute(update(STORE).values(clock_day=today.isoformat()))
    return SetRight(
        entries=_remove_entries(tx, later),
        proposals=_remove_proposals(tx, later),
        log=decisions.redate_log(tx, today),
        presences=_lower(tx, schema.presence, "seen", today.isoformat()),
        cases=_lower(tx, schema.cases, "arrived", today.isoformat()),
        sessions=tx.execute(delete(schema.sessions).where(schema.sessions.c.seen > seconds)).rowcount,
        invites=tx.execute(delete(schema.invites).where(schema.invites.c.expires > seconds + members.INVITE_SECONDS)).rowcount,
        rotations=_lower(tx, schema.rotations, "started", seconds),
        tokens=_lower(tx, schema.used_tokens, "until", later),
        snapshots=tx.execute(delete(schema.snapshots).where(schema.snapshots.c.day > later)).rowcount,
    )


def _remove_entries(tx: Connection, later: str) -> int:
    entries = members.entries(tx)
    first = next((number for number, entry in enumerate(entries) if _day(entry.body) > later), None)
    if first is None:
        return 0
    if first == 0:
        raise ClockError("the group itself was founded by the wrong clock: begin again with an empty data folder and key store")
    decisions.drop_proposals(tx)
    return tx.execute(delete(KEYLIST).where(KEYLIST.c.number >= first)).rowcount


def _remove_proposals(tx: Connection, later: str) -> int:
    future = [one for one in decisions.proposals(tx) if _day(one.body) > later]
    for one in future:
        decisions.put_proposal(tx, SignedEntry(body=one.body, signatures={}))
    return len(future)


def _lower(tx: Connection, table: Table, name: str, limit: str | int) -> int:
    return tx.execute(update(table).where(table.c[name] > limit).values({name: limit})).rowcount


def _day(body: str) -> str:
    return from_json(Body, body.encode()).day
