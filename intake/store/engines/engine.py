"""A store, embedded (SQLite) or shared (PostgreSQL), and one transaction at a time; what differs between the two lies in
`sqlite` and `postgres`.
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

from intake.store.engines import postgresql, sqlite
from intake.store.errors import BusyStoreError, ConflictError, NotThereError, StoreError

T = TypeVar("T")
V = TypeVar("V", str, int)
ATTEMPTS = 12  # of a transaction that others got in the way of
_PAUSE = 0.02  # seconds before the second attempt; doubles, with jitter, up to half a second

Transaction = Connection
"""What a function of the store takes; the web never sees the library."""


class Database:
    """One store.

    Args:
        where: the file of the embedded store, or `postgresql+psycopg://…`.
        reads: it only ever reads, beside whoever has the store open.
        alone: no second process may open an embedded store like this; servers do.
    """

    def __init__(self, where: Path | str, *, reads: bool = False, alone: bool = False) -> None:
        self.path = where if isinstance(where, Path) else None
        self._reads = reads
        self._guard: IO[str] | None = None
        self.engine: Engine
        if self.path is None:
            self.engine = postgresql.create(_checked(str(where)), reads=reads)
            self._mutex: threading.RLock | nullcontext[None] = nullcontext()
            return
        if reads and not self.path.exists():
            raise StoreError(f"there is no store at {self.path.name} yet")
        sqlite.make_file(self.path)
        self._guard = sqlite.guard(self.path) if alone else None
        self.engine = sqlite.create(self.path, reads=reads)
        self._mutex = threading.RLock()
        if alone:
            try:
                with self.transaction(looks=True) as tx:
                    sqlite.check_whole(tx, self.path)
            except StoreError:
                self.close()
                raise

    @contextmanager
    def transaction(self, *, looks: bool = False) -> Iterator[Connection]:
        """Durable once left without an exception.

        Args:
            looks: nothing is written in it.

        Raises:
            BusyStoreError: other processes got in the way; nothing was committed, and it may be tried again.
            NotThereError: asked for with something that no row can hold.
            StoreError: the engine failed (a full disk, a damaged file); nothing was committed.
        """
        with self._mutex:
            try:
                with self.engine.connect().execution_options(looks=looks or self._reads) as connection, connection.begin():
                    yield connection
            except DatabaseError as error:
                raise failure(error) from None
            except SQLAlchemyError as error:  # no connection in time, one that broke
                raise StoreError(f"the store failed: {type(error).__name__}") from None

    def run(self, what: Callable[[Connection], T], *, looks: bool = False) -> T:
        """Run `what` in a transaction, again for as long as others get in the way; raises as `transaction`."""
        for attempt in range(ATTEMPTS):
            try:
                with self.transaction(looks=looks) as tx:
                    return what(tx)
            except BusyStoreError:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(min(0.5, _PAUSE * 2**attempt) * (0.5 + random.random()))  # noqa: S311  # jitter
        raise AssertionError

    def take_turn(self, tx: Connection) -> None:
        """Before anything else in a transaction that writes: wait until no other process is in one."""
        if self.path is None:
            postgresql.take_turn(tx)

    def close(self) -> None:
        """Let another server have it."""
        self.engine.dispose()
        if self._guard is not None:
            self._guard.close()


@contextmanager
def savepoint(tx: Transaction) -> Iterator[Transaction]:
    """A part of a transaction that can fail alone.

    Raises:
        ConflictError: what was written contradicts what is stored.
        NotThereError: written or asked for with something that no row can hold.
        StoreError: the engine failed, and with it the whole transaction.
    """
    try:
        with tx.begin_nested():
            yield tx
    except IntegrityError:
        raise ConflictError("this contradicts what is stored") from None
    except DatabaseError as error:
        raise failure(error) from None


def among(tx: Transaction, column: ColumnElement[V], values: Collection[V]) -> ColumnElement[bool]:
    """Whether a column is one of some values; on PostgreSQL the same statement however many they are."""
    if tx.dialect.name != "postgresql":
        return column.in_(values)
    return column == any_(bindparam(None, list(values), ARRAY(column.type)))


def failure(error: DatabaseError) -> StoreError | NotThereError:
    """What went wrong, in the engine's words but without statement, parameters or rows."""
    if isinstance(error, DataError):  # a character or number that the engine does not take
        return NotThereError("what no row can hold")
    if postgresql.is_busy(error):
        return BusyStoreError("other processes are changing the same")
    if sqlite.is_damaged(error):
        return StoreError(sqlite.DAMAGED)
    # SQLite's own words hold neither statement nor parameters; PostgreSQL's detail names keys, so only its first line is taken.
    return StoreError(f"the store failed: {postgresql.reason(error) or error.orig}")


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
    if not postgresql.is_safe(url):
        raise StoreError("the store is on another machine: its address needs sslmode=verify-full (docs/reference/limits.md)")
    return url
