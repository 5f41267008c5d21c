"""Writes and reads the copy of a keyring next to its deletion key, from which a restore takes the newest state.

A copy holds the encrypted keyring row, the member's sign-in rows and the member's epoch keys.
docs/reference/format.md, Deletion keys.
"""

from typing import Any

from sqlalchemy import Connection, delete, insert, select

from crypto.encoding import Shape, b64, from_json, to_json, unb64
from crypto.errors import EncodingError
from crypto.sign_in import SignInKey
from intake.store import schema
from intake.store.cases.row_keys import RowKeys
from intake.store.members import passkeys, unlockers
from intake.store.members.passkeys import StoredPasskey
from intake.store.members.unlockers import StoredUnlocker

EPOCHS, KEYRINGS, UNLOCKERS, PASSKEYS = schema.epochs, schema.keyrings, schema.unlockers, schema.passkeys


class EpochCopy(Shape, frozen=True):
    """A row of `epochs`."""

    id: str
    generation: int
    statement: str
    current: bool


class UnlockerCopy(Shape, frozen=True):
    """An encrypted row of `unlockers`."""

    id: str
    handle: str
    kind: str
    verifier: str


class PasskeyCopy(Shape, frozen=True):
    """An encrypted row of `passkeys`."""

    unlocker: str
    file: str


class KeyringCopy(Shape, frozen=True):
    """A copy of a member's keyring, sign-in rows and epoch keys. `file` is the encrypted keyring row (b64)."""

    member: str
    number: int
    file: str
    epochs: list[EpochCopy]
    unlockers: list[UnlockerCopy]
    passkeys: list[PasskeyCopy]


class EarlierUnlocker(Shape, frozen=True):
    """A row of `unlockers` as it was before schema 0009."""

    id: str
    handle_id: str
    kind: str
    verifier: str


class EarlierPasskey(Shape, frozen=True):
    """A row of `passkeys` as it was before schema 0009."""

    id: str
    unlocker: str
    public_key: str
    uses: int


class _EarlierCopy(Shape, frozen=True):
    """A copy from before schema 0009."""

    member: str
    number: int
    file: str
    epochs: list[EpochCopy]
    unlockers: list[EarlierUnlocker]
    passkeys: list[EarlierPasskey]


def of_member(tx: Connection, member: str, number: int, file: bytes) -> bytes:
    """Return a member's copy (JSON), in the state of the open transaction."""
    epochs = tx.execute(select(EPOCHS).where(EPOCHS.c.member == member).order_by(EPOCHS.c.id))
    unlocker_rows = tx.execute(select(UNLOCKERS).where(UNLOCKERS.c.member == member).order_by(UNLOCKERS.c.id))
    keys = tx.execute(select(PASSKEYS).where(PASSKEYS.c.member == member).order_by(PASSKEYS.c.unlocker))
    return to_json(
        KeyringCopy(
            member=member,
            number=number,
            file=b64(file),
            epochs=[_epoch(row.id, row.generation, row.statement, row.current) for row in epochs],
            unlockers=[_unlocker(**row._mapping) for row in unlocker_rows],
            passkeys=[_passkey(**row._mapping) for row in keys],
        )
    )


def put_back(tx: Connection, row_keys: RowKeys, copy: bytes, generation: int) -> str:
    """Replace the member's rows by those of a copy. Return the member's id."""
    kept = from_json(KeyringCopy, encrypted(row_keys.sign_in_key(tx), copy))
    for table in (EPOCHS, KEYRINGS, UNLOCKERS, PASSKEYS):
        tx.execute(delete(table).where(table.c.member == kept.member))
    values = {"member": kept.member, "generation": generation, "number": kept.number, "file": unb64(kept.file)}
    tx.execute(insert(KEYRINGS).values(values))
    for epoch in kept.epochs:
        row = {"id": epoch.id, "generation": epoch.generation, "statement": epoch.statement, "current": epoch.current}
        tx.execute(insert(EPOCHS).values(member=kept.member, **row))
    for unlocker in kept.unlockers:
        row = {"id": unlocker.id, "handle": unlocker.handle, "kind": unlocker.kind, "verifier": unb64(unlocker.verifier)}
        tx.execute(insert(UNLOCKERS).values(member=kept.member, **row))
    for key in kept.passkeys:
        tx.execute(insert(PASSKEYS).values(member=kept.member, unlocker=key.unlocker, file=unb64(key.file)))
    return kept.member


def encrypted(key: SignInKey, copy: bytes) -> bytes:
    """Encrypt the sign-in rows of a copy from before schema 0009. Other copies are returned unchanged."""
    try:
        before = from_json(_EarlierCopy, copy)
    except EncodingError:
        return copy
    return to_json(
        KeyringCopy(
            member=before.member,
            number=before.number,
            file=before.file,
            epochs=before.epochs,
            unlockers=[_unlocker(**sealed_unlocker(key, before.member, unlocker)) for unlocker in before.unlockers],
            passkeys=[_passkey(**sealed_passkey(key, before.member, passkey)) for passkey in before.passkeys],
        )
    )


def sealed_unlocker(key: SignInKey, member: str, before: EarlierUnlocker) -> dict[str, Any]:
    """Return the row that replaces one of `unlockers` from before schema 0009."""
    unlocker = StoredUnlocker(before.id, member, before.kind, before.verifier)
    return unlockers.sealed(key, unlocker, key.handle(before.handle_id))


def sealed_passkey(key: SignInKey, member: str, before: EarlierPasskey) -> dict[str, Any]:
    """Return the row that replaces one of `passkeys` from before schema 0009."""
    passkey = StoredPasskey(before.id, member, before.unlocker, unb64(before.public_key), before.uses)
    return passkeys.sealed(key, passkey)


def _epoch(id_: str, generation: int, statement: str, current: bool) -> EpochCopy:  # a column
    return EpochCopy(id=id_, generation=generation, statement=statement, current=current)


def _unlocker(*, id: str, handle: str, kind: str, verifier: bytes, member: str) -> UnlockerCopy:  # noqa: A002  # a column
    return UnlockerCopy(id=id, handle=handle, kind=kind, verifier=b64(verifier))


def _passkey(*, unlocker: str, file: bytes, member: str) -> PasskeyCopy:
    return PasskeyCopy(unlocker=unlocker, file=b64(file))
