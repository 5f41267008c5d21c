"""Credentials of authenticators, as stored. Nothing here opens anything."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from intake.store import tables


@dataclass(frozen=True, slots=True)
class StoredPasskey:
    """An authenticator's credential: its id (b64), whose, which unlocker it is, its public key (COSE), its counter."""

    id: str
    member: str
    unlocker: str
    public_key: bytes
    uses: int


def add(tx: Connection, passkey: StoredPasskey) -> None:
    """Store a credential."""
    values = {name: getattr(passkey, name) for name in StoredPasskey.__slots__}
    tx.execute(insert(tables.passkeys).values(**values))


def of(tx: Connection, member: str) -> list[StoredPasskey]:
    """All credentials of a member."""
    rows = tx.execute(select(tables.passkeys).where(tables.passkeys.c.member == member).order_by(tables.passkeys.c.id))
    return [StoredPasskey(row.id, row.member, row.unlocker, row.public_key, row.uses) for row in rows]


def of_handle(tx: Connection, handle_id: str) -> list[StoredPasskey]:
    """All credentials of whoever has this handle."""
    member = tx.scalar(select(tables.unlockers.c.member).where(tables.unlockers.c.handle_id == handle_id).limit(1))
    return of(tx, member) if member is not None else []


def count_use(tx: Connection, id_: str, uses: int) -> None:
    """The credential's counter as it was shown last."""
    tx.execute(update(tables.passkeys).where(tables.passkeys.c.id == id_).values(uses=uses))
