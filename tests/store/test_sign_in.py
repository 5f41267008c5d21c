"""A thief of the database who guesses the right sign-in name and passphrase cannot confirm the guess.

What they try first finds both in a store from before ways in were sealed, so these tests can fail.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy import MetaData, delete, select, text, update

from crypto import unlocker
from crypto.encoding import GroupId, b64, new_id, to_json, unb64
from crypto.errors import RowError
from crypto.labels import Label, derive
from crypto.secret import Secret
from crypto.sign_in import SignInKey
from intake.store import schema
from intake.store.cases.row_keys import SIGN_IN, RowKeys, keyring_purpose
from intake.store.deletion.purge_store import PurgeStore
from intake.store.deletion.restore import adopt
from intake.store.engines.engine import Database
from intake.store.members import keyring_copies, passkeys, sign_in, unlockers
from intake.store.members.passkeys import StoredPasskey
from intake.store.members.unlockers import StoredUnlocker
from intake.store.migrations import upgrade as migrate
from retention.days import DayRoots
from retention.key_stores.file import FileKeyStore
from retention.key_stores.locks import FileLocks
from retention.key_stores.mirrors import MirroredKeyStore
from tests.support.postgres import Cluster
from tests.support.world import TODAY, World

HANDLE, PASSPHRASE = "layla", "ladder copper winter kite"
CREDENTIAL = b64(bytes(range(64)))
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # cheap parameters: the format of the hash is the same


@dataclass
class Group:
    """Public ids, and what a thief guesses."""

    group: GroupId
    member: str
    handle_id: str
    authentication: bytes

    @classmethod
    def made(cls) -> "Group":
        group = GroupId(new_id())
        way = unlocker.from_passphrase(PASSPHRASE, group, HANDLE)
        return cls(group, new_id(), unlocker.handle_id(group, HANDLE), way.authentication.reveal())

    @property
    def verifier(self) -> str:
        return HASHER.hash(self.authentication)


def stolen(database: Database) -> list[bytes]:
    """Every value of every row, and the embedded store's file."""
    with database.transaction() as tx:
        reflected = MetaData()
        reflected.reflect(tx)
        values = [value for table in reflected.tables.values() for row in tx.execute(select(table)) for value in row]
    raw = [database.path.read_bytes()] if database.path else []
    return raw + [value if isinstance(value, bytes) else str(value).encode() for value in values if value is not None]


def confirmed(loot: list[bytes], of: Group, store: str) -> set[str]:
    """What the stolen bytes confirm of the right handle and passphrase, tried in every way that takes no key."""
    confirmations = set()
    public = [unb64(id_, 16) for id_ in (of.group, of.member, store)]
    keys = [Secret(raw) for raw in (*public, *(raw + raw for raw in public), bytes(32), b"")]
    purposes = [(store.encode(), SIGN_IN.encode(), str(generation).encode()) for generation in (1, 2)]
    derived = [
        derive(key, Label.SIGN_IN_HANDLE, *name, of.handle_id.encode(), length=16).reveal() for key in keys for name in purposes
    ]
    guesses = [
        unb64(of.handle_id, 16),
        *derived,
        *(derive(key, Label.HANDLE_ID, HANDLE.encode(), length=16).reveal() for key in keys),
    ]
    if any(guess in value or b64(guess).encode() in value for guess in guesses for value in loot):
        confirmations.add("handle")
    for value in loot:
        for hashed in re.findall(rb"\$argon2id\$[^\x00'\"]+?\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]{43}", value):
            try:
                HASHER.verify(hashed.decode("ascii", "ignore"), of.authentication)
                confirmations.add("passphrase")
            except Argon2Error:
                continue
    if any(CREDENTIAL.encode() in value or unb64(CREDENTIAL) in value for value in loot):
        confirmations.add("passkey")
    return confirmations


def with_the_key_store(database: Database, row_keys: RowKeys, of: Group) -> set[str]:
    """What a thief who also has the key store confirms, as the server does."""
    with database.transaction() as tx:
        ways = unlockers.of_handle(tx, row_keys, of.handle_id)
        confirmations = {"handle"} if ways else set()
        if any(way.kind == "passphrase" and HASHER.verify(way.verifier, of.authentication) for way in ways):
            confirmations.add("passphrase")
        if any(passkey.id == CREDENTIAL and passkey.member == of.member for passkey in passkeys.every(tx, row_keys)):
            confirmations.add("passkey")
    return confirmations


ALL = {"handle", "passphrase", "passkey"}


def enrol(world: World) -> Group:
    of = Group.made()
    with world.database.transaction() as tx:
        way = StoredUnlocker(new_id(), of.member, "passphrase", of.verifier)
        unlockers.add(tx, world.row_keys, way, of.handle_id)
        passkeys.add(tx, world.row_keys, StoredPasskey(CREDENTIAL, of.member, way.id, b"public key", 7))
    return of


def test_a_thief_of_the_database_guesses_no_handle_and_has_no_oracle_for_passphrases(world: World) -> None:
    of = enrol(world)
    assert confirmed(stolen(world.database), of, world.store.store_id) == set()
    assert with_the_key_store(world.database, world.row_keys, of) == ALL


def test_a_thief_of_a_backup_without_the_key_store_guesses_with_another_key_in_vain(world: World) -> None:
    of = enrol(world)
    key = Secret(bytes(32))
    with world.database.transaction() as tx:
        right = world.row_keys.sign_in_key(tx)
        row = tx.execute(select(schema.unlockers)).one()
    wrong = SignInKey(key, right.name)
    assert wrong.handle(of.handle_id) != row.handle == right.handle(of.handle_id)
    with pytest.raises(RowError):
        wrong.open(row.verifier, "unlockers", row.id, row.member, row.handle, row.kind)


def test_write_access_to_the_database_gives_no_sign_in(world: World) -> None:
    """A member copies the verifier of their own passphrase into a colleague's row."""
    of, mine = enrol(world), Group.made()
    with world.database.transaction() as tx:
        unlockers.add(tx, world.row_keys, StoredUnlocker(new_id(), mine.member, "passphrase", mine.verifier), new_id())
        ours, table = (
            tx.execute(select(schema.unlockers).where(schema.unlockers.c.member == mine.member)).one(),
            schema.unlockers,
        )
        tx.execute(update(table).where(table.c.member == of.member).values(verifier=ours.verifier))
        with pytest.raises(RowError):
            unlockers.of_handle(tx, world.row_keys, of.handle_id)
        tx.execute(delete(table).where(table.c.member == of.member))  # otherwise the first row would refuse it again
        tx.execute(update(table).where(table.c.member == mine.member).values(member=of.member))
        with pytest.raises(RowError):
            unlockers.of_member(tx, world.row_keys, of.member)


def test_people_can_sign_in_with_a_mirror_when_the_first_folder_is_missing(tmp_path: Path) -> None:
    first, mirror = FileKeyStore(tmp_path / "first"), FileKeyStore(tmp_path / "mirror")
    key_store = MirroredKeyStore(first, [mirror])
    database = Database(tmp_path / "store.db")
    database.run(migrate.upgrade)
    store = PurgeStore(database).store_id
    key_store.bind(store)
    row_keys = RowKeys(store, key_store, DayRoots(key_store, FileLocks(tmp_path / "first"), store))
    database.run(lambda tx: sign_in.adopt(tx, row_keys))
    of = Group.made()
    with database.transaction() as tx:
        unlockers.add(tx, row_keys, StoredUnlocker(new_id(), of.member, "passphrase", of.verifier), of.handle_id)
    shutil.rmtree(first.directory)
    assert with_the_key_store(database, row_keys, of) == {"handle", "passphrase"}
    database.close()


@dataclass
class Old:
    """A store of schema 0006: one member with a passphrase and a passkey, their keyring and its copy in the key store."""

    database: Database
    row_keys: RowKeys
    of: Group

    @property
    def store(self) -> str:
        return self.row_keys.store

    def upgrade(self) -> None:
        self.database.run(migrate.upgrade)
        self.database.run(lambda tx: sign_in.adopt(tx, self.row_keys))


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    cluster: Cluster | None = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    database, key_store = Database(cluster.new() if cluster else tmp_path / "store.db"), FileKeyStore(tmp_path / "key-store")
    database.run(lambda tx: migrate.upgrade(tx, "0006"))
    store, of = new_id(), Group.made()
    database.run(lambda tx: tx.execute(text("INSERT INTO store (one, store_id) VALUES (1, :id)"), {"id": store}))
    key_store.bind(store)
    way = keyring_copies.EarlierUnlocker(id=new_id(), handle_id=of.handle_id, kind="passphrase", verifier=of.verifier)
    passkey = keyring_copies.EarlierPasskey(id=CREDENTIAL, unlocker=way.id, public_key=b64(b"public key"), uses=7)
    generation = key_store.make(keyring_purpose(of.member))
    beside = {"member": of.member, "number": 3, "file": b64(b"sealed"), "epochs": [], "unlockers": [way], "passkeys": [passkey]}
    key_store.keep_copy(keyring_purpose(of.member), generation, to_json(beside))  # type: ignore[arg-type]
    with database.transaction() as tx:
        unlocker_row = {"id": way.id, "member": of.member, "handle_id": of.handle_id, "verifier": way.verifier}
        tx.execute(text("INSERT INTO unlockers VALUES (:id, :member, :handle_id, 'passphrase', :verifier)"), unlocker_row)
        passkey_row = {"id": CREDENTIAL, "member": of.member, "unlocker": way.id, "public_key": b"public key"}
        tx.execute(text("INSERT INTO passkeys VALUES (:id, :member, :unlocker, :public_key, 7)"), passkey_row)
        ring = {"member": of.member, "file": b"sealed"}
        tx.execute(text("INSERT INTO keyrings (member, generation, number, file) VALUES (:member, 1, 3, :file)"), ring)
    yield Old(database, RowKeys(store, key_store, DayRoots(key_store, FileLocks(tmp_path / "key-store"), store)), of)
    database.close()


def test_everyone_signs_in_to_a_migrated_store_and_it_confirms_no_guess(old: Old) -> None:
    assert confirmed(stolen(old.database), old.of, old.store) == ALL, "the attack finds what is there"
    old.upgrade()
    assert confirmed(stolen(old.database), old.of, old.store) == set()
    assert with_the_key_store(old.database, old.row_keys, old.of) == ALL
    old.upgrade()  # the second time changes nothing
    assert PurgeStore(old.database).committed()[SIGN_IN] == 1
    with old.database.transaction() as tx:
        assert passkeys.every(tx, old.row_keys)[0].uses == 7


def test_a_migration_that_is_cut_short_is_done_again_with_the_same_key(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    old.database.run(migrate.upgrade)
    with monkeypatch.context() as broken:
        broken.setattr(keyring_copies, "encrypted", lambda key, copy: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            old.database.run(lambda tx: sign_in.adopt(tx, old.row_keys))
    assert SIGN_IN not in PurgeStore(old.database).committed()
    old.upgrade()
    assert with_the_key_store(old.database, old.row_keys, old.of) == ALL
    assert [name for name in old.row_keys.key_store.existing() if name[0] == SIGN_IN] == [(SIGN_IN, 1)]


def test_an_old_copy_of_a_keyring_is_upgraded_and_restores_into_an_old_backup(old: Old) -> None:
    """A backup of schema 0006 is restored beside a key store whose copies are as old."""
    with old.database.transaction() as tx:
        tx.execute(text("UPDATE keyrings SET generation = 9"))  # its deletion key was destroyed: the copy's is used instead
        tx.execute(text("UPDATE unlockers SET handle_id = 'older'"))
        tx.execute(text("DELETE FROM passkeys"))
    old.database.run(migrate.upgrade)
    old.database.run(lambda tx: adopt(tx, old.row_keys, TODAY))
    assert with_the_key_store(old.database, old.row_keys, old.of) == ALL
    assert confirmed(stolen(old.database), old.of, old.store) == set()
    copy = old.row_keys.key_store.copy_of(keyring_purpose(old.of.member), 1)
    assert copy is not None
    assert confirmed([copy], old.of, old.store) == set()
