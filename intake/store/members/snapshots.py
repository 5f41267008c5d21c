"""Stores snapshots, which are public: the newest of each member, and those that can be evidence for a pending entry."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from crypto.signing import Signed
from crypto.snapshot import Snapshot
from intake.store import schema
from intake.store.errors import ConflictError

TABLE = schema.snapshots
# Between two versions. A larger step could reach the highest version. A step of 1 is too small: an operator may have deleted
# snapshots of a wrong clock, and a client that has seen them continues above them.
MAX_STEP = 100


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A snapshot and its clear columns. `number` is that of the newest key-list entry that it names."""

    version: int
    member: str
    number: int
    day: str
    signed: Signed


def newest_version(tx: Connection) -> int:
    """Return the highest stored version, or 0 before the first snapshot."""
    return tx.scalar(select(func.max(TABLE.c.version))) or 0


def all_stored(tx: Connection) -> list[StoredSnapshot]:
    """Return every stored snapshot, newest first."""
    rows = tx.execute(select(TABLE).order_by(TABLE.c.version.desc()))
    return [
        StoredSnapshot(row.version, row.member, row.number, row.day, Signed(body=row.body, signature=row.signature))
        for row in rows
    ]


def add(tx: Connection, snapshot: Snapshot, pending: int | None) -> None:
    """Store a snapshot. Delete its signer's earlier ones, except the first that names the pending entry.

    Args:
        tx: an open transaction.
        snapshot: the new snapshot.
        pending: the number of the pending entry of the key list, if there is one.

    Raises:
        ConflictError: the version is not above the newest, or above it by more than `MAX_STEP`.
    """
    if not 1 <= snapshot.version - newest_version(tx) <= MAX_STEP:
        raise ConflictError("another member has signed a newer snapshot")
    earlier = [row for row in all_stored(tx) if row.member == snapshot.member]
    evidence = [row.version for row in earlier if pending is not None and row.number >= pending]
    dropped = [row.version for row in earlier if row.version not in evidence[-1:]]
    tx.execute(delete(TABLE).where(TABLE.c.version.in_(dropped)))
    values = {
        "version": snapshot.version,
        "member": snapshot.member,
        "number": snapshot.number,
        "day": snapshot.day.isoformat(),
        "body": snapshot.signed.body,
        "signature": snapshot.signed.signature,
    }
    tx.execute(insert(TABLE).values(**values))
