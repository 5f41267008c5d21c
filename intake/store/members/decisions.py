"""Stores the group's decisions: proposals, the log, presence, and what a departure deletes."""

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

LOG, PRESENCE = schema.group_log, schema.presence
NEVER = ""
INACTIVE_DAYS = 30  # days without a sign-in until a member gets no new cases and can be proposed for removal


class LogEntry(Shape, frozen=True):
    """An event of the group's log: kind, day, the member who acted or is concerned, and a detail that depends on the kind."""

    format: str
    number: int
    previous: str
    day: str
    kind: str
    member: str
    what: str


@dataclass(frozen=True, slots=True)
class Presence:
    """The day of a member's last sign-in, whether they take new cases, and whether sign-in requires two factors."""

    last_sign_in: str | None = None
    on_duty: bool = True
    passkey_required: bool = False


def proposals(tx: Connection) -> list[SignedEntry]:
    """Return the proposed entries that do not have enough signatures yet."""
    rows = tx.execute(select(schema.proposals).order_by(schema.proposals.c.hash))
    return [SignedEntry(body=row.body, signatures=flat(row.signatures, "a proposal")) for row in rows]


def put_proposal(tx: Connection, entry: SignedEntry) -> None:
    """Store a proposed entry with its signatures, or delete it if it has none."""
    tx.execute(delete(schema.proposals).where(schema.proposals.c.hash == entry.hash))
    if entry.signatures:
        values = {"hash": entry.hash, "body": entry.body, "signatures": json.dumps(entry.signatures)}
        tx.execute(insert(schema.proposals).values(values))


def drop_proposals(tx: Connection, decided: str = "") -> None:
    """Delete every proposal: after the key list has grown, none of them continues it.

    Args:
        tx: an open transaction.
        decided: the hash of the decided proposal, if any. The shares that members gave for other proposals are deleted.
    """
    undecided = select(schema.proposals.c.hash).where(schema.proposals.c.hash != decided)
    tx.execute(delete(schema.recovery_shares).where(schema.recovery_shares.c.purpose.in_(undecided)))
    tx.execute(delete(schema.proposals))


def append_to_log(tx: Connection, day: dt.date, kind: str, member: str = "", what: str = "") -> None:
    """Append an event to the group's log, with the hash of the previous one."""
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


def log_texts(tx: Connection) -> list[str]:
    """Return the texts of the group's log, oldest first."""
    return list(tx.scalars(select(LOG.c.body).order_by(LOG.c.number)))


def purge_log(tx: Connection, before: dt.date) -> int:
    """Delete the events before a day, and return how many. Keep the newest entry, so that the chain continues.

    Delete only from the beginning, because an entry that a wrong clock dated too early must not leave a gap in the chain.
    """
    newest = tx.scalar(select(func.max(LOG.c.number)))
    if newest is None:
        return 0
    kept = tx.scalar(select(func.min(LOG.c.number)).where(LOG.c.day >= before.isoformat()))
    return tx.execute(delete(LOG).where(LOG.c.number < (newest if kept is None else kept))).rowcount


def redate_log(tx: Connection, today: dt.date) -> int:
    """Date entries from the future today, and chain them again. Return how many were dated in the future."""
    rows = tx.execute(select(LOG).order_by(LOG.c.number)).all()
    first = next((index for index, row in enumerate(rows) if row.day > today.isoformat()), None)
    if first is None:
        return 0
    entries = [from_json(LogEntry, row.body.encode()) for row in rows[first:]]
    tx.execute(delete(LOG).where(LOG.c.number >= entries[0].number))
    for entry in entries:
        append_to_log(tx, min(today, parse_day(entry.day)), entry.kind, entry.member, entry.what)
    return sum(entry.day > today.isoformat() for entry in entries)


def check_log(texts: list[str]) -> bool:
    """Return whether each text contains the hash of the previous one."""
    for before, text in pairwise(texts):
        entry, earlier = (from_json(LogEntry, body.encode()) for body in (text, before))
        if entry.previous != labelled_hash(Label.LOG, before.encode()) or entry.number != earlier.number + 1:
            return False
    return True


def presence(tx: Connection) -> dict[str, Presence]:
    """Return the stored presence, by member."""
    return {row.member: Presence(row.last_sign_in, row.on_duty, row.passkey_required) for row in tx.execute(select(PRESENCE))}


def set_presence(tx: Connection, member: str, **changed: str | bool) -> None:
    """Change some fields of a member's presence."""
    if presence(tx).get(member) is None:
        values = {**msgspec.to_builtins(Presence()), **changed}
        tx.execute(insert(PRESENCE).values(member=member, **values))
    else:
        tx.execute(update(PRESENCE).where(PRESENCE.c.member == member).values(**changed))


def members_with_keys(tx: Connection) -> set[str]:
    """Return everyone who has a key, keyring, unlocker or session in the store."""
    ids: set[str] = set()
    for table in (schema.epochs, schema.keyrings, schema.unlockers, schema.sessions):
        ids |= set(tx.scalars(select(table.c.member)))
    return ids


def forget_member(tx: Connection, member: str) -> None:
    """Delete everything that a member signs in with or decrypts grants with, and retire the deletion keys."""
    epochs = schema.epochs
    retired = [epoch_purpose(member, epoch) for epoch in tx.scalars(select(epochs.c.id).where(epochs.c.member == member))]
    for purpose in (*retired, keyring_purpose(member)):
        retire(tx, purpose)
    for table in (epochs, schema.keyrings, schema.unlockers, schema.sessions, schema.passkeys, schema.notices,
                  schema.due_notices, schema.rotations, schema.staged_grants, schema.drafts, schema.recovery_shares,
                  PRESENCE):  # fmt: skip
        tx.execute(delete(table).where(table.c.member == member))
    tx.execute(delete(schema.members).where(schema.members.c.id == member))
    tx.execute(delete(schema.invites).where(schema.invites.c.inviter == member))


def retire(tx: Connection, purpose: str) -> None:
    """Record that nothing needs the deletion keys of a purpose. The next run destroys them."""
    if tx.scalar(select(schema.retired_purposes.c.purpose).where(schema.retired_purposes.c.purpose == purpose)) is None:
        tx.execute(insert(schema.retired_purposes).values(purpose=purpose))
