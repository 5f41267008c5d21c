"""Configures SQLite so that no part of a deleted row remains in its files.

Every connection sets `journal_mode=DELETE`, `synchronous=FULL` and `secure_delete=ON`, and checks that they took effect.
docs/explanation/architecture.md, Database engines.
"""

import fcntl
import os
import sqlite3
import time
from pathlib import Path
from typing import IO

from sqlalchemy import URL, Connection, Engine, create_engine, delete, event, func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from intake.store import schema
from intake.store.errors import InUseError, StoreError
from retention.files import quoted

CACHE = 16 * 1024  # KiB of pages in memory: a full batch fits, so SQLite writes nothing before the commit
PRAGMAS: dict[str, str | int] = {
    "journal_mode": "delete", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "cache_size": -CACHE,
}  # fmt: skip
TEMP_IN_MEMORY = 2  # PRAGMA temp_store: SQLite never writes temporary data to disk
CHUNK = 500  # leaves that one statement names
# Rows of a day that one transaction deletes, in this order: 40 MB at most. Memory and journal stay small, and others write in
# between.
_ROWS_AT_ONCE = (
    (schema.staged_grants, 2_000),
    (schema.drafts, 2_000),
    (schema.entries, 2_000),
    (schema.grants, 8_000),
    (schema.cases, 8_000),
)
READ_WHOLE = 64 * 2**20  # bytes. A starting server checks a store up to this size completely, in about 0.2 s
DAMAGED = "the store's file is damaged: it was truncated or overwritten. Restore the newest backup: intake restore --help"
_BUSY_SECONDS = 5.0
_CHECKS, _PAUSE = 40, 0.05  # checks whether a journal still exists, and seconds between two of them


def create(path: Path, *, reads: bool = False) -> Engine:
    """Return an engine for a file. Writers lock at the start, so no transaction fails half-way because of a lock.

    Args:
        path: the file.
        reads: open for reading only, which works while a server has the store open.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # never parsed from text, because a path may contain `#`, `?` or `%`
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"timeout": _BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
        hide_parameters=True,  # an error must not contain a row
    )
    # Insert many rows with one statement. One step for each row would take the interpreter's lock each time.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    if reads:
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    return engine


def make_file(path: Path) -> None:
    """Create an empty file that only its owner can use, unless the file exists."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise _unusable(path, error) from None


def missing(path: Path) -> StoreError:
    """Return the error for a store that does not exist."""
    return StoreError(
        f"there is no store at {path}. Nothing was changed. Check INTAKE_DATA, which names its folder. "
        "To make a new store, type: intake migrate"
    )


def _unusable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the store at {path} cannot be opened: {error.strerror}. Nothing was changed. "
        f"Check the folder of INTAKE_DATA: ls -ld {quoted(path.parent)}"
    )


def guard(path: Path) -> IO[str]:
    """Lock the store against other servers, because a server caches its state. Closing the returned file releases the lock.

    Raises:
        InUseError: another server has the store open.
    """
    try:
        descriptor = os.open(path.with_name(path.name + ".in-use"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        file = os.fdopen(descriptor, "r+")
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise InUseError("another server has this store open") from None
    return file


def check_whole(tx: Connection, path: Path) -> None:
    """Refuse a file that was truncated or overwritten. Read a file of up to `READ_WHOLE` bytes completely.

    Raises:
        StoreError: the file is damaged.
    """
    pages, size = (int(tx.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in ("page_count", "page_size"))
    actual = path.stat().st_size
    if actual < pages * size:
        raise StoreError(DAMAGED)
    if actual <= READ_WHOLE and tx.exec_driver_sql("PRAGMA quick_check(1)").scalar_one() != "ok":
        raise StoreError(DAMAGED)


def is_damaged(error: DatabaseError) -> bool:
    """Return whether SQLite reports that the file is damaged."""
    return getattr(error.orig, "sqlite_errorcode", None) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def count_rows(tx: Connection, day: str) -> int:
    """Return the number of rows that `drop_some` has to delete for a day."""
    counts = [select(func.count()).select_from(table).where(table.c.day == day) for table, _ in _ROWS_AT_ONCE]
    return sum(tx.scalar(count) or 0 for count in counts)


def drop_some(tx: Connection, day: str) -> int:
    """Delete some rows of a day's cases, in the order in which they are stored. Return how many, or 0 if none is left.

    Case by case, each page of a table would be overwritten, and copied into the journal, once for each of its rows.
    """
    ids = schema.row_ids(day)
    for table, most in _ROWS_AT_ONCE:
        row_id = table.c[schema.ROW_ID]
        some = list(tx.scalars(select(row_id).where(row_id >= ids.start, row_id < ids.stop).order_by(row_id).limit(most)))
        if some:
            tx.execute(delete(table).where(row_id >= ids.start, row_id <= some[-1]))
            return len(some)
    # No row has another id. One that had would keep its day from being deleted.
    return tx.execute(delete(schema.cases).where(schema.cases.c.day == day)).rowcount


def scrub(path: Path) -> str:
    """Return `clean` if no journal exists, and otherwise a message.

    The database overwrites deleted rows at the commit, so only a journal can still hold them. Such a journal belongs to a
    transaction that did not commit. A process that is writing has a journal for a moment, so wait up to two seconds for it.
    """
    for _ in range(_CHECKS):
        remnants = [path.name + end for end in ("-journal", "-wal") if path.with_name(path.name + end).exists()]
        if not remnants:
            return "clean"
        time.sleep(_PAUSE)
    return f"{remnants[0]} still exists: a process is using the store, or died while it wrote"


def _begin(connection: Connection) -> None:
    # Writers use BEGIN IMMEDIATE. Readers stay deferred, so that they do not block each other.
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("read_only") else "BEGIN IMMEDIATE")


def _prepare(connection: object, _: object) -> None:
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}").fetchall()  # type: ignore[attr-defined]
        actual = connection.execute(f"PRAGMA {name}").fetchone()[0]  # type: ignore[attr-defined]
        if actual != value:
            raise StoreError(f"SQLite does not accept {name}={value}")
    connection.execute(f"PRAGMA temp_store={TEMP_IN_MEMORY}")  # type: ignore[attr-defined]
