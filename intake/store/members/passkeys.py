"""Stores passkeys, encrypted under the sign-in key, so that the store does not reveal which credential belongs to a member."""

from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select, update

from crypto.encoding import Shape, b64, from_json, to_json, unb64
from crypto.sign_in import SignInKey
from intake.store import schema
from intake.store.cases.row_keys import RowKeys

TABLE = schema.passkeys


@dataclass(frozen=True, slots=True)
class StoredPasskey:
    """An authenticator's credential: its id (b64), member and unlocker, its public key (COSE), and its signature counter."""

    id: str
    member: str
    unlocker: str
    public_key: bytes
    uses: int


class _File(Shape, frozen=True):
    """The encrypted part of a row."""

    id: str
    public_key: str
    uses: int


def add(tx: Connection, row_keys: RowKeys, passkey: StoredPasskey) -> None:
    """Store a credential."""
    tx.execute(insert(TABLE).values(sealed(row_keys.sign_in_key(tx), passkey)))


def sealed(key: SignInKey, passkey: StoredPasskey) -> dict[str, object]:
    """Return the encrypted row of a credential."""
    file = to_json(_File(id=passkey.id, public_key=b64(passkey.public_key), uses=passkey.uses))
    row = {"unlocker": passkey.unlocker, "member": passkey.member}
    return {**row, "file": key.seal(file, TABLE.name, passkey.unlocker, passkey.member)}


def every(tx: Connection, row_keys: RowKeys) -> list[StoredPasskey]:
    """Return the credentials of everyone.

    Raises:
        RowError: a row was altered or copied from another member.
    """
    key = row_keys.sign_in_key(tx)
    return [_opened(key, row) for row in tx.execute(select(TABLE).order_by(TABLE.c.unlocker))]


def has_any(tx: Connection, member: str) -> bool:
    """Return whether a member has a passkey."""
    return tx.scalar(select(TABLE.c.unlocker).where(TABLE.c.member == member).limit(1)) is not None


def count_use(tx: Connection, row_keys: RowKeys, passkey: StoredPasskey, uses: int) -> None:
    """Store the signature counter that the authenticator sent at this use."""
    counted = StoredPasskey(passkey.id, passkey.member, passkey.unlocker, passkey.public_key, uses)
    file = sealed(row_keys.sign_in_key(tx), counted)["file"]
    tx.execute(update(TABLE).where(TABLE.c.unlocker == passkey.unlocker, TABLE.c.member == passkey.member).values(file=file))


def _opened(key: SignInKey, row: Row[tuple[object, ...]]) -> StoredPasskey:
    file = from_json(_File, key.open(row.file, TABLE.name, row.unlocker, row.member))
    return StoredPasskey(file.id, row.member, row.unlocker, unb64(file.public_key), file.uses)
