"""A filled store as it would be at the schema of each migration, made from the migrations themselves.

A store of the newest schema gets a row in every table. Its rows are then written into a new database of an earlier schema,
under the names of that schema and without what that schema lacks. No store of an earlier version is kept in the repository.
"""

import datetime as dt
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Column, Connection, Integer, LargeBinary, MetaData, Table, insert, select, text

from crypto.encoding import as_dict, b64, unb64
from intake.store import schema
from intake.store.cases.row_keys import keyring_purpose
from intake.store.engines import postgresql
from intake.store.engines.engine import Database
from intake.store.members import keyring_copies, members
from intake.store.members.keyring_copies import EarlierPasskey, EarlierUnlocker
from intake.store.migrations import upgrade
from tests.support.casework import Group
from tests.support.world import TODAY, World

VERSIONS = "intake.store.migrations.versions"
REVISIONS = sorted(script.revision for script in ScriptDirectory(Path(upgrade.__file__).parent).walk_revisions())
SHARED_SINCE = "0003"  # no store on PostgreSQL is older
SEALED_SIGN_IN, SIGN_IN = "0009", ("unlockers", "passkeys")  # encrypted since then
HANDLE_ID = "handle of sam"
UNLOCKER = EarlierUnlocker(id="unlocker", handle_id=HANDLE_ID, kind="passphrase", verifier="a hash")
PASSKEY = EarlierPasskey(id="credential", unlocker="unlocker", public_key=b64(b"a public key"), uses=3)
# What a schema without the column leaves in it, and the newest schema with it has after the migrations.
DEFAULTS: dict[tuple[str, str], Any] = {
    ("cases", "latest_expiry"): lambda row: row["day"],
    ("cases", "tombstone_until"): lambda row: (dt.date.fromisoformat(row["day"]) + dt.timedelta(days=90)).isoformat(),
    ("keylist", "evidence"): lambda _: None,
    ("store", "clock_day"): lambda _: None,
    ("store", "sign_in_generation"): lambda row: row["sign_in_generation"],  # the key is in the key store already
    ("recovery_deals", "body"): lambda _: "",
    ("recovery_deals", "signatures"): lambda _: "",
    ("usage", "share"): lambda _: "requests",
    ("usage", "process"): lambda _: "",
}
# Row ids are random, and migrations 0005 and 0006 make new ones.
RANDOM = "row_id"

Rows = dict[str, list[dict[str, Any]]]
"""The rows of each table, by the table's name."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a revision gives to tables and columns of the newest schema."""

    tables: dict[str, str]
    columns: dict[tuple[str, str], str]

    @classmethod
    def at(cls, revision: str) -> "Names":
        """Undo each later renaming. A migration that renames tables or columns gets its name in this list."""
        tables = {name: name for name in schema.METADATA.tables}
        columns = {
            (table.name, column.name): column.name for table in schema.METADATA.sorted_tables for column in table.columns
        }
        for module in ("0014_table_names", "0012_plain_names"):
            if module[:4] <= revision:
                continue
            renamed = import_module(f"{VERSIONS}.{module}")
            newest = {name: key for key, name in tables.items()}
            for table, old, new in renamed.COLUMNS:
                key = next(key for key, name in columns.items() if key[0] == newest[table] and name == new)
                columns[key] = old
            for old, new in renamed.TABLES.items():
                tables[newest[new]] = old
        return cls(tables, columns)


def fill(world: World, case: str) -> Rows:
    """Put a row into every table of a store that has a case, and return all rows."""
    with world.database.transaction() as tx:
        for number, entry in enumerate(Group(2).entries):
            members.append_entry(tx, number, entry)
        key, member = world.row_keys.sign_in_key(tx), next(iter(world.members))
        tx.execute(insert(schema.unlockers).values(keyring_copies.sealed_unlocker(key, member, UNLOCKER)))
        tx.execute(insert(schema.passkeys).values(keyring_copies.sealed_passkey(key, member, PASSKEY)))
        days = (TODAY.isoformat(), (TODAY - dt.timedelta(days=1)).isoformat())
        shares = zip(days, ("requests", "nojs"), strict=True)
        tx.execute(insert(schema.usage), [{"day": d, "share": s, "process": "", "kib": 9} for d, s in shares])
        day = tx.scalar(select(schema.cases.c.day).where(schema.cases.c.id == case))
        known = {"day": day, "case_id": case, "member": member, "generation": world.key_store.make(keyring_purpose(member))}
        for table in schema.METADATA.sorted_tables:
            if not tx.execute(select(table).limit(1)).all():
                tx.execute(insert(table).values(_row(table, known)))
        return rows_of(tx)


def rows_of(tx: Connection) -> Rows:
    """Return all rows of a store of the newest schema, without row ids, in a fixed order."""
    return {
        table.name: sorted(
            (
                {
                    column: bytes(value) if isinstance(value, memoryview) else value
                    for column, value in row.items()
                    if column != RANDOM
                }
                for row in tx.execute(select(table)).mappings()
            ),
            key=repr,
        )
        for table in schema.METADATA.sorted_tables
    }


def write(revision: str, rows: Rows, location: Path | str) -> Rows:
    """Make a database of an earlier schema and write the rows into it.

    Returns:
        The rows that the store must have after its upgrade: all that the earlier schema could store.
    """
    database = Database(location)
    database.run(lambda tx: upgrade.upgrade(tx, revision))
    stored = database.run(lambda tx: _write(tx, revision, rows))
    database.close()
    return {table.name: _after(table.name, rows[table.name], stored) for table in schema.METADATA.sorted_tables}


def _write(tx: Connection, revision: str, rows: Rows) -> dict[str, set[str]]:
    """Write the rows, and return which columns of the newest schema they were written to, by table."""
    names, reflected = Names.at(revision), MetaData()
    reflected.reflect(tx)
    if tx.dialect.name == "postgresql":
        _make_partitions(
            tx, {row["day"] for row in rows["cases"]}, [names.tables[name] for name in postgresql.OF_A_DAY], reflected
        )
    stored: dict[str, set[str]] = {}
    for table in schema.METADATA.sorted_tables:
        target = reflected.tables.get(names.tables[table.name])
        if target is None or (table.name in SIGN_IN and revision < SEALED_SIGN_IN):
            continue
        columns = {column.name: names.columns[table.name, column.name] for column in table.columns}
        columns = {new: old for new, old in columns.items() if old in target.columns}
        stored[table.name] = set(columns)
        for row in rows[table.name]:
            values = {columns[name]: value for name, value in row.items() if name in columns}
            if RANDOM in columns:
                values[columns[RANDOM]] = schema.new_row_id(row["day"])
            if table.name == "days" and "root" in target.columns:  # before 0006
                values["root"] = next(root["root"] for root in rows["day_roots"] if root["day"] == row["day"])
            if values.get("share") == "nojs" and revision < "0014":
                values["share"] = "plain"
            tx.execute(insert(target).values(values))
    if "root" in reflected.tables["days"].columns:
        stored["day_roots"] = {"day", "root"}
    if revision < SEALED_SIGN_IN:
        member = rows["unlockers"][0]["member"]
        for name, before in (("unlockers", UNLOCKER), ("passkeys", PASSKEY)):
            if name in reflected.tables:
                values = {"member": member, **as_dict(before)}
                if name == "passkeys":
                    values["public_key"] = unb64(PASSKEY.public_key)
                tx.execute(insert(reflected.tables[name]).values(values))
    return stored


def _make_partitions(tx: Connection, days: set[str], tables: list[str], reflected: MetaData) -> None:
    """Make the partitions of some days, as the deletion runs of that revision did."""
    tx.execute(text(f"SET LOCAL ROLE {postgresql.PURGE}"))
    for day in days:
        suffix = day.replace("-", "")
        for name in (name for name in tables if name in reflected.tables):
            tx.execute(text(f"CREATE TABLE {name}_{suffix} PARTITION OF {name} FOR VALUES IN ('{day}')"))
            if name != "cases":
                to = f"cases_{suffix} (day, id) ON DELETE CASCADE"
                tx.execute(text(f"ALTER TABLE {name}_{suffix} ADD FOREIGN KEY (day, case_id) REFERENCES {to}"))
    tx.execute(text("RESET ROLE"))


def _after(table: str, rows: list[dict[str, Any]], stored: dict[str, set[str]]) -> list[dict[str, Any]]:
    """Return what a table must have after the upgrade, if the earlier schema stored only these columns."""
    if table not in stored:
        return []
    missing = {name for row in rows for name in row} - stored[table]
    return sorted(({**row, **{name: DEFAULTS[table, name](row) for name in missing}} for row in rows), key=repr)


def _row(table: Table, known: dict[str, Any]) -> dict[str, Any]:
    """Return a row with a value in every column."""
    columns = [column for column in table.columns if column.name != RANDOM]
    return {column.name: known.get(column.name, _value(table.name, column)) for column in columns}


def _value(table: str, column: Column[Any]) -> Any:
    if isinstance(column.type, LargeBinary):
        return f"encrypted {table} {column.name}".encode()
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer):
        return 1
    return TODAY.isoformat() if column.name.endswith("_until") else f"{table} {column.name}"
