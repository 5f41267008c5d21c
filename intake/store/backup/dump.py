"""Reads every row of a store as it is at one moment, for a backup. Beside a server that writes."""

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
from intake.store.engines.engine import Database
from intake.store.errors import StoreError
from intake.store.migrations import upgrade
from intake.store.schema import METADATA, store

_RESTARTS = 3
_PAGES = 4096  # that SQLite's backup copies before it lets others write
_ROWS = 200  # fetched at once


@dataclass(frozen=True, slots=True)
class Dump:
    """A store's rows.

    Attributes:
        key: the name of the deletion key that the store authenticates its backups with.
        schema: the revision that they have.
        tables: the columns of each table, in an order in which a row comes after what it refers to.
        rows: each row's table and values.
    """

    key: DeletionKeyName
    schema: str
    tables: dict[str, list[str]]
    rows: Iterator[tuple[str, Sequence[Any]]]


@contextmanager
def opened(location: Path | str) -> Iterator[Dump]:
    """The rows of the embedded store's file, or of the shared store at an address.

    Raises:
        StoreError: it cannot be read, or is not of this version's schema.
    """
    try:
        with _copied(location) if isinstance(location, Path) else _snapshot(location) as tx:
            upgrade.check(tx)
            schema = upgrade.revision(tx)
            assert schema is not None
            tables = {str(table.name): [str(column.name) for column in table.columns] for table in METADATA.sorted_tables}
            yield Dump(_key(tx), schema, tables, _rows(tx))
    except SQLAlchemyError as error:
        raise StoreError(f"the store cannot be copied: {type(error).__name__}") from None


def _key(tx: Connection) -> DeletionKeyName:
    row = tx.execute(select(store.c.store_id, store.c.sign_in_generation)).one_or_none()
    if row is None or row.sign_in_generation is None:
        raise StoreError("what members sign in with is not sealed yet: run `intake migrate`")
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


@contextmanager
def _copied(path: Path) -> Iterator[Connection]:
    """SQLite's own backup, into a file that has no name any more when the first byte is copied: a kill leaves nothing."""
    if not path.exists():
        raise StoreError(f"there is no store at {path.name} yet")
    copy = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        source, target = sqlite3.connect(f"file:{path}?mode=ro", uri=True), sqlite3.connect(copy)
    except (OSError, sqlite3.Error) as error:
        copy.unlink(missing_ok=True)
        raise StoreError(f"the store cannot be copied: {error}") from None
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
        raise StoreError(f"the store cannot be copied: {error}") from None
    finally:
        copy.unlink(missing_ok=True)
        target.close()
        source.close()


class _Restarted(Exception):  # no error: it never leaves this module
    """Others write so often that a copy in steps never ends."""


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """In steps, which let others write and begin anew when they did; after a few times in one, which makes them wait."""
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
