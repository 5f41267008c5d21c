"""Opens a store, embedded (SQLite) or shared (PostgreSQL), and runs transactions.

The differences between the engines are in `sqlite` and `postgresql`.
"""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, TypeVar

from sqlalchemy import ARRAY, ColumnElement, Connection, Engine, any_, bindparam, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, IntegrityError, SQLAlchemyError

from intake.store.engines import postgresql, postgresql_address, postgresql_faults, sqlite
from intake.store.errors import BusyStoreError, ConflictError, NotThereError, StoreError

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
            raise StoreError(f"there is no store at {self.path.name} yet")
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

    @contextmanager
    def transaction(self, *, read_only: bool = False) -> Iterator[Connection]:
        """Open a transaction. It is durable when the block ends without an exception.

        Args:
            read_only: the transaction only reads.

        Raises:
            BusyStoreError: transactions of other processes conflict. Nothing was committed. The caller may try again.
            NotThereError: a query used a value that no column can hold.
            StoreError: the engine failed (a full disk, a damaged file). Nothing was committed.
        """
        with self._mutex:
            try:
                with (
                    self.engine.connect().execution_options(read_only=read_only or self._reads) as connection,
                    connection.begin(),
                ):
                    yield connection
            except DatabaseError as error:
                raise failure(error) from None
            except SQLAlchemyError as error:  # no connection in time, or a broken one
                raise StoreError(f"the store failed: {type(error).__name__}") from None

    def run(self, what: Callable[[Connection], T], *, read_only: bool = False) -> T:
        """Run `what` in a transaction, up to `ATTEMPTS` times while others conflict. Raises as `transaction` does."""
        for attempt in range(ATTEMPTS):
            try:
                with self.transaction(read_only=read_only) as tx:
                    return what(tx)
            except BusyStoreError:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(min(0.5, _PAUSE * 2**attempt) * (0.5 + random.random()))  # noqa: S311  # jitter
        raise AssertionError

    def take_turn(self, tx: Connection) -> None:
        """Wait until no other process writes. Call this first in a transaction that writes."""
        if self.path is None:
            postgresql.take_turn(tx)

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


def failure(error: DatabaseError) -> StoreError | NotThereError:
    """Translate an error of the engine. The message contains no statement, parameter or row."""
    if isinstance(error, DataError):  # a character or number that the engine does not accept
        return NotThereError("no column can hold this value")
    if postgresql.is_busy(error):
        return BusyStoreError("other processes are changing the same rows. Nothing was stored")
    if sqlite.is_damaged(error):
        return StoreError(sqlite.DAMAGED)
    # SQLite's message has no statement or parameters. PostgreSQL's detail names keys, so use only the first line.
    return StoreError(f"the store failed: {postgresql_faults.reason(error) or error.orig}")


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
