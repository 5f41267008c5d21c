"""Where to tell coordinators that something waits: sealed addresses, and who is due. When what came is not kept."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from crypto.encoding import new_id
from crypto.recovery import RECOVERY
from intake.store import schema
from intake.store.errors import NotThereError

NOTICES, DUE = schema.notices, schema.due


def add(tx: Connection, member: str, file: bytes) -> str:
    """Keep an address; its id."""
    made = new_id()
    tx.execute(insert(NOTICES).values(id=made, member=member, file=file))
    return made


def of(tx: Connection, member: str) -> list[tuple[str, bytes]]:
    """A member's addresses: id and sealed file."""
    rows = tx.execute(select(NOTICES).where(NOTICES.c.member == member).order_by(NOTICES.c.id))
    return [(row.id, row.file) for row in rows]


def remove(tx: Connection, member: str, id_: str) -> None:
    """Forget an address.

    Raises:
        NotThereError: they have no such.
    """
    if tx.execute(delete(NOTICES).where(NOTICES.c.id == id_, NOTICES.c.member == member)).rowcount != 1:
        raise NotThereError("no such address")


def mark(tx: Connection, members: Iterable[str]) -> None:
    """Something waits for them; told with the next batch."""
    known = set(tx.scalars(select(DUE.c.member)))
    for member in set(members) - known - {RECOVERY}:
        tx.execute(insert(DUE).values(member=member))


def take_due(tx: Connection) -> list[str]:
    """Who is told now; nobody is due afterwards."""
    members = list(tx.scalars(select(DUE.c.member).order_by(DUE.c.member)))
    tx.execute(delete(DUE))
    return members
