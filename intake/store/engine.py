"""Opening SQLite as deletion needs it, and one transaction at a time.

`journal_mode=DELETE` with `synchronous=FULL` and `secure_delete=ON` leaves nothing of deleted rows at once (DESIGN.md,
Measured facts); every connection is told so and asked whether it listens.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import QueuePool

from intake.store.errors import ConflictError, InUseError, StoreError

PRAGMAS: dict[str, str | int] = {"journal_mode": "delete", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}
TEMP_IN_MEMORY = 2  # PRAGMA temp_store: nothing is spilled to disk
_BUSY_SECONDS = 5.0


def create(path: Path, *, reads: bool = False) -> Engine:
    """An engine on the file at `path`; every transaction begins as a writer's, so none fails half-way for a lock.

    Args:
        reads: it only ever reads, beside whoever has the store open.
    """
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"timeout": _BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
        hide_parameters=True,  # an error must not carry a row
    )
    event.listen(engine, "connect", _prepare)
    begin = "BEGIN" if reads else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    if reads:
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    return engine


Transaction = Connection
"""What a function of the store takes; the web never sees the library."""


class Database:
    """One store file: locked against a second server, one transaction at a time."""

    def __init__(self, path: Path, *, reads: bool = False) -> None:
        self._guard: IO[str] | None = None
        try:
            if reads and not path.exists():
                raise StoreError(f"there is no store at {path.name} yet")
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._guard = None if reads else _guard(path)
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        except OSError as error:
            raise StoreError(f"the store at {path.name} cannot be opened: {error.strerror}") from None
        self.path = path
        self._engine = create(path, reads=reads)
        self._mutex = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Durable once left without an exception.

        Raises:
            StoreError: the engine failed (a full disk, a damaged file); nothing was committed.
        """
        with self._mutex:
            try:
                with self._engine.begin() as connection:
                    yield connection
            except DatabaseError as error:
                # `orig` names the engine's reason and holds neither statement nor parameters.
                raise StoreError(f"the store failed: {error.orig}") from None

    def close(self) -> None:
        """Let another server have it."""
        self._engine.dispose()
        if self._guard is not None:
            self._guard.close()


@contextmanager
def savepoint(tx: Transaction) -> Iterator[Transaction]:
    """A part of a transaction that can fail alone.

    Raises:
        ConflictError: what was written contradicts what is stored.
        StoreError: the engine failed, and with it the whole transaction.
    """
    try:
        with tx.begin_nested():
            yield tx
    except IntegrityError:
        raise ConflictError("this contradicts what is stored") from None
    except DatabaseError as error:
        raise StoreError(f"the store failed: {error.orig}") from None


def _prepare(connection: object, _: object) -> None:
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}").fetchall()  # type: ignore[attr-defined]
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]  # type: ignore[attr-defined]
        if found != value:
            raise StoreError(f"SQLite does not keep to {name}={value}")
    connection.execute(f"PRAGMA temp_store={TEMP_IN_MEMORY}")  # type: ignore[attr-defined]


def _guard(path: Path) -> IO[str]:
    file = path.with_name(path.name + ".in-use").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise InUseError("another server or command has this store open") from None
    return file
