"""The group's decisions as stored: proposals, who leaves, the log, presence. Nothing here can be opened by the server."""

import datetime as dt
import json
from dataclasses import dataclass
from itertools import pairwise

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from crypto.encoding import Shape, from_json, parse_day, to_json
from crypto.keylist import SignedEntry
from crypto.labels import Label
from crypto.signing import labelled_hash
from intake.store import schema
from intake.store.cases.row_keys import epoch_purpose, keyring_purpose
from intake.store.json_text import flat

LOG, PRESENCE = schema.log, schema.presence
NEVER = ""
INACTIVE_DAYS = 30  # without a sign-in: locked out of new cases, then proposed for removal


class LogEntry(Shape, frozen=True):
    """What happened: a kind, who did it or whom it is about, and a word or number that the kind needs; days only."""

    format: str
    number: int
    previous: str
    day: str
    kind: str
    member: str
    what: str


@dataclass(frozen=True, slots=True)
class Presence:
    """When a member last signed in (a day, or None), whether they take new cases, whether sign-in needs two factors."""

    seen: str | None = None
    on_duty: bool = True
    strict: bool = False


def proposals(tx: Connection) -> list[SignedEntry]:
    """Entries that too few have signed so far."""
    rows = tx.execute(select(schema.proposals).order_by(schema.proposals.c.hash))
    return [SignedEntry(body=row.body, signatures=flat(row.signatures, "a proposal")) for row in rows]


def put_proposal(tx: Connection, entry: SignedEntry) -> None:
    """Keep an entry with the signatures that it has; without any it is dropped."""
    tx.execute(delete(schema.proposals).where(schema.proposals.c.hash == entry.hash))
    if entry.signatures:
        values = {"hash": entry.hash, "body": entry.body, "signatures": json.dumps(entry.signatures)}
        tx.execute(insert(schema.proposals).values(values))


def drop_proposals(tx: Connection) -> None:
    """The list has grown: none of them continues it any more."""
    tx.execute(delete(schema.proposals))


def log(tx: Connection, day: dt.date, kind: str, member: str = "", what: str = "") -> None:
    """Write down what happened, chained to what was written before."""
    last = tx.execute(select(LOG).order_by(LOG.c.number.desc()).limit(1)).one_or_none()
    entry = LogEntry(
        format=Label.LOG.value,
        number=last.number + 1 if last else 0,
        previous=labelled_hash(Label.LOG, last.body.encode()) if last else NEVER,
        day=day.isoformat(),
        kind=kind,
        member=member,
        what=what,
    )
    tx.execute(insert(LOG).values(number=entry.number, day=entry.day, body=to_json(entry).decode()))


def logged(tx: Connection) -> list[str]:
    """The log's texts, oldest first."""
    return list(tx.scalars(select(LOG.c.body).order_by(LOG.c.number)))


def purge_log(tx: Connection, before: dt.date) -> int:
    """Forget what happened before a day; the newest entry stays, so that the chain goes on from it.

    Only from the beginning on: an entry that a wrong clock dated too early must not leave a gap in the chain.
    """
    newest = tx.scalar(select(func.max(LOG.c.number)))
    if newest is None:
        return 0
    kept = tx.scalar(select(func.min(LOG.c.number)).where(LOG.c.day >= before.isoformat()))
    gone = tx.execute(delete(LOG).where(LOG.c.number < (newest if kept is None else kept)))
    return gone.rowcount


def redate_log(tx: Connection, today: dt.date) -> int:
    """Write entries that are dated in the future down anew, as of today; how many."""
    rows = tx.execute(select(LOG).order_by(LOG.c.number)).all()
    first = next((index for index, row in enumerate(rows) if row.day > today.isoformat()), None)
    if first is None:
        return 0
    again = [from_json(LogEntry, row.body.encode()) for row in rows[first:]]
    tx.execute(delete(LOG).where(LOG.c.number >= again[0].number))
    for entry in again:
        log(tx, min(today, parse_day(entry.day)), entry.kind, entry.member, entry.what)
    return sum(entry.day > today.isoformat() for entry in again)


def check_log(texts: list[str]) -> bool:
    """Whether each text names the hash of the one before it."""
    for before, text in pairwise(texts):
        entry, earlier = (from_json(LogEntry, one.encode()) for one in (text, before))
        if entry.previous != labelled_hash(Label.LOG, before.encode()) or entry.number != earlier.number + 1:
            return False
    return True


def presence(tx: Connection) -> dict[str, Presence]:
    """Of everyone who has one, by member."""
    return {row.member: Presence(row.seen, row.on_duty, row.strict) for row in tx.execute(select(PRESENCE))}


def set_presence(tx: Connection, member: str, **changed: str | bool) -> None:
    """Change some of a member's presence."""
    known = presence(tx).get(member)
    if known is None:
        values = {**msgspec.to_builtins(Presence()), **changed}
        tx.execute(insert(PRESENCE).values(member=member, **values))
    else:
        tx.execute(update(PRESENCE).where(PRESENCE.c.member == member).values(**changed))


def members_with_keys(tx: Connection) -> set[str]:
    """Everyone of whom something is stored that only a member or candidate has."""
    found: set[str] = set()
    for table in (schema.epochs, schema.keyrings, schema.unlockers, schema.sessions):
        found |= set(tx.scalars(select(table.c.member)))
    return found


def forget_member(tx: Connection, member: str) -> None:
    """Delete all that a member signs in with and opens grants with; the deletion keys then wait to be destroyed."""
    epochs = schema.epochs
    gone = [epoch_purpose(member, epoch) for epoch in tx.scalars(select(epochs.c.id).where(epochs.c.member == member))]
    for purpose in (*gone, keyring_purpose(member)):
        retire(tx, purpose)
    for table in (epochs, schema.keyrings, schema.unlockers, schema.sessions, schema.passkeys, schema.notices,
                  schema.due, schema.rotations, schema.staged, schema.shares, PRESENCE):  # fmt: skip
        tx.execute(delete(table).where(table.c.member == member))
    tx.execute(delete(schema.members).where(schema.members.c.id == member))
    tx.execute(delete(schema.invites).where(schema.invites.c.inviter == member))


def retire(tx: Connection, purpose: str) -> None:
    """Nothing needs the deletion keys of `purpose` any more."""
    if tx.scalar(select(schema.retired.c.purpose).where(schema.retired.c.purpose == purpose)) is None:
        tx.execute(insert(schema.retired).values(purpose=purpose))
