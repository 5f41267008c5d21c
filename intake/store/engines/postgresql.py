"""Configures PostgreSQL so that expired rows can be deleted. Tables have partitions by expiry day, and a run drops a partition.

DELETE and VACUUM would leave most of the data in the files. After a partition is dropped, the next checkpoint deletes its files
(docs/explanation/architecture.md, Database engines). The write-ahead log, replicas and backups may still hold the rows, but
encrypted under a destroyed deletion key.
"""

import contextlib
import hashlib
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from intake.store.engines import postgresql_faults
from intake.store.engines.postgresql_hosts import order_hosts
from intake.store.errors import StoreError
from retention.errors import KeyStoreError
from retention.run import HELD

DRIVER = "postgresql+psycopg"
PARTITIONED = ("cases", "entries", "grants", "staged", "holds")  # the tables that migration 0003 partitioned
OF_A_DAY = ("cases", "entries", "grants", "staged_grants", "holds", "drafts")  # all tables that are partitioned now
SERVER, PURGE = "intake_server", "intake_purge"  # the roles of servers and of runs. Only runs may create and drop days
_NO_ANSWER = "the database that keeps the locks does not answer"
_BUSY = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available
# A database whose machine vanishes closes no connection, and Linux would retry for a quarter of an hour. These options give up
# after about ten seconds, while data is sent (`tcp_user_timeout`, ms) and while an answer is awaited (keepalives, s).
# A connection tries each host of a list for `connect_timeout` (`postgresql_hosts` leaves out one that vanished).
# Source: https://www.postgresql.org/docs/current/libpq-connect.html
TIME_OUTS: dict[str, int] = {
    "connect_timeout": 3, "tcp_user_timeout": 10_000,
    "keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
}  # fmt: skip
_OPTIONS = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=60s"


def create(url: str, *, reads: bool = False) -> Engine:
    """Return an engine. Its transactions are SERIALIZABLE, except those that `Database.run` starts as `concurrent`."""
    engine = create_engine(
        url,
        isolation_level="SERIALIZABLE",
        pool_pre_ping=True,  # detect a restarted database before the first statement
        pool_size=5,
        max_overflow=5,
        connect_args={"application_name": "sealed-intake", "options": _OPTIONS, **TIME_OUTS},
        hide_parameters=True,  # an error must not contain a row
    )
    order_hosts(engine)
    refuse_poolers(engine)
    if reads:
        # Not an option of the connection: with `target_session_attrs=read-write`, libpq would refuse every host.
        event.listen(engine, "connect", _only_read)
    engine.dialect.use_insertmanyvalues_wo_returning = True  # insert many rows with one statement
    return engine


def refuse_poolers(engine: Engine) -> None:
    """Check each new connection for a pooler in between, such as PgBouncer.

    A pooler may run two statements of one session in different sessions of the database. Session locks, LISTEN and cancelling
    then act on another client's session. A pooler answers a new connection with a process id of its own.

    Raises:
        StoreError: by `Engine.connect`, if the id is not that of the process that runs the statements.
    """

    def check(connection: Any, record: object) -> None:
        own = connection.info.backend_pid
        (actual,) = connection.execute("SELECT pg_backend_pid()").fetchone()
        connection.rollback()
        if own != actual:
            raise StoreError(
                "a connection pooler (PgBouncer or similar) is between this server and PostgreSQL. Nothing was changed. "
                "INTAKE_DATABASE_URL must name PostgreSQL itself"
            )

    event.listen(engine, "connect", check)


def _only_read(connection: Any, record: object) -> None:
    connection.execute("SET default_transaction_read_only = on")
    connection.commit()


def is_installed() -> bool:
    """Return whether the driver is installed. The extra `postgresql` installs it."""
    try:
        import_module("psycopg")
    except ModuleNotFoundError:
        return False
    return True


def is_busy(error: DatabaseError) -> bool:
    """Return whether the transaction may succeed if the caller repeats it."""
    return getattr(error.orig, "sqlstate", None) in _BUSY


def take_turn(tx: Connection, *, concurrent: bool) -> None:
    """Wait until no other process writes, or if `concurrent`, until the others write only what may be concurrent.

    PostgreSQL takes a LOCK before the snapshot of the transaction, and gives it in the order of asking, so that a stream of
    concurrent writes keeps nobody waiting. A process that stalls loses its turn after ten seconds.
    """
    mode = "ROW EXCLUSIVE" if concurrent else "SHARE ROW EXCLUSIVE"  # the first conflicts with the second, not with itself
    tx.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '10s'; LOCK TABLE usage IN {mode} MODE")


def lock_names(tx: Connection, names: Collection[str]) -> None:
    """Wait until no other transaction has locked one of the names. The locks end with this transaction."""
    query = "SELECT count(pg_advisory_xact_lock(key)) FROM unnest(CAST(:keys AS bigint[])) AS key"
    tx.execute(text(query), {"keys": sorted({_key(name) for name in names})})  # sorted, so that no two wait for each other


def try_names(tx: Connection, names: Collection[str]) -> set[str]:
    """Lock those names that no other transaction has locked, without waiting. Return them."""
    by_key = {_key(name): name for name in names}
    query = "SELECT key FROM unnest(CAST(:keys AS bigint[])) AS key WHERE pg_try_advisory_xact_lock(key)"
    return {by_key[key] for key in tx.scalars(text(query), {"keys": list(by_key)})}


def add_partitions(tx: Connection, day: str) -> None:
    """Create the partitions of an expiry day."""
    _as_purge(tx)
    for name in OF_A_DAY:
        part = _partition(name, day)
        tx.execute(text(f"CREATE TABLE {part} PARTITION OF {name} FOR VALUES IN ('{day}')"))
        if name != "cases":
            of_case = f"FOREIGN KEY (day, case_id) REFERENCES {_partition('cases', day)} (day, id) ON DELETE CASCADE"
            tx.execute(text(f"ALTER TABLE {part} ADD {of_case}"))
    tx.execute(text("RESET ROLE"))


def drop_partitions(tx: Connection, day: str) -> None:
    """Drop all partitions of an expiry day with one statement."""
    _as_purge(tx)
    tx.execute(text("DROP TABLE IF EXISTS " + ", ".join(_partition(name, day) for name in reversed(OF_A_DAY))))
    tx.execute(text("RESET ROLE"))


def clear_log(engine: Engine) -> str:
    """Recycle the write-ahead log that may hold dropped rows. Return `clean`, `HELD`, or what is left and why."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        try:
            connection.execute(text("SELECT pg_switch_wal()"))
            connection.execute(text("CHECKPOINT"))
            recycles = connection.scalar(text("SHOW wal_recycle")) == "on"
            kept = connection.scalar(
                text(
                    "SELECT min(name) < (SELECT redo_wal_file FROM pg_control_checkpoint()) "
                    "FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'"
                )
            )
        except DatabaseError as error:
            why = postgresql_faults.reason(error)
            return f"the write-ahead log may hold deleted rows: {why} (docs/howto/scale-with-postgresql.md, Roles)"
    if recycles:
        return "wal_recycle is on, so the write-ahead log keeps deleted rows (docs/howto/scale-with-postgresql.md, Settings)"
    if kept:
        return HELD
    return "clean"


def may_purge(tx: Connection) -> bool:
    """Return whether this login may create and drop days."""
    return bool(tx.scalar(text(f"SELECT pg_has_role(current_user, '{PURGE}', 'MEMBER')")))


class AdvisoryLocks:
    """Advisory locks of the database (`retention.ports.Locks`). The database releases them when the connection ends."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
            connect_args={"application_name": "sealed-intake locks", **TIME_OUTS},
            hide_parameters=True,
        )
        order_hosts(self._engine)
        refuse_poolers(self._engine)
        self._sharing: Connection | None = None
        self._lost = False
        self._mutex = threading.RLock()

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Wait for a lock, and hold it exclusively."""
        with self._held("SELECT pg_advisory_lock(:key)", name):
            yield

    @contextmanager
    def attempt(self, name: str) -> Iterator[bool]:
        """Hold a lock exclusively without waiting. Yield False if another process holds it."""
        with self._held("SELECT pg_try_advisory_lock(:key)", name) as acquired:
            yield bool(acquired)

    @contextmanager
    def _held(self, how: str, name: str) -> Iterator[object]:
        try:
            connection = self._engine.connect()
        except SQLAlchemyError:
            raise KeyStoreError(_NO_ANSWER) from None
        try:
            try:
                acquired = connection.scalar(text(how), {"key": _key(name)})
            except SQLAlchemyError:
                raise KeyStoreError(_NO_ANSWER) from None
            try:
                yield acquired
            finally:
                # Unlock before closing, because the database takes a while to notice a closed connection.
                if acquired is not False:
                    with contextlib.suppress(SQLAlchemyError):
                        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(name)})
        finally:
            with contextlib.suppress(SQLAlchemyError):
                connection.close()

    def share(self, name: str) -> Callable[[], None]:
        """Hold a shared lock, on the one connection that stays open for shared locks."""
        with self._mutex:
            try:
                if self._sharing is None:
                    self._sharing = self._engine.connect()
                connection = self._sharing
                connection.execute(text("SELECT pg_advisory_lock_shared(:key)"), {"key": _key(name)})
            except SQLAlchemyError:
                self._note_loss()
                raise KeyStoreError(_NO_ANSWER) from None

        def release() -> None:
            with self._mutex:
                if connection is self._sharing:
                    try:
                        connection.execute(text("SELECT pg_advisory_unlock_shared(:key)"), {"key": _key(name)})
                    except SQLAlchemyError:
                        self._note_loss()

        return release

    def nobody_shares(self, name: str) -> bool:
        """Return whether no process holds the lock at this moment."""
        with self.attempt(name) as acquired:
            return acquired

    def lost(self) -> bool:
        """Return, once, whether the connection that held the shared locks has broken."""
        with self._mutex:
            try:
                if self._sharing is not None:
                    self._sharing.execute(text("SELECT 1"))
            except SQLAlchemyError:
                self._note_loss()
            was, self._lost = self._lost, False
            return was

    def _note_loss(self) -> None:
        """Record that the connection broke, and with it every shared lock. `lost` reports it even after a reconnect."""
        self._lost = True
        with contextlib.suppress(SQLAlchemyError):
            if self._sharing is not None:
                self._sharing.invalidate()
                self._sharing.close()
        self._sharing = None

    def close(self) -> None:
        """Close the connection, which releases every shared lock."""
        with self._mutex:
            if self._sharing is not None:
                self._sharing.close()
                self._sharing = None


def _as_purge(tx: Connection) -> None:
    tx.execute(text(f"SET LOCAL ROLE {PURGE}"))
    # A reader makes this statement wait, and all other processes wait behind it. Give up soon and try again.
    tx.execute(text("SET LOCAL lock_timeout = '500ms'"))


def _partition(name: str, day: str) -> str:
    return f"{name}_{day.replace('-', '')}"


def _key(name: str) -> int:
    digest: Any = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
