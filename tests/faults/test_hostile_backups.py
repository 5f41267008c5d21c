"""Backups that an attacker made, altered, or filled with more than rows. A restore takes nothing from them."""

import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crypto.age import Identity, encrypt_parts
from crypto.errors import CryptoError
from intake.service import backup
from intake.store import schema
from intake.store.backup import load
from intake.store.engines.engine import Database
from intake.store.errors import StoreError, UnknownSchemaError
from intake.store.migrations import upgrade
from retention.key_stores.file import FileKeyStore
from tests.support.postgres import Cluster
from tests.support.world import TODAY, World

SCHEMA = upgrade.newest()

SOON = TODAY + dt.timedelta(days=5)
KEY = Identity.generate()


def location_of(world: World) -> Path | str:
    return world.url or world.folder / "store.db"


def place_for(world: World, tmp_path: Path) -> Path | str:
    return world.cluster.new() if world.cluster else tmp_path / "restored.db"


def restore(source: Path, target: Path | str, key_store: FileKeyStore, *, unsigned: bool = False) -> None:
    backup.read(source, target, key_store, [KEY], lambda n: None, unsigned=unsigned)


def sealed(path: Path, content: bytes) -> Path:
    """Return an age file for the store's recipient. Anybody who knows the recipient can make one."""
    path.write_bytes(b"".join(encrypt_parts([content], [KEY.recipient])))
    return path


def content_of(source: Path) -> bytes:
    from crypto.age import decrypt_parts

    return b"".join(decrypt_parts([source.read_bytes()], [KEY]))


def is_empty(target: Path | str, tmp_path: Path) -> bool:
    if isinstance(target, Path):
        return not target.exists() and not list(tmp_path.glob(".restoring*")) and not list(tmp_path.glob("restored*"))
    database = Database(target)
    try:
        return not database.run(lambda tx: tx.dialect.has_table(tx, "cases"))
    finally:
        database.close()


@pytest.fixture
def taken(world: World, tmp_path: Path) -> Path:
    """Return a backup of a store with two cases."""
    for words in ("milk", "bread"):
        world.submit(words, SOON)
    backup.write(location_of(world), world.key_store, tmp_path / "backup.age", [KEY.recipient], lambda n: None)
    return tmp_path / "backup.age"


def rows_of(database: Database) -> dict[str, list[str]]:
    return {
        table.name: sorted(map(repr, database.run(lambda tx, of=table: [tuple(row) for row in tx.execute(select(of))])))  # type: ignore[misc]
        for table in schema.METADATA.sorted_tables
    }


def test_a_backup_of_ones_own_store_is_restored_row_by_row(world: World, taken: Path, tmp_path: Path) -> None:
    target = place_for(world, tmp_path)
    restore(taken, target, world.key_store)
    restored = Database(target)
    assert rows_of(restored) == rows_of(world.database)
    restored.close()


def test_a_backup_is_restored_into_the_other_engine_and_back(
    world: World, taken: Path, tmp_path: Path, cluster: Cluster
) -> None:
    other = tmp_path / "other.db" if world.cluster else cluster.new()
    restore(taken, other, world.key_store)
    backup.write(other, world.key_store, tmp_path / "second.age", [KEY.recipient], lambda n: None)
    back = tmp_path / "back.db" if not world.cluster else cluster.new()
    restore(tmp_path / "second.age", back, world.key_store)
    before = rows_of(world.database)
    assert sum(map(len, before.values())) > 10
    for location in (other, back):
        restored = Database(location)
        assert rows_of(restored) == before
        restored.close()


def test_a_backup_that_another_key_store_closed_is_refused(world: World, taken: Path, tmp_path: Path) -> None:
    stranger = FileKeyStore(tmp_path / "strangers-key-store")
    stranger.bind(world.store.store_id)  # the attacker even knows the store's id
    stranger.make("sign-in")
    target = place_for(world, tmp_path)
    with pytest.raises(StoreError, match="of another store than the key store belongs to, or it was altered"):
        restore(taken, target, stranger)
    assert is_empty(target, tmp_path)


@pytest.mark.parametrize("change", ["schema", "row", "last row", "mac", "cut", "more"])
def test_a_backup_that_was_opened_altered_and_sealed_again_is_refused(
    change: str, world: World, taken: Path, tmp_path: Path
) -> None:
    content = bytearray(content_of(taken))
    if change == "cut":
        del content[-40:-32]
    elif change == "more":
        content[-32:-32] = b"\0\0\0\1\x90"
    else:
        at = {"schema": content.index(SCHEMA.encode()), "row": len(content) // 2, "last row": -40, "mac": -1}[change]
        content[at] ^= 1
    target = place_for(world, tmp_path)
    with pytest.raises(StoreError, match="it was altered"):
        restore(sealed(tmp_path / "altered.age", bytes(content)), target, world.key_store, unsigned=True)
    assert is_empty(target, tmp_path)


def closed(tmp_path: Path, key_store: FileKeyStore, head: object, rows: list[object]) -> Path:
    """Return a backup that an attacker with the key store has forged."""
    import msgspec

    from crypto.dayroot import DeletionKeyName
    from crypto.sign_in import SignInKey

    frames = b"".join(backup._frame(msgspec.msgpack.encode(item)) for item in (head, *rows))
    key = SignInKey(key_store.key("sign-in", 1), DeletionKeyName(str(key_store.bound_to()), "sign-in", 1)).backup_key()
    parts = backup._closed([backup._FIRST_LINE + frames + bytes(4)], key)
    return sealed(tmp_path / "lie.age", b"".join(parts))


def test_rows_are_checked_even_where_the_mac_is_right(world: World, tmp_path: Path) -> None:
    columns = {str(table.name): [str(column.name) for column in table.columns] for table in schema.METADATA.sorted_tables}
    names = list(columns)
    good = {"schema": SCHEMA, "tables": columns}
    days, usage = names.index("days"), names.index("usage")
    lies: list[tuple[object, list[object], str]] = [
        ({**good, "schema": "9999"}, [], "does not know"),
        ({**good, "tables": {**columns, "spy": ["a"]}}, [], "a table that no store has"),
        ({**good, "tables": {name: columns[name] for name in names if name != "days"}}, [], "lacks the table"),
        ({**good, "tables": {**columns, "days": [*columns["days"], "more"]}}, [], "columns of the backup's table days"),
        ({"schema": SCHEMA}, [], "a format that this version does not know"),
        (good, [[len(names), 1]], "a format that this version does not know"),
        (good, [[usage, "2026-11-20"]], "a row without a table"),
        (good, [[usage, "2026-11-20", "requests", "p", "many"]], "wrong kind"),
        (good, [[usage, "2026-11-20", "requests", "p", True]], "wrong kind"),
        (good, [[usage, "2026-11-20", "requests", "p", 2**63]], "wrong kind"),
        (good, [[usage, None, "requests", "p", 1]], "wrong kind"),
        (good, [[usage, b"2026-11-20", "requests", "p", 1]], "wrong kind"),
        (good, [[days, "2026-11-20'); DROP TABLE cases; --", 1, 1, False]], "wrong kind"),
        (good, [[days, "2026-11-20", 1, 1, 2]], "wrong kind"),
        (good, [[usage, "2026-11-20", "requests", "p", 1]] * 2, "contradict each other"),
    ]
    for head, rows, why in lies:
        target = place_for(world, tmp_path)
        with pytest.raises((StoreError, UnknownSchemaError), match=why):
            restore(closed(tmp_path, world.key_store, head, rows), target, world.key_store)
        assert is_empty(target, tmp_path)


def test_a_value_beyond_any_that_a_store_writes_is_refused(
    world: World, taken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "MAX_VALUE", 1000)
    with pytest.raises(StoreError, match="is too large"):
        restore(taken, place_for(world, tmp_path), world.key_store)


# Earlier versions did not sign backups. These are SQLite files, which anybody can make.


def emptied_later(file: sqlite3.Connection) -> None:
    file.execute("CREATE TRIGGER quiet AFTER UPDATE ON days BEGIN DELETE FROM cases; END")


def seen_otherwise(file: sqlite3.Connection) -> None:
    file.execute("CREATE VIEW spy AS SELECT * FROM cases")


def computed(file: sqlite3.Connection) -> None:
    file.execute("CREATE INDEX quick ON cases (abs(leaf))")


def one_more(file: sqlite3.Connection) -> None:
    file.execute("CREATE TABLE spy (a)")


def one_column_more(file: sqlite3.Connection) -> None:
    file.execute("ALTER TABLE cases ADD COLUMN spy TEXT")


def generated(file: sqlite3.Connection) -> None:
    file.execute("ALTER TABLE cases ADD COLUMN spy TEXT GENERATED ALWAYS AS (id) VIRTUAL")


def virtual(file: sqlite3.Connection) -> None:
    file.execute("CREATE VIRTUAL TABLE spy USING fts5(a)")


def wrong_type(file: sqlite3.Connection) -> None:
    file.execute("UPDATE days SET leaves_taken = 'many'")


def later_version(file: sqlite3.Connection) -> None:
    file.execute("UPDATE alembic_version SET version_num = '9999'")


def two_versions(file: sqlite3.Connection) -> None:
    file.execute("INSERT INTO alembic_version VALUES ('0001')")


def missing(file: sqlite3.Connection) -> None:
    file.execute("DROP TABLE used_tokens")


LIES: dict[str, tuple[Callable[[sqlite3.Connection], None], str]] = {
    "a trigger that empties cases later": (emptied_later, "a trigger 'quiet'"),
    "a view": (seen_otherwise, "a view 'spy'"),
    "an index with an expression": (computed, "an index with an expression, 'quick'"),
    "an unknown table": (one_more, "a table that no store has: 'spy'"),
    "an unknown column": (one_column_more, "columns of the backup's table cases"),
    "a generated column": (generated, "table 'cases' has a generated column"),
    "a virtual table": (virtual, "a table 'spy'"),
    "a value of another type": (wrong_type, "days.leaves_taken is of the wrong kind"),
    "a version that nobody knows": (later_version, "9999, which this version does not know"),
    "two versions": (two_versions, "does not name its schema"),
    "a table less": (missing, "lacks the table used_tokens"),
}


@pytest.fixture
def earlier(ready_sqlite: World, tmp_path: Path) -> tuple[FileKeyStore, Path]:
    """Return the key store of an embedded store with two cases, and a backup as earlier versions made it."""
    import shutil

    shutil.copytree(ready_sqlite.folder, tmp_path / "var")
    world = World.open(tmp_path / "var", dict(ready_sqlite.members))
    for words in ("milk", "bread"):
        world.submit(words, SOON)
    world.close()
    world.key_store.expect(world.store.store_id)
    return world.key_store, tmp_path / "var" / "store.db"


def test_an_unsigned_backup_is_refused_until_a_person_accepts_it(earlier: tuple[FileKeyStore, Path], tmp_path: Path) -> None:
    key_store, file = earlier
    source, target = sealed(tmp_path / "earlier.age", file.read_bytes()), tmp_path / "restored.db"
    with pytest.raises(StoreError, match="this backup has no signature"):
        restore(source, target, key_store)
    assert is_empty(target, tmp_path)
    restore(source, target, key_store, unsigned=True)
    restored = Database(target)
    assert restored.run(lambda tx: tx.scalar(select(func.count()).select_from(schema.cases))) == 2
    restored.close()


@pytest.mark.parametrize(("lie", "why"), LIES.values(), ids=LIES)
def test_an_unsigned_backup_that_holds_more_than_a_stores_rows_is_refused(
    lie: Callable[[sqlite3.Connection], None], why: str, earlier: tuple[FileKeyStore, Path], tmp_path: Path
) -> None:
    key_store, path = earlier
    with sqlite3.connect(path, isolation_level=None) as file:
        lie(file)
    file.close()
    source, target = sealed(tmp_path / "earlier.age", path.read_bytes()), tmp_path / "restored.db"
    with pytest.raises(StoreError, match=why):
        restore(source, target, key_store, unsigned=True)
    assert is_empty(target, tmp_path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"SQLite format 3\0" + bytes(8192), "not a store, or is damaged"),
        (b"SQLite format 3\0", "not a store, or is damaged"),
        (b"PGDMP" + bytes(100), "PostgreSQL store by an earlier version"),
        (b"sealed-intake/1/backup\n", "it was altered"),
        (b"sealed-intake/1/backup\n" + bytes(40), "it was altered"),
        (b"hello", "not a backup of a store"),
        (b"", "not a backup of a store"),
    ],
)
def test_an_age_file_with_something_else_in_it_is_refused(
    content: bytes, why: str, earlier: tuple[FileKeyStore, Path], tmp_path: Path
) -> None:
    key_store, _ = earlier
    target = tmp_path / "restored.db"
    with pytest.raises((StoreError, CryptoError), match=why):
        restore(sealed(tmp_path / "other.age", content), target, key_store, unsigned=True)
    assert is_empty(target, tmp_path)
