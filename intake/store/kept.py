"""What lies beside a keyring's lock key, so that a restored store can take up its newest state: docs/format.md, Lock keys.

The keyring as it is sealed, with what its member signs in with and the epoch keys that it holds.
"""

from sqlalchemy import Connection, delete, insert, select

from crypto.encoding import Shape, b64, from_json, to_json, unb64
from intake.store import tables

EPOCHS, KEYRINGS, UNLOCKERS, PASSKEYS = tables.epochs, tables.keyrings, tables.unlockers, tables.passkeys


class KeptEpoch(Shape, frozen=True):
    """A row of `epochs`."""

    id: str
    generation: int
    statement: str
    current: bool


class KeptUnlocker(Shape, frozen=True):
    """A row of `unlockers`."""

    id: str
    handle_id: str
    kind: str
    verifier: str


class KeptPasskey(Shape, frozen=True):
    """A row of `passkeys`."""

    id: str
    unlocker: str
    public_key: str
    uses: int


class Kept(Shape, frozen=True):
    """A member's keyring and all that goes with it; `file` is the sealed row (b64)."""

    member: str
    number: int
    file: str
    epochs: list[KeptEpoch]
    unlockers: list[KeptUnlocker]
    passkeys: list[KeptPasskey]


def of_member(tx: Connection, member: str, number: int, file: bytes) -> bytes:
    """As the open transaction leaves it."""
    epochs = tx.execute(select(EPOCHS).where(EPOCHS.c.member == member).order_by(EPOCHS.c.id))
    unlockers = tx.execute(select(UNLOCKERS).where(UNLOCKERS.c.member == member).order_by(UNLOCKERS.c.id))
    passkeys = tx.execute(select(PASSKEYS).where(PASSKEYS.c.member == member).order_by(PASSKEYS.c.id))
    return to_json(
        Kept(
            member=member,
            number=number,
            file=b64(file),
            epochs=[KeptEpoch(row.id, row.generation, row.statement, row.current) for row in epochs],
            unlockers=[KeptUnlocker(row.id, row.handle_id, row.kind, row.verifier) for row in unlockers],
            passkeys=[KeptPasskey(row.id, row.unlocker, b64(row.public_key), row.uses) for row in passkeys],
        )
    )


def put_back(tx: Connection, copy: bytes, generation: int) -> str:
    """Take a copy in place of what the store has of its member; the member."""
    kept = from_json(Kept, copy)
    for table in (EPOCHS, KEYRINGS, UNLOCKERS, PASSKEYS):
        tx.execute(delete(table).where(table.c.member == kept.member))
    values = {"member": kept.member, "generation": generation, "number": kept.number, "file": unb64(kept.file)}
    tx.execute(insert(KEYRINGS).values(values))
    for epoch in kept.epochs:
        row = {"id": epoch.id, "generation": epoch.generation, "statement": epoch.statement, "current": epoch.current}
        tx.execute(insert(EPOCHS).values(member=kept.member, **row))
    for one in kept.unlockers:
        unlocker = {"id": one.id, "handle_id": one.handle_id, "kind": one.kind, "verifier": one.verifier}
        tx.execute(insert(UNLOCKERS).values(member=kept.member, **unlocker))
    for key in kept.passkeys:
        passkey = {"id": key.id, "unlocker": key.unlocker, "public_key": unb64(key.public_key), "uses": key.uses}
        tx.execute(insert(PASSKEYS).values(member=kept.member, **passkey))
    return kept.member
