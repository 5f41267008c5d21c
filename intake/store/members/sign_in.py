"""Encrypts the sign-in rows of a store from before schema 0009. docs/reference/format.md, Sign-in rows."""

from sqlalchemy import Connection, insert, select, text, update

from crypto.encoding import b64
from crypto.sign_in import SignInKey
from intake.store import schema
from intake.store.cases.row_keys import SIGN_IN, RowKeys
from intake.store.members import keyring_copies
from intake.store.members.keyring_copies import EarlierPasskey, EarlierUnlocker
from retention.ports import KeyStore

UNLOCKERS, PASSKEYS = "unlockers_before", "passkeys_before"  # migration 0009 cannot read the key store, and leaves them


def adopt(tx: Connection, row_keys: RowKeys) -> bool:
    """Make the sign-in key, encrypt the sign-in rows under it, and delete the old rows.

    A call that was interrupted can be repeated. The caller must hold the lock of migrations.

    Returns:
        False if the store has its key already.

    Raises:
        RetentionError: the key store cannot be written.
    """
    if tx.scalar(select(schema.store.c.sign_in_generation)) is not None:
        return False
    tx.execute(update(schema.store).values(sign_in_generation=_generation(row_keys.key_store)))
    key = row_keys.sign_in_key(tx)
    for row in tx.execute(text(f"SELECT id, member, handle_id, kind, verifier FROM {UNLOCKERS}")).all():  # noqa: S608  # our names
        unlocker = EarlierUnlocker(id=row.id, handle_id=row.handle_id, kind=row.kind, verifier=row.verifier)
        tx.execute(insert(schema.unlockers).values(keyring_copies.sealed_unlocker(key, row.member, unlocker)))
    for row in tx.execute(text(f"SELECT id, member, unlocker, public_key, uses FROM {PASSKEYS}")).all():  # noqa: S608
        passkey = EarlierPasskey(id=row.id, unlocker=row.unlocker, public_key=b64(row.public_key), uses=row.uses)
        tx.execute(insert(schema.passkeys).values(keyring_copies.sealed_passkey(key, row.member, passkey)))
    for name in (UNLOCKERS, PASSKEYS):
        tx.execute(text(f"DROP TABLE {name}"))
    _encrypt_copies(row_keys, key)
    return True


def _generation(key_store: KeyStore) -> int:
    # An interrupted attempt, or a newer copy of this store, may have made the key already.
    living = [generation for purpose, generation in key_store.existing() if purpose == SIGN_IN]
    return max(living) if living else key_store.make(SIGN_IN)


def _encrypt_copies(row_keys: RowKeys, key: SignInKey) -> None:
    for purpose, generation in row_keys.key_store.existing():
        copy = row_keys.key_store.copy_of(purpose, generation) if purpose.startswith("keyring ") else None
        if copy is not None and (sealed := keyring_copies.encrypted(key, copy)) != copy:
            row_keys.key_store.keep_copy(purpose, generation, sealed)
