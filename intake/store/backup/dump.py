"""Reads every row of a store for a backup, in one consistent state. A server may write at the same time."""

import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from crypto.dayroot import DeletionKeyName
from intake.store.cases.row_keys import SIGN_IN
from intake.store.engines import sqlite
from intake.store.engines.engine import Database
from intake.store.errors import StoreError
from intake.store.migrations import upgrade
from intake.store.schema import METADATA, store
from retention.files import quoted

_RESTARTS = 3
_PAGES = 4096  # pages that SQLite copies in one step. Others can write between two steps
_ROWS = 200  # rows of one fetch


@dataclass(frozen=True, slots=True)
class Dump:
    """The rows of a store.

    Attributes:
        key: the name of the deletion key that authenticates backups of the store.
        schema: the revision of the schema.
        tables: the columns of each table. Each table follows those that it refers to.
        rows: the table and the values of each row.
    """

    key: DeletionKeyName
    schema: str
    tables: dict[str, list[str]]
    rows: Iterator[tuple[str, Sequence[Any]]]


@contextmanager
def opened(location: Path | str) -> Iterator[Dump]:
    """Open a consistent copy of a store.

    Args:
        location: the file of an embedded store, or the address of a shared one.

    Raises:
        StoreError: the store cannot be read, or its schema is not this version's.
    """
    try:
        with _copied(location) if isinstance(location, Path) else _snapshot(location) as tx:
            upgrade.check(tx)
            schema = upgrade.revision(tx)
            assert schema is not None
            tables = {str(table.name): [str(column.name) for column in table.columns] for table in METADATA.sorted_tables}
            yield Dump(_key(tx), schema, tables, _rows(tx))
    except SQLAlchemyError as error:
        raise StoreError(f"the store cannot be copied: {type(error).__name__}. No backup was written") from None


def _key(tx: Connection) -> DeletionKeyName:
    row = tx.execute(select(store.c.store_id, store.c.sign_in_generation)).one_or_none()
    if row is None or row.sign_in_generation is None:
        raise StoreError("the sign-in data of this store is not encrypted yet. No backup was written. Run `intake migrate`")
    return DeletionKeyName(row.store_id, SIGN_IN, row.sign_in_generation)


def _rows(tx: Connection) -> Iterator[tuple[str, Sequence[Any]]]:
    for table in METADATA.sorted_tables:
        for row in tx.execution_options(yield_per=_ROWS).execute(select(table)):
            yield str(table.name), tuple(row)


@contextmanager
def _snapshot(url: str) -> Iterator[Connection]:
    database = Database(url, reads=True)
    try:
        with database.engine.connect() as connection, connection.begin():
            connection.execute(text("SET TRANSACTION READ ONLY, ISOLATION LEVEL REPEATABLE READ"))
            yield connection
    finally:
        database.close()


def _not_copied(path: Path, error: OSError | sqlite3.Error) -> StoreError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return StoreError(
        f"the store at {path} cannot be copied: {reason}. No backup was written. "
        f"Check the folder of INTAKE_DATA: ls -ld {quoted(path.parent)}; df -h {quoted(path.parent)}"
    )


@contextmanager
def _copied(path: Path) -> Iterator[Connection]:
    """Copy the store with SQLite's backup interface, and open the copy.

    This unlinks the copy's file before it copies the first byte, so a killed process leaves no copy behind.
    """
    if not path.exists():
        raise sqlite.missing(path)
    copy = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        source, target = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True), sqlite3.connect(copy)
    except (OSError, sqlite3.Error) as error:
        copy.unlink(missing_ok=True)
        raise _not_copied(path, error) from None
    try:
        target.execute("PRAGMA journal_mode=OFF")
        target.execute("PRAGMA synchronous=OFF")
        target.execute("BEGIN EXCLUSIVE")
        target.execute("ROLLBACK")
        copy.unlink()
        _copy(source, target)
        engine = create_engine("sqlite://", creator=lambda: target, poolclass=StaticPool, hide_parameters=True)
        with engine.connect() as connection:
            yield connection
    except sqlite3.Error as error:
        raise _not_copied(path, error) from None
    finally:
        copy.unlink(missing_ok=True)
        target.close()
        source.close()


class _Restarted(Exception):  # not an error: it never leaves this module
    """Raised when other processes write so often that a copy in steps would never end."""


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy a database in steps, so that others can write in between.

    SQLite starts again when another process has written. After a few restarts, copy everything in one step. The others wait
    for that step.
    """
    least, restarts = [-1], [0]

    def step(status: int, remaining: int, total: int) -> None:
        restarts[0] += 0 <= least[0] < remaining
        least[0] = remaining
        if restarts[0] > _RESTARTS:
            raise _Restarted

    try:
        source.backup(target, pages=_PAGES, progress=step, sleep=0.01)
    except _Restarted:
        source.backup(target)
