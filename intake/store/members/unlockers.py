"""Stores unlockers: the rows with which a sign-in compares a member's handle and authentication key.

The rows are encrypted under the sign-in key, which is in the key store. A thief with only the database cannot test handles or
passphrases.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, insert, select

from crypto.sign_in import SignInKey
from intake.store import schema
from intake.store.cases.row_keys import RowKeys
from intake.store.errors import ConflictError

TABLE = schema.unlockers


@dataclass(frozen=True, slots=True)
class StoredUnlocker:
    """An unlocker: its member, its kind, and the Argon2id hash of its authentication key."""

    id: str
    member: str
    kind: str
    verifier: str


def add(tx: Connection, row_keys: RowKeys, unlocker: StoredUnlocker, handle_id: str) -> None:
    """Store an unlocker.

    Raises:
        ConflictError: another member has this handle.
    """
    key = row_keys.sign_in_key(tx)
    handle = key.handle(handle_id)
    if tx.scalar(select(TABLE.c.id).where(TABLE.c.handle == handle, TABLE.c.member != unlocker.member)) is not None:
        raise ConflictError("this handle is taken")
    tx.execute(insert(TABLE).values(sealed(key, unlocker, handle)))


def sealed(key: SignInKey, unlocker: StoredUnlocker, handle: str) -> dict[str, object]:
    """Return the encrypted row of an unlocker. `handle` is the stored form of the handle."""
    row = {"id": unlocker.id, "member": unlocker.member, "handle": handle, "kind": unlocker.kind}
    return {**row, "verifier": key.seal(unlocker.verifier.encode(), *_bound(**row))}


def of_handle(tx: Connection, row_keys: RowKeys, handle_id: str) -> list[StoredUnlocker]:
    """Return the unlockers of a handle.

    Raises:
        RowError: a row was altered or copied from another member.
    """
    key = row_keys.sign_in_key(tx)
    rows = tx.execute(select(TABLE).where(TABLE.c.handle == key.handle(handle_id)).order_by(TABLE.c.id))
    return [_opened(key, row) for row in rows]


def of_member(tx: Connection, row_keys: RowKeys, member: str) -> list[StoredUnlocker]:
    """Return all unlockers of a member. Raises as `of_handle` does."""
    key = row_keys.sign_in_key(tx)
    return [_opened(key, row) for row in tx.execute(select(TABLE).where(TABLE.c.member == member).order_by(TABLE.c.id))]


def drop(tx: Connection, member: str, ids: list[str]) -> None:
    """Delete unlockers of a member by their ids."""
    tx.execute(delete(TABLE).where(TABLE.c.member == member, TABLE.c.id.in_(ids)))
    tx.execute(delete(schema.passkeys).where(schema.passkeys.c.member == member, schema.passkeys.c.unlocker.in_(ids)))


def _opened(key: SignInKey, row: Row[tuple[object, ...]]) -> StoredUnlocker:
    bound = _bound(row.id, row.member, row.handle, row.kind)
    return StoredUnlocker(row.id, row.member, row.kind, key.open(row.verifier, *bound).decode())


def _bound(id: str, member: str, handle: str, kind: str) -> tuple[str, ...]:  # noqa: A002  # the column's name
    return TABLE.name, id, member, handle, kind
