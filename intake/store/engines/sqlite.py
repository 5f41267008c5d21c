"""SQLite as deletion needs it.

`journal_mode=DELETE` with `synchronous=FULL` and `secure_delete=ON` leaves nothing of deleted rows
(docs/explanation/architecture.md, Database engines). Every connection sets these and checks that they took effect.
"""

import fcntl
import os
import sqlite3
import time
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, create_engine, delete, event, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from intake.store import schema
from intake.store.errors import InUseError, StoreError

CACHE = 16 * 1024  # KiB of pages in memory: what a full batch changes, so that nothing is written before its commit
PRAGMAS: dict[str, str | int] = {
    "journal_mode": "delete", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "cache_size": -CACHE,
}  # fmt: skip
TEMP_IN_MEMORY = 2  # PRAGMA temp_store: nothing is spilled to disk
CHUNK = 500  # cases that a purge deletes in one transaction: memory and journal stay small, submissions come in between
READ_WHOLE = 64 * 2**20  # bytes: a store up to this size is looked through at a server's start, some 0.2 s
DAMAGED = "the store's file is damaged: it was cut off or written over. Restore the newest backup: intake restore --help"
_BUSY_SECONDS = 5.0
_LOOKS, _PAUSE = 40, 0.05  # for a journal to go; seconds between looks


def create(path: Path, *, reads: bool = False) -> Engine:
    """An engine on the file at `path`; transactions that write begin as a writer's, so none fails half-way for a lock.

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
    # Many rows in one statement: one that steps row by row asks for the interpreter's lock at each.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    if reads:
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    return engine


def make_file(path: Path) -> None:
    """An empty store for its owner alone, if there is none."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreError(f"the store at {path.name} cannot be opened: {error.strerror}") from None


def guard(path: Path) -> IO[str]:
    """Keep a second server from this store, which knows one server's memory only, until the file is closed.

    Raises:
        InUseError: another server has it.
    """
    try:
        descriptor = os.open(path.with_name(path.name + ".in-use"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        file = os.fdopen(descriptor, "r+")
    except OSError as error:
        raise StoreError(f"the store at {path.name} cannot be opened: {error.strerror}") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise InUseError("another server has this store open") from None
    return file


def check_whole(tx: Connection, path: Path) -> None:
    """Refuse a file that was cut off or written over; a small one is read to its end.

    Raises:
        StoreError: it is damaged.
    """
    pages, size = (int(tx.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in ("page_count", "page_size"))
    found = path.stat().st_size
    if found < pages * size:
        raise StoreError(DAMAGED)
    if found <= READ_WHOLE and tx.exec_driver_sql("PRAGMA quick_check(1)").scalar_one() != "ok":
        raise StoreError(DAMAGED)


def is_damaged(error: DatabaseError) -> bool:
    """Whether SQLite found the file itself to be wrong."""
    return getattr(error.orig, "sqlite_errorcode", None) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def drop_some(tx: Connection, day: str) -> int:
    """Delete a chunk of a day's cases with all that hangs on them; how many."""
    cases = schema.cases
    some = list(tx.scalars(select(cases.c.id).where(cases.c.day == day).order_by(cases.c.id).limit(CHUNK)))
    if some:
        tx.execute(delete(cases).where(cases.c.day == day, cases.c.id <= some[-1]))
    return len(some)


def scrub(path: Path) -> str:
    """Nothing remains of what was deleted in a committed transaction; a journal that stays tells of one that was not.

    Another process that writes right now has a journal for a moment; it is waited for.
    """
    for _ in range(_LOOKS):
        remnants = [path.name + end for end in ("-journal", "-wal") if path.with_name(path.name + end).exists()]
        if not remnants:
            return "clean"
        time.sleep(_PAUSE)
    return f"{remnants[0]} is still there: a process is using the store, or one died"


def _begin(connection: Connection) -> None:
    # A transaction that begins as a writer's cannot even end while somebody else reads: those that only look do not.
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("looks") else "BEGIN IMMEDIATE")


def _prepare(connection: object, _: object) -> None:
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}").fetchall()  # type: ignore[attr-defined]
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]  # type: ignore[attr-defined]
        if found != value:
            raise StoreError(f"SQLite does not keep to {name}={value}")
    connection.execute(f"PRAGMA temp_store={TEMP_IN_MEMORY}")  # type: ignore[attr-defined]
