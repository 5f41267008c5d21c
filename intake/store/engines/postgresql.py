"""PostgreSQL as deletion needs it: what expires lies in partitions by expiry day, and a purge drops them.

DELETE and VACUUM leave most of the data in the files. The next checkpoint deletes the files of a dropped partition
(docs/explanation/architecture.md, Database engines). What the write-ahead log, replicas and backups still hold is encrypted
under a destroyed deletion key.
"""

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from ipaddress import ip_address
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from retention.errors import KeyStoreError

DRIVER = "postgresql+psycopg"
PARTITIONED = ("cases", "entries", "grants", "staged", "holds")
SERVER, PURGE = "intake_server", "intake_purge"  # roles: what serves, and what alone may make and drop days
# What the serving process may do; it can neither drop a day nor change what was appended.
_MAY = {
    "SELECT": ("alembic_version", "store", "certificates", "tombstones"),
    "SELECT, INSERT": ("entries", "keylist"),
    "SELECT, UPDATE": ("days",),
    "SELECT, INSERT, DELETE": ("punctures", "log", "retired", "holds", "spent", "undropped"),
    "SELECT, INSERT, UPDATE, DELETE": (
        "cases", "grants", "staged", "members", "epochs", "keyrings", "unlockers", "names", "invites", "sessions", "presence",
        "proposals", "rotations", "deals", "shares", "passkeys", "notices", "due",
    ),
}  # fmt: skip
_GONE = "the database that keeps the locks does not answer"
_BUSY = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available
_OPTIONS = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=60s"


def create(url: str, *, reads: bool = False) -> Engine:
    """An engine whose transactions are all SERIALIZABLE: what holds of one process at a time holds of many."""
    options = _OPTIONS + (" -c default_transaction_read_only=on" if reads else "")
    engine = create_engine(
        url,
        isolation_level="SERIALIZABLE",
        pool_pre_ping=True,  # a server that was restarted is noticed before the first statement
        pool_size=5,
        max_overflow=5,
        connect_args={"application_name": "sealed-intake", "connect_timeout": 5, "options": options},
        hide_parameters=True,  # an error must not carry a row
    )
    engine.dialect.use_insertmanyvalues_wo_returning = True  # many rows in one statement instead of one for each
    return engine


def is_installed() -> bool:
    """Whether the driver is there, which the extra `postgresql` brings."""
    try:
        import_module("psycopg")
    except ModuleNotFoundError:
        return False
    return True


def is_safe(url: str) -> bool:
    """Whether the way to the database stays on this machine, or is encrypted to a database that is checked."""
    parts = make_url(url)
    host = parts.query.get("host") or parts.host or ""
    names = [name for each in ([host] if isinstance(host, str) else host) for name in each.split(",")]
    return parts.query.get("sslmode") == "verify-full" or all(_is_here(name) for name in names)


def _is_here(host: str) -> bool:
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_busy(error: DatabaseError) -> bool:
    """Whether the same transaction may succeed when it is tried again."""
    return getattr(error.orig, "sqlstate", None) in _BUSY


def reason(error: DatabaseError) -> str:
    """The server's message without its detail, which names keys; nothing if it is not PostgreSQL's."""
    said = getattr(error.orig, "diag", None)
    return (said.message_primary or "the connection was lost") if said is not None else ""


def take_turn(tx: Connection) -> None:
    """Wait until no other process writes. Those that write at once would get in each other's way at the rows that count, and
    all but one would begin again; LOCK is what PostgreSQL takes before a transaction's snapshot. One that stalls in its turn
    loses it after ten seconds.
    """
    tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10s'"))
    tx.execute(text("LOCK TABLE arrivals IN SHARE ROW EXCLUSIVE MODE"))


def add_partitions(tx: Connection, day: str) -> None:
    """Room for what goes on `day`."""
    _as_purge(tx)
    for name in PARTITIONED:
        part = _partition(name, day)
        tx.execute(text(f"CREATE TABLE {part} PARTITION OF {name} FOR VALUES IN ('{day}')"))
        if name != "cases":
            of_case = f"FOREIGN KEY (day, case_id) REFERENCES {_partition('cases', day)} (day, id) ON DELETE CASCADE"
            tx.execute(text(f"ALTER TABLE {part} ADD {of_case}"))
    tx.execute(text("RESET ROLE"))


def drop_partitions(tx: Connection, day: str) -> None:
    """Drop all that goes on `day`, as one."""
    _as_purge(tx)
    tx.execute(text("DROP TABLE IF EXISTS " + ", ".join(_partition(name, day) for name in reversed(PARTITIONED))))
    tx.execute(text("RESET ROLE"))


def privileges() -> Iterator[str]:
    """The statements that give the two roles what they need, and no more."""
    yield f"GRANT {PURGE} TO CURRENT_USER"
    yield f"GRANT USAGE ON SCHEMA public TO {SERVER}, {PURGE}"
    yield f"GRANT CREATE ON SCHEMA public TO {PURGE}"
    for rights, names in _MAY.items():
        yield f"GRANT {rights} ON {', '.join(names)} TO {SERVER}"
    yield f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {PURGE}"
    for name in PARTITIONED:
        yield f"ALTER TABLE {name} OWNER TO {PURGE}"


def clear_log(engine: Engine) -> str:
    """Give up the write-ahead log that may still hold what was dropped; `clean`, or why some of it is kept."""
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
            return f"the write-ahead log may hold it: {reason(error)} (docs/howto/scale-with-postgresql.md, Roles)"
    if recycles:
        return "wal_recycle is on: the write-ahead log keeps what was dropped (docs/howto/scale-with-postgresql.md, Settings)"
    if kept:
        return "the write-ahead log is kept for a replica, a slot or an archive, and holds what was dropped"
    return "clean"


def may_purge(tx: Connection) -> bool:
    """Whether this login may make and drop days."""
    return bool(tx.scalar(text(f"SELECT pg_has_role(current_user, '{PURGE}', 'MEMBER')")))


class AdvisoryLocks:
    """See `retention.ports.Locks`: advisory locks of the database, which die with the connection that took them."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
            connect_args={"application_name": "sealed-intake locks", "connect_timeout": 5},
            hide_parameters=True,
        )
        self._sharing: Connection | None = None
        self._lost = False
        self._mutex = threading.RLock()

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """One holder at a time."""
        with self._held("SELECT pg_advisory_lock(:key)", name):
            yield

    @contextmanager
    def attempt(self, name: str) -> Iterator[bool]:
        """As `exclusive`, without waiting."""
        with self._held("SELECT pg_try_advisory_lock(:key)", name) as got:
            yield bool(got)

    @contextmanager
    def _held(self, how: str, name: str) -> Iterator[object]:
        try:
            connection = self._engine.connect()
        except SQLAlchemyError:
            raise KeyStoreError(_GONE) from None
        try:
            try:
                got = connection.scalar(text(how), {"key": _key(name)})
            except SQLAlchemyError:
                raise KeyStoreError(_GONE) from None
            try:
                yield got
            finally:
                # Said before hanging up: the database takes a while to notice that somebody has.
                if got is not False:
                    with contextlib.suppress(SQLAlchemyError):
                        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(name)})
        finally:
            with contextlib.suppress(SQLAlchemyError):
                connection.close()

    def share(self, name: str) -> Callable[[], None]:
        """Hold `name` beside others, on the one connection that stays open for it."""
        with self._mutex:
            try:
                if self._sharing is None:
                    self._sharing = self._engine.connect()
                connection = self._sharing
                connection.execute(text("SELECT pg_advisory_lock_shared(:key)"), {"key": _key(name)})
            except SQLAlchemyError:
                self._let_go()
                raise KeyStoreError(_GONE) from None

        def release() -> None:
            with self._mutex:
                if connection is self._sharing:
                    try:
                        connection.execute(text("SELECT pg_advisory_unlock_shared(:key)"), {"key": _key(name)})
                    except SQLAlchemyError:
                        self._let_go()

        return release

    def nobody_shares(self, name: str) -> bool:
        """Whether it could be held alone right now."""
        with self.attempt(name) as alone:
            return alone

    def lost(self) -> bool:
        """Whether the connection that holds the shared locks is gone."""
        with self._mutex:
            try:
                if self._sharing is not None:
                    self._sharing.execute(text("SELECT 1"))
            except SQLAlchemyError:
                self._let_go()
            was, self._lost = self._lost, False
            return was

    def _let_go(self) -> None:
        """The connection broke, and with it every share: said once, by `lost`, even if another is opened meanwhile."""
        self._lost = True
        with contextlib.suppress(SQLAlchemyError):
            if self._sharing is not None:
                self._sharing.invalidate()
                self._sharing.close()
        self._sharing = None

    def close(self) -> None:
        """Let go of all."""
        with self._mutex:
            if self._sharing is not None:
                self._sharing.close()
                self._sharing = None


def _as_purge(tx: Connection) -> None:
    tx.execute(text(f"SET LOCAL ROLE {PURGE}"))
    # Whoever reads meanwhile keeps us waiting, and everyone else behind us: let them through and try again.
    tx.execute(text("SET LOCAL lock_timeout = '500ms'"))


def _partition(name: str, day: str) -> str:
    return f"{name}_{day.replace('-', '')}"


def _key(name: str) -> int:
    digest: Any = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
