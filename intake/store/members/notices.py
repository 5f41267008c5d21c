"""Stores encrypted addresses for notices, and the members who get the next notice. Stores no time of a case's arrival."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from crypto.encoding import new_id
from crypto.recovery import RECOVERY
from intake.store import schema
from intake.store.engines.engine import insert_missing
from intake.store.errors import NotThereError

NOTICES, DUE = schema.notices, schema.due_notices


def add(tx: Connection, member: str, file: bytes) -> str:
    """Store an encrypted address. Return its random id."""
    id_ = new_id()
    tx.execute(insert(NOTICES).values(id=id_, member=member, file=file))
    return id_


def of(tx: Connection, member: str) -> list[tuple[str, bytes]]:
    """Return the id and the encrypted file of each of a member's addresses."""
    rows = tx.execute(select(NOTICES).where(NOTICES.c.member == member).order_by(NOTICES.c.id))
    return [(row.id, row.file) for row in rows]


def by_member(tx: Connection, members: Iterable[str]) -> list[tuple[str, list[bytes]]]:
    """Return the encrypted files of these members' addresses. Members without an address are left out."""
    files: dict[str, list[bytes]] = {}
    for row in tx.execute(select(NOTICES).order_by(NOTICES.c.member, NOTICES.c.id)):
        files.setdefault(row.member, []).append(row.file)
    return [(member, files[member]) for member in sorted(set(members) & set(files))]


def remove(tx: Connection, member: str, id_: str) -> None:
    """Delete an address.

    Raises:
        NotThereError: the member has no such address.
    """
    if tx.execute(delete(NOTICES).where(NOTICES.c.id == id_, NOTICES.c.member == member)).rowcount != 1:
        raise NotThereError("no such address")


def mark(tx: Connection, members: Iterable[str]) -> None:
    """Mark members for the next batch of notices."""
    marked = set(tx.scalars(select(DUE.c.member)))
    missing = sorted(set(members) - marked - {RECOVERY})  # sorted, so that no two processes wait for each other
    insert_missing(tx, DUE, [{"member": member} for member in missing])


def take_due(tx: Connection) -> list[str]:
    """Return the marked members, and clear the marks."""
    members = list(tx.scalars(select(DUE.c.member).order_by(DUE.c.member)))
    tx.execute(delete(DUE))
    return members
