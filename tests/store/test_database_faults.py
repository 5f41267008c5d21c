"""Failures of a real PostgreSQL are told apart, and a real PgBouncer is refused."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from intake.store.engines.engine import Database
from intake.store.engines.postgresql import AdvisoryLocks
from intake.store.errors import StoreError
from tests.support import postgres
from tests.support.patience import PATIENCE
from tests.support.processes import free_port, listens

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")


@pytest.fixture(scope="module")
def server() -> Iterator[URL]:
    """A PostgreSQL on a loopback port, where the login `guarded` needs a password."""
    port = free_port()
    with postgres.cluster({"listen_addresses": "127.0.0.1", "port": str(port)}) as cluster:
        if cluster.folder is None:
            pytest.skip("somebody else's PostgreSQL is not reconfigured")
        cluster.url = cluster.url + f"&port={port}"
        cluster.run("CREATE ROLE guarded LOGIN PASSWORD 'right'")
        rules = cluster.folder / "data" / "pg_hba.conf"
        rules.write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        cluster.run("SELECT pg_reload_conf()")
        yield URL.create("postgresql+psycopg", "postgres", None, "127.0.0.1", port, "postgres")


def fault(url: URL, statement: str = "SELECT 1") -> str:
    """Return why a statement fails."""
    database = Database(url.render_as_string(hide_password=False))
    try:
        with pytest.raises(StoreError) as failed, database.transaction() as tx:
            tx.execute(text(statement))
    finally:
        database.close()
    return str(failed.value)


def test_a_wrong_password_is_reported(server: URL) -> None:
    words = fault(server.set(username="guarded", password="wr0ng"))
    assert "refused the password" in words
    assert "wr0ng" not in words


def test_an_unknown_login_is_reported(server: URL) -> None:
    assert "does not know the login" in fault(server.set(username="nobody_of_that_name"))


def test_a_missing_database_is_reported(server: URL) -> None:
    assert "does not exist" in fault(server.set(database="no_such_database"))


def test_a_port_without_a_database_is_reported(server: URL) -> None:
    assert "no database answers" in fault(server.set(port=free_port()))


def test_a_database_without_tls_is_reported(server: URL) -> None:
    assert "TLS connection failed" in fault(server.set(query={"sslmode": "require"}))


def test_a_standby_that_takes_no_writes_is_reported(server: URL) -> None:
    assert "standby" in fault(server, "SET TRANSACTION READ ONLY; CREATE TABLE x (y int)")


def test_hosts_without_a_primary_are_reported(server: URL) -> None:
    database = Database(server.render_as_string(hide_password=False))
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CREATE ROLE reader LOGIN"))
        connection.execute(text("ALTER ROLE reader SET default_transaction_read_only = on"))
    database.close()
    assert "is a primary" in fault(server.set(username="reader", query={"target_session_attrs": "read-write"}))


def test_several_hosts_reach_the_one_that_answers(server: URL) -> None:
    several = {"host": "127.0.0.1,127.0.0.1", "port": f"{free_port()},{server.port}"}
    database = Database(server.set(host=None, port=None, query=several).render_as_string(hide_password=False))
    with database.transaction() as tx:
        assert tx.scalar(text("SELECT 1")) == 1
    database.close()


def test_commands_that_only_read_connect_with_an_address_that_asks_for_the_primary(server: URL) -> None:
    url = server.set(query={"target_session_attrs": "read-write"}).render_as_string(hide_password=False)
    database = Database(url, reads=True)
    try:
        with database.transaction(read_only=True) as tx:
            assert tx.scalar(text("SHOW default_transaction_read_only")) == "on"
    finally:
        database.close()


@pytest.fixture
def pooled(server: URL, tmp_path: Path) -> Iterator[URL]:
    """The same database behind PgBouncer in transaction mode."""
    if PGBOUNCER is None:
        pytest.skip("pgbouncer is not installed")
    port = free_port()
    (tmp_path / "users").write_text('"postgres" ""\n')
    (tmp_path / "pgbouncer.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"auth_type = trust\nauth_file = {tmp_path / 'users'}\npool_mode = transaction\nunix_socket_dir =\n"
        "ignore_startup_parameters = options,extra_float_digits\n"
    )
    for path in (tmp_path, tmp_path / "users", tmp_path / "pgbouncer.ini"):
        path.chmod(0o755)
    process = subprocess.Popen([PGBOUNCER, "-q", "-u", "nobody", str(tmp_path / "pgbouncer.ini")], cwd="/")
    try:
        listens(port)
        yield server.set(port=port)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


def test_a_pooler_in_transaction_mode_is_refused(pooled: URL) -> None:
    assert "connection pooler" in fault(pooled)


def test_locks_behind_a_pooler_are_refused(pooled: URL) -> None:
    locks = AdvisoryLocks(pooled.render_as_string(hide_password=False))
    begun = time.monotonic()
    with pytest.raises(StoreError, match="connection pooler"), locks.exclusive("run"):
        pass
    assert time.monotonic() - begun < 10
