"""People: key list, epoch keys, keyrings, invites, sessions. Nothing here can be opened by the server."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from crypto import dayroot
from crypto.dayroot import LockName
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

INVITE_SECONDS = 3 * 24 * 3600  # how long a colleague's enrolment link is good; no link is good for longer


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's current epoch key: its id and its signed statement (JSON)."""

    member: str
    epoch: str
    statement: str


@dataclass(frozen=True, slots=True)
class Session:
    """A desk session: whose, since when, last used when (seconds)."""

    member: str
    started: int
    seen: int


def entries(tx: Connection) -> list[SignedEntry]:
    """The whole key list, in order."""
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
    """Number, body and signatures of the key list's last entry, as stored."""
    table = schema.keylist
    row = tx.execute(select(table).order_by(table.c.number.desc()).limit(1)).one_or_none()
    return (row.number, row.body, row.signatures) if row is not None else None


def append_entry(tx: Connection, number: int, entry: SignedEntry) -> None:
    """Add the next entry.

    Raises:
        ConflictError: the number is taken.
    """
    table = schema.keylist
    if tx.scalar(select(table.c.number).where(table.c.number == number)) is not None:
        raise ConflictError("the key list has grown meanwhile")
    evidence = to_json(entry.evidence).decode() if entry.evidence else None
    values = {"body": entry.body, "signatures": json.dumps(entry.signatures), "evidence": evidence}
    tx.execute(insert(table).values(number=number, **values))


def add_candidate(tx: Connection, member: str, candidate: str, name: bytes | None) -> None:
    """Someone has handed in keys.

    Raises:
        ConflictError: the id is taken.
    """
    if tx.scalar(select(schema.members.c.id).where(schema.members.c.id == member)) is not None:
        raise ConflictError("this member id is taken")
    tx.execute(insert(schema.members).values(id=member, candidate=candidate, name=name))


def candidates(tx: Connection, but: Collection[str] = ()) -> list[tuple[str, bytes | None]]:
    """Signed candidates (JSON) and their sealed names, of all `but` some."""
    table = schema.members
    rows = tx.execute(select(table).where(table.c.id.not_in(but)).order_by(table.c.id))
    return [(row.candidate, row.name) for row in rows]


def name_handed_in(tx: Connection, member: str) -> bytes | None:
    """The sealed name that someone handed in at enrolment, if any."""
    return tx.scalar(select(schema.members.c.name).where(schema.members.c.id == member))


def set_epoch(tx: Connection, row_keys: RowKeys, seat: Seat) -> None:
    """Make an epoch key the member's current one; its deletion key is made now."""
    purpose = epoch_purpose(seat.member, seat.epoch)
    table = schema.epochs
    if tx.scalar(select(table.c.id).where(table.c.member == seat.member, table.c.id == seat.epoch)) is not None:
        raise ConflictError("this epoch key was published before")
    tx.execute(update(table).where(table.c.member == seat.member).values(current=False))
    values = {"member": seat.member, "id": seat.epoch, "generation": row_keys.key_store.make(purpose)}
    tx.execute(insert(table).values(**values, statement=seat.statement, current=True))


def seats(tx: Connection) -> list[Seat]:
    """Everyone's current epoch key, members or not."""
    table = schema.epochs
    rows = tx.execute(select(table).where(table.c.current, table.c.member != RECOVERY).order_by(table.c.member))
    return [Seat(row.member, row.id, row.statement) for row in rows]


def put_keyring(tx: Connection, row_keys: RowKeys, member: str, number: int, file: bytes) -> int:
    """Store a keyring under a fresh deletion key. Returns its generation: once committed, destroy those below.

    Called last in its transaction: what its member signs in with now is laid beside the deletion key, for a restore.

    Raises:
        ConflictError: not newer than the one stored.
    """
    table = schema.keyrings
    before = tx.execute(select(table).where(table.c.member == member)).one_or_none()
    if before is not None and before.number >= number:
        raise ConflictError("the keyring was changed elsewhere meanwhile")
    name = LockName(row_keys.store, keyring_purpose(member), row_keys.key_store.make(keyring_purpose(member)))
    lock_key = row_keys.key_store.key(name.purpose, name.generation)
    sealed = dayroot.seal_under(lock_key, Label.KEYRING_ROW, name, file)
    row_keys.key_store.keep_copy(name.purpose, name.generation, keyring_copies.of_member(tx, member, number, sealed))
    tx.execute(delete(table).where(table.c.member == member))
    tx.execute(insert(table).values(member=member, generation=name.generation, number=number, file=sealed))
    return name.generation


def keyring(tx: Connection, row_keys: RowKeys, member: str) -> bytes:
    """A member's keyring: an age file.

    Raises:
        NotThereError: they have none.
    """
    row = tx.execute(select(schema.keyrings).where(schema.keyrings.c.member == member)).one_or_none()
    if row is None:
        raise NotThereError("no keyring")
    name = LockName(row_keys.store, keyring_purpose(member), row.generation)
    return dayroot.open_under(row_keys.key_store.key(name.purpose, name.generation), Label.KEYRING_ROW, name, row.file)


def restate(tx: Connection, seat: Seat) -> None:
    """Another statement for the member's current epoch key.

    Raises:
        NotThereError: it is not their current one.
    """
    table = schema.epochs
    mine = table.c.member == seat.member, table.c.id == seat.epoch, table.c.current
    if tx.execute(update(table).where(*mine).values(statement=seat.statement)).rowcount != 1:
        raise NotThereError("not the current epoch key")


def sessions_of(tx: Connection, member: str, but: str) -> list[Session]:
    """A member's sessions but one, the one used last first; also those that have run out and that nobody has forgotten yet."""
    table = schema.sessions
    found = tx.execute(select(table).where(table.c.member == member, table.c.token_hash != but).order_by(table.c.seen.desc()))
    return [Session(row.member, row.started, row.seen) for row in found]


def end_sessions_of(tx: Connection, member: str, but: str = "") -> int:
    """All of a member's sessions end but one; how many."""
    ended = tx.execute(delete(schema.sessions).where(schema.sessions.c.member == member, schema.sessions.c.token_hash != but))
    return ended.rowcount


def end_all_sessions(tx: Connection) -> int:
    """Everyone is signed out; how many sessions there were."""
    return tx.execute(delete(schema.sessions)).rowcount


def put_names(tx: Connection, number: int, file: bytes) -> None:
    """Store the sealed names.

    Raises:
        ConflictError: not the next after those stored; a leap could end where no number follows.
    """
    before = names(tx)
    if number != (before[0] if before is not None else 0) + 1:
        raise ConflictError("the names were changed elsewhere meanwhile")
    tx.execute(delete(schema.names))
    tx.execute(insert(schema.names).values(one=1, number=number, file=file))


def names(tx: Connection) -> tuple[int, bytes] | None:
    """The sealed names with their number, if any."""
    row = tx.execute(select(schema.names)).one_or_none()
    return (row.number, row.file) if row else None


def add_invite(tx: Connection, token_hash: str, inviter: str, expires: int) -> None:
    """Remember an enrolment link by its hash."""
    tx.execute(insert(schema.invites).values(token_hash=token_hash, inviter=inviter, expires=expires, used=False))


def check_invite(tx: Connection, token_hash: str, now: int) -> None:
    """Return if the link can be used.

    Raises:
        NotThereError: used, expired, or none of ours.
    """
    row = tx.execute(select(schema.invites).where(schema.invites.c.token_hash == token_hash)).one_or_none()
    if row is None or row.used or row.expires < now:
        raise NotThereError("no such link")


def use_invite(tx: Connection, token_hash: str, now: int) -> None:
    """As `check_invite`; it cannot be used again."""
    check_invite(tx, token_hash, now)
    tx.execute(update(schema.invites).where(schema.invites.c.token_hash == token_hash).values(used=True))


def drop_invites(tx: Connection, inviter: str) -> None:
    """Forget the open links of an inviter."""
    tx.execute(delete(schema.invites).where(schema.invites.c.inviter == inviter))


def add_session(tx: Connection, token_hash: str, member: str, now: int) -> None:
    """Someone signed in."""
    tx.execute(insert(schema.sessions).values(token_hash=token_hash, member=member, started=now, seen=now))


def session(tx: Connection, token_hash: str) -> Session | None:
    """A session by the hash of its token."""
    row = tx.execute(select(schema.sessions).where(schema.sessions.c.token_hash == token_hash)).one_or_none()
    return Session(row.member, row.started, row.seen) if row else None


def touch_session(tx: Connection, token_hash: str, now: int) -> None:
    """It was used now."""
    tx.execute(update(schema.sessions).where(schema.sessions.c.token_hash == token_hash).values(seen=now))


def end_session(tx: Connection, token_hash: str) -> None:
    """It ends at once."""
    tx.execute(delete(schema.sessions).where(schema.sessions.c.token_hash == token_hash))


def end_sessions_older_than(tx: Connection, started: int, seen: int) -> None:
    """Forget those that have run out."""
    tx.execute(delete(schema.sessions).where((schema.sessions.c.started < started) | (schema.sessions.c.seen < seen)))
