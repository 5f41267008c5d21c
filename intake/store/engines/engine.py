"""Opens a store, embedded (SQLite) or shared (PostgreSQL), and runs transactions.

The differences between the engines are in `sqlite` and `postgresql`.
"""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import IO, Any, TypeVar

from sqlalchemy import ARRAY, ColumnElement, Connection, Dialect, Engine, Table, any_, bindparam, insert, make_url
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, IntegrityError, SQLAlchemyError

from intake.store.engines import postgresql, postgresql_address, postgresql_faults, sqlite
from intake.store.errors import BusyStoreError, ConflictError, NotThereError, StoreError
from intake.store.schema import ROW_ID, new_row_id

T = TypeVar("T")
V = TypeVar("V", str, int)
ATTEMPTS = 12  # tries of a transaction that conflicts with others
_PAUSE = 0.02  # seconds before the second attempt. The pause doubles up to half a second, with jitter

Transaction = Connection
"""The argument of every function of the store. Other packages use this name and never import SQLAlchemy."""


class Database:
    """A store, and the connections of this process to it.

    Args:
        location: the file of the embedded store, or `postgresql+psycopg://…`.
        reads: open for reading only, which works while a server has the store open.
        exclusive: refuse an embedded store that another server has open. Servers set this.
    """

    def __init__(self, location: Path | str, *, reads: bool = False, exclusive: bool = False) -> None:
        self.path = location if isinstance(location, Path) else None
        self._reads = reads
        self._guard: IO[str] | None = None
        self.engine: Engine
        if self.path is None:
            self.engine = postgresql.create(_checked(str(location)), reads=reads)
            self._mutex: threading.RLock | nullcontext[None] = nullcontext()
            return
        if reads and not self.path.exists():
            raise sqlite.missing(self.path)
        sqlite.make_file(self.path)
        self._guard = sqlite.guard(self.path) if exclusive else None
        self.engine = sqlite.create(self.path, reads=reads)
        self._mutex = threading.RLock()
        if exclusive:
            try:
                with self.transaction(read_only=True) as tx:
                    sqlite.check_whole(tx, self.path)
            except StoreError:
                self.close()
                raise

    @property
    def is_shared(self) -> bool:
        """Whether other processes may write at the same time."""
        return self.path is None

    @contextmanager
    def transaction(self, *, read_only: bool = False, concurrent: bool = False) -> Iterator[Connection]:
        """Open a transaction. It is durable when the block ends without an exception.

        Args:
            read_only: the transaction only reads.
            concurrent: on PostgreSQL, use READ COMMITTED. What writes so must keep its own guarantees (docs/adr/0044).

        Raises:
            BusyStoreError: transactions of other processes conflict. Nothing was committed. The caller may try again.
            NotThereError: a query used a value that no column can hold.
            StoreError: the engine failed (a full disk, a damaged file). Nothing was committed.
        """
        with self._mutex:
            try:
                options: dict[str, Any] = {"read_only": read_only or self._reads}
                if concurrent and self.is_shared:
                    options["isolation_level"] = "READ COMMITTED"
                with self.engine.connect().execution_options(**options) as connection, connection.begin():
                    yield connection
            except DatabaseError as error:
                raise failure(error) from None
            except SQLAlchemyError as error:  # no connection in time, or a broken one
                raise StoreError(f"the store failed: {type(error).__name__}") from None

    def run(self, what: Callable[[Connection], T], *, read_only: bool = False, concurrent: bool = False) -> T:
        """Run `what` in a transaction, up to `ATTEMPTS` times while others conflict. Takes and raises as `transaction` does."""
        for attempt in range(ATTEMPTS):
            try:
                with self.transaction(read_only=read_only, concurrent=concurrent) as tx:
                    return what(tx)
            except BusyStoreError:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(min(0.5, _PAUSE * 2**attempt) * (0.5 + random.random()))  # noqa: S311  # jitter
        raise AssertionError

    def take_turn(self, tx: Connection, *, concurrent: bool = False) -> None:
        """Wait until no other process writes, or none but concurrent ones. Call this first in a transaction that writes."""
        if self.is_shared:
            postgresql.take_turn(tx, concurrent=concurrent)

    def close(self) -> None:
        """Close the store, so that another server can open it."""
        self.engine.dispose()
        if self._guard is not None:
            self._guard.close()


@contextmanager
def savepoint(tx: Transaction) -> Iterator[Transaction]:
    """Open a savepoint: a part of a transaction that can fail without the rest.

    Raises:
        ConflictError: a write violates a constraint.
        NotThereError: a statement used a value that no column can hold.
        StoreError: the engine failed, and the whole transaction with it.
    """
    try:
        with tx.begin_nested():
            yield tx
    except IntegrityError:
        raise ConflictError("the change contradicts the stored rows. Nothing was stored") from None
    except DatabaseError as error:
        raise failure(error) from None


def among(tx: Transaction, column: ColumnElement[V], values: Collection[V]) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values. On PostgreSQL their number does not change the statement."""
    if tx.dialect.name != "postgresql":
        return column.in_(values)
    return column == any_(bindparam(None, list(values), ARRAY(column.type)))


def insert_rows(tx: Transaction, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns, with one statement. On PostgreSQL their number does not change it."""
    if not rows:
        return
    if tx.dialect.name != "postgresql":
        tx.execute(insert(table), rows)
        return
    if ROW_ID in table.c:
        rows = [{ROW_ID: new_row_id(row["day"]), **row} for row in rows]
    names = tuple(rows[0])
    tx.exec_driver_sql(_insert_arrays(tx.dialect, table, names), tuple([row[name] for row in rows] for name in names))


@cache
def _insert_arrays(dialect: Dialect, table: Table, names: tuple[str, ...]) -> str:
    # %b sends an array as bytes. As text, each byte of an age file would be two digits, searched for what must be escaped.
    arrays = ", ".join(f"%b::{table.c[name].type.compile(dialect)}[]" for name in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({arrays})"  # noqa: S608  # names of the schema


def insert_missing(tx: Transaction, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows whose key is not stored yet, even if another process is about to insert the same."""
    if not rows:
        return
    if tx.dialect.name == "postgresql":
        # Imports an adapter for each driver, which a store on SQLite does without.
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        tx.execute(postgresql_insert(table).on_conflict_do_nothing(), rows)
    else:
        tx.execute(sqlite_insert(table).on_conflict_do_nothing(), rows)


def failure(error: DatabaseError) -> StoreError | NotThereError:
    """Translate an error of the engine. The message contains no statement, parameter or row."""
    if isinstance(error, DataError):  # a character or number that the engine does not accept
        return NotThereError("no column can hold this value")
    if postgresql.is_busy(error):
        return BusyStoreError("other processes are changing the same rows. Nothing was stored")
    if sqlite.is_damaged(error):
        return StoreError(sqlite.DAMAGED)
    # SQLite's message has no statement or parameters. PostgreSQL's detail names keys, so use only the first line.
    if reason := postgresql_faults.reason(error):
        return StoreError(f"the store failed: {reason}")
    return StoreError(f"the store failed: {error.orig}. Check the folder of INTAKE_DATA with `ls -ld` and `df -h`")


def _checked(url: str) -> str:
    try:
        driver = make_url(url).drivername
    except ArgumentError:
        driver = ""
    if driver != postgresql.DRIVER:
        raise StoreError(f"the address of the store must begin with {postgresql.DRIVER}://")
    if not postgresql.is_installed():
        raise StoreError(
            "INTAKE_DATABASE_URL needs the extra postgresql, which is not installed (docs/howto/scale-with-postgresql.md)"
        )
    if not postgresql_address.is_safe(url):
        raise StoreError("the store is on another machine, so its address needs sslmode=verify-full (docs/reference/limits.md)")
    return url
