"""Stores the key list, epoch keys, keyrings, invitations and sessions. The server cannot decrypt keyrings or names."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from crypto import dayroot
from crypto.dayroot import DeletionKeyName
from crypto.encoding import to_json
from crypto.keylist import SignedEntry
from crypto.labels import Label
from crypto.recovery import RECOVERY
from crypto.signing import Signed
from intake.store import schema
from intake.store.cases.row_keys import RowKeys, epoch_purpose, keyring_purpose
from intake.store.errors import ConflictError, NotThereError
from intake.store.json_text import flat
from intake.store.members import keyring_copies

INVITE_SECONDS = 3 * 24 * 3600  # life of an enrolment link for a colleague. No other link is valid longer


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's current epoch key: its id and its signed statement (JSON)."""

    member: str
    epoch: str
    statement: str


@dataclass(frozen=True, slots=True)
class Session:
    """A desk session: its member, and the seconds (since 1970) of its start and of its last use."""

    member: str
    started: int
    last_used: int


def entries(tx: Connection) -> list[SignedEntry]:
    """Return the key list, in order."""
    rows = tx.execute(select(schema.keylist).order_by(schema.keylist.c.number))
    return [
        SignedEntry(
            body=row.body,
            signatures=flat(row.signatures, "the key list"),
            evidence=Signed(**flat(row.evidence, "the key list")) if row.evidence else None,
        )
        for row in rows
    ]


def last_entry(tx: Connection) -> tuple[int, str, str] | None:
    """Return number, body and signatures (JSON) of the key list's last entry, or None without one."""
    table = schema.keylist
    row = tx.execute(select(table).order_by(table.c.number.desc()).limit(1)).one_or_none()
    return (row.number, row.body, row.signatures) if row is not None else None


def append_entry(tx: Connection, number: int, entry: SignedEntry) -> None:
    """Append an entry to the key list.

    Raises:
        ConflictError: the number is taken.
    """
    table = schema.keylist
    if tx.scalar(select(table.c.number).where(table.c.number == number)) is not None:
        raise ConflictError("another member has changed the key list since it was read")
    evidence = to_json(entry.evidence).decode() if entry.evidence else None
    values = {"body": entry.body, "signatures": json.dumps(entry.signatures), "evidence": evidence}
    tx.execute(insert(table).values(number=number, **values))


def add_candidate(tx: Connection, member: str, candidate: str, name: bytes | None) -> None:
    """Store the keys of a candidate.

    Raises:
        ConflictError: the id is taken.
    """
    if tx.scalar(select(schema.members.c.id).where(schema.members.c.id == member)) is not None:
        raise ConflictError("this member id is taken")
    tx.execute(insert(schema.members).values(id=member, candidate=candidate, name=name))


def candidates(tx: Connection, but: Collection[str] = ()) -> list[tuple[str, bytes | None]]:
    """Return the signed text (JSON) and the encrypted name of each candidate, except members in `but`."""
    table = schema.members
    rows = tx.execute(select(table).where(table.c.id.not_in(but)).order_by(table.c.id))
    return [(row.candidate, row.name) for row in rows]


def candidate_name(tx: Connection, member: str) -> bytes | None:
    """Return the encrypted name that a member gave at enrolment, or None."""
    return tx.scalar(select(schema.members.c.name).where(schema.members.c.id == member))


def set_epoch(tx: Connection, row_keys: RowKeys, seat: Seat) -> None:
    """Set the current epoch key of a member, and make its deletion key.

    Raises:
        ConflictError: this epoch key was published before.
    """
    purpose = epoch_purpose(seat.member, seat.epoch)
    table = schema.epochs
    if tx.scalar(select(table.c.id).where(table.c.member == seat.member, table.c.id == seat.epoch)) is not None:
        raise ConflictError("this epoch key was published before")
    tx.execute(update(table).where(table.c.member == seat.member).values(current=False))
    values = {"member": seat.member, "id": seat.epoch, "generation": row_keys.key_store.make(purpose)}
    tx.execute(insert(table).values(**values, statement=seat.statement, current=True))


def seats(tx: Connection) -> list[Seat]:
    """Return the current epoch key of everyone who has one, whether a member or a candidate."""
    table = schema.epochs
    rows = tx.execute(select(table).where(table.c.current, table.c.member != RECOVERY).order_by(table.c.member))
    return [Seat(row.member, row.id, row.statement) for row in rows]


def put_keyring(tx: Connection, row_keys: RowKeys, member: str, number: int, file: bytes) -> int:
    """Store a keyring under a new deletion key.

    Call this last in a transaction. It copies the member's current sign-in rows next to the deletion key, for a restore.

    Returns:
        The generation of the deletion key. After the commit the caller destroys all lower generations.

    Raises:
        ConflictError: `number` is not above the stored one.
    """
    table = schema.keyrings
    before = tx.execute(select(table).where(table.c.member == member)).one_or_none()
    if before is not None and before.number >= number:
        raise ConflictError("the keyring was changed in another session since it was read")
    name = DeletionKeyName(row_keys.store, keyring_purpose(member), row_keys.key_store.make(keyring_purpose(member)))
    deletion_key = row_keys.key_store.key(name.purpose, name.generation)
    sealed = dayroot.seal_under(deletion_key, Label.KEYRING_ROW, name, file)
    row_keys.key_store.keep_copy(name.purpose, name.generation, keyring_copies.of_member(tx, member, number, sealed))
    tx.execute(delete(table).where(table.c.member == member))
    tx.execute(insert(table).values(member=member, generation=name.generation, number=number, file=sealed))
    return name.generation


def keyring(tx: Connection, row_keys: RowKeys, member: str) -> bytes:
    """Return a member's keyring as an age file.

    Raises:
        NotThereError: the member has no keyring.
    """
    row = tx.execute(select(schema.keyrings).where(schema.keyrings.c.member == member)).one_or_none()
    if row is None:
        raise NotThereError("no keyring")
    name = DeletionKeyName(row_keys.store, keyring_purpose(member), row.generation)
    return dayroot.open_under(row_keys.key_store.key(name.purpose, name.generation), Label.KEYRING_ROW, name, row.file)


def replace_statement(tx: Connection, seat: Seat) -> None:
    """Replace the statement of a member's current epoch key.

    Raises:
        NotThereError: the epoch key is not the member's current one.
    """
    table = schema.epochs
    mine = table.c.member == seat.member, table.c.id == seat.epoch, table.c.current
    if tx.execute(update(table).where(*mine).values(statement=seat.statement)).rowcount != 1:
        raise NotThereError("this is not the member's current epoch key")


def sessions_of(tx: Connection, member: str, but: str) -> list[Session]:
    """Return a member's sessions except one, the last used first. Includes expired sessions that are not deleted yet."""
    table = schema.sessions
    rows = tx.execute(
        select(table).where(table.c.member == member, table.c.token_hash != but).order_by(table.c.last_used.desc())
    )
    return [Session(row.member, row.started, row.last_used) for row in rows]


def end_sessions_of(tx: Connection, member: str, but: str = "") -> int:
    """End all sessions of a member except one. Return how many ended."""
    ended = tx.execute(delete(schema.sessions).where(schema.sessions.c.member == member, schema.sessions.c.token_hash != but))
    return ended.rowcount


def end_all_sessions(tx: Connection) -> int:
    """End every session. Return how many ended."""
    return tx.execute(delete(schema.sessions)).rowcount


def put_names(tx: Connection, number: int, file: bytes) -> None:
    """Replace the encrypted names.

    Raises:
        ConflictError: `number` is not the next one. A larger step could reach the highest number.
    """
    before = names(tx)
    if number != (before[0] if before is not None else 0) + 1:
        raise ConflictError("another member has changed the names since they were read")
    tx.execute(delete(schema.names))
    tx.execute(insert(schema.names).values(id=1, number=number, file=file))


def names(tx: Connection) -> tuple[int, bytes] | None:
    """Return the number and the encrypted file of the names, or None."""
    row = tx.execute(select(schema.names)).one_or_none()
    return (row.number, row.file) if row else None


def add_invite(tx: Connection, token_hash: str, inviter: str, expires: int) -> None:
    """Store the hash of an enrolment link, which is valid until the second `expires`."""
    tx.execute(insert(schema.invites).values(token_hash=token_hash, inviter=inviter, expires=expires, used=False))


def check_invite(tx: Connection, token_hash: str, now: int) -> None:
    """Check that an enrolment link can be used.

    Raises:
        NotThereError: the link was used, has expired or does not exist.
    """
    row = tx.execute(select(schema.invites).where(schema.invites.c.token_hash == token_hash)).one_or_none()
    if row is None or row.used or row.expires < now:
        raise NotThereError("no such link")


def use_invite(tx: Connection, token_hash: str, now: int) -> None:
    """Use an enrolment link, so that it cannot be used again. Raises as `check_invite` does."""
    check_invite(tx, token_hash, now)
    tx.execute(update(schema.invites).where(schema.invites.c.token_hash == token_hash).values(used=True))


def invite_of(tx: Connection, inviter: str, now: int) -> tuple[str, bool] | None:
    """Return the hash of a member's link and whether it was used. None if there is none, or it has expired unused."""
    row = tx.execute(select(schema.invites).where(schema.invites.c.inviter == inviter)).first()
    return (row.token_hash, row.used) if row is not None and (row.used or row.expires >= now) else None


def drop_invites(tx: Connection, inviter: str) -> None:
    """Delete the enrolment links that a member made."""
    tx.execute(delete(schema.invites).where(schema.invites.c.inviter == inviter))


def add_session(tx: Connection, token_hash: str, member: str, now: int) -> None:
    """Store a new session."""
    tx.execute(insert(schema.sessions).values(token_hash=token_hash, member=member, started=now, last_used=now))


def session(tx: Connection, token_hash: str) -> Session | None:
    """Return a session by the hash of its token, or None."""
    row = tx.execute(select(schema.sessions).where(schema.sessions.c.token_hash == token_hash)).one_or_none()
    return Session(row.member, row.started, row.last_used) if row else None


def touch_session(tx: Connection, token_hash: str, now: int) -> None:
    """Record that a session was used now."""
    tx.execute(update(schema.sessions).where(schema.sessions.c.token_hash == token_hash).values(last_used=now))


def end_session(tx: Connection, token_hash: str) -> None:
    """End a session."""
    tx.execute(delete(schema.sessions).where(schema.sessions.c.token_hash == token_hash))


def end_sessions_older_than(tx: Connection, started: int, last_used: int) -> None:
    """Delete sessions that started, or were last used, before these seconds."""
    tx.execute(delete(schema.sessions).where((schema.sessions.c.started < started) | (schema.sessions.c.last_used < last_used)))
