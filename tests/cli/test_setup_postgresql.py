"""`intake setup postgresql` prints SQL and lines of `pg_hba.conf`, and a real PostgreSQL accepts them."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError
from typer.testing import CliRunner

from intake import settings
from intake.cli import setup_postgresql
from intake.cli.main import app
from intake.errors import SettingsError
from intake.store.engines.engine import Database
from intake.store.migrations import upgrade
from tests.support import postgres
from tests.support.postgres import Cluster

ROLES = """
SELECT member.rolname, role.rolname FROM pg_auth_members AS m
JOIN pg_roles AS role ON role.oid = m.roleid JOIN pg_roles AS member ON member.oid = m.member
"""
WRONG_LINES = """
SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL
UNION ALL SELECT error FROM pg_ident_file_mappings WHERE error IS NOT NULL
"""
SERVER, PURGE = "Web login", "intake_nightly"
LINES = re.compile(r"^-- ((?:local|host|hostssl|sealed_intake) .+)$", re.MULTILINE)


def printed(url: str) -> str:
    return setup_postgresql.statements(settings.read({"INTAKE_DATABASE_URL": url}), "intake")


@dataclass
class Prepared:
    """A migrated database, and the SQL that is printed for it."""

    cluster: Cluster
    url: str
    sql: str

    def psql(self) -> "subprocess.CompletedProcess[str]":
        program = str(postgres.binaries() / "psql")
        address = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        command = [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", address]
        return subprocess.run(command, input=self.sql, capture_output=True, text=True, check=False)

    def run(self, login: str, statement: str) -> list[tuple[object, ...]]:
        engine = create_engine(make_url(self.url).set(username=login), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                result = connection.execute(text(statement))
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()


@pytest.fixture
def prepared(cluster: Cluster) -> Iterator[Prepared]:
    if "TEST_DATABASE_URL" in os.environ:
        pytest.skip("another PostgreSQL is in use, whose settings this test must not change")
    url = cluster.new()
    database = Database(url)
    database.run(upgrade.upgrade)
    database.close()
    yield Prepared(cluster, url, printed(make_url(url).set(username=SERVER).render_as_string(hide_password=False)))
    for login in (SERVER, PURGE):
        cluster.run(f'DROP ROLE IF EXISTS "{login}"')
    for setting in ("wal_recycle", "log_error_verbosity", "log_min_error_statement", "max_locks_per_transaction"):
        cluster.run(f"ALTER SYSTEM RESET {setting}")
    cluster.drop()


def test_psql_runs_the_sql_and_runs_it_again(prepared: Prepared) -> None:
    for _ in range(2):
        done = prepared.psql()
        assert (done.returncode, "ERROR" in done.stderr) == (0, False), done.stderr
    roles = set(prepared.run("postgres", ROLES))
    assert {(SERVER, "intake_server"), (PURGE, "intake_purge")} <= roles


def test_only_the_login_of_the_deletion_clears_the_log_and_drops_tables(prepared: Prepared) -> None:
    assert prepared.psql().returncode == 0
    prepared.run(SERVER, "SELECT count(*) FROM cases")
    for statement in ("DROP TABLE cases", "SELECT pg_switch_wal()", "CHECKPOINT"):
        with pytest.raises(ProgrammingError, match=r"must be owner|permission denied"):
            prepared.run(SERVER, statement)
    for statement in ("SELECT pg_switch_wal()", "CHECKPOINT", "DROP TABLE drafts"):
        prepared.run(PURGE, statement)


@pytest.mark.parametrize(
    ("host", "kind", "method"),
    [("", "local", "peer"), ("localhost", "host", "scram-sha-256"), ("db.example", "host", "scram-sha-256")],
)
def test_postgresql_reads_the_lines_for_both_logins(prepared: Prepared, host: str, kind: str, method: str) -> None:
    assert prepared.cluster.folder
    query = "?sslmode=verify-full" if host == "db.example" else ""
    # The PostgreSQL of the tests is built without TLS and refuses `hostssl`. The other words of such a line are the same.
    lines = [re.sub("^hostssl ", "host ", line) for line in LINES.findall(printed(f"postgresql://aid@{host}/all{query}"))]
    assert lines
    files = {name: prepared.cluster.folder / "data" / f"pg_{name}.conf" for name in ("hba", "ident")}
    before = {name: path.read_text() for name, path in files.items()}
    for line in lines:
        with files["ident" if line.startswith("sealed_intake") else "hba"].open("a") as file:
            file.write(f"{line}\n")
    try:
        assert prepared.run("postgres", WRONG_LINES) == []
        rules = prepared.run("postgres", "SELECT type, database, user_name, auth_method FROM pg_hba_file_rules")
    finally:
        for name, path in files.items():
            path.write_text(before[name])
    assert (kind, ["all"], ["aid", "intake_nightly"], method) in rules


def test_logins_from_another_machine_must_use_tls() -> None:
    lines = LINES.findall(printed("postgresql://aid@db.example/aid?sslmode=verify-full"))
    assert lines == ['hostssl  "aid"  "aid","intake_nightly"  samenet  scram-sha-256']


def test_an_address_without_a_login_gives_the_login_of_the_guide() -> None:
    sql = printed("postgresql:///intake")
    assert 'GRANT intake_server TO "intake_web";' in sql
    assert 'local  "intake"  "intake_web","intake_nightly"  peer' in sql


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "INTAKE_DATABASE_URL must be the address of a PostgreSQL database first"),
        ("postgresql://intake_nightly@/intake", "is the login of the deletion"),
        ("postgresql://a%22b@/intake", "with a quote or a dollar sign"),
        ("postgresql://aid@/in%0Atake", "with a quote or a dollar sign"),
    ],
)
def test_an_address_of_which_no_logins_can_be_made_is_refused(url: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        printed(url)


def test_the_command_prints_the_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "intake.toml").write_text('database_url = "postgresql://aid@/aid"\n')
    monkeypatch.setenv("INTAKE_CONFIG", str(tmp_path / "intake.toml"))
    result = CliRunner().invoke(app, ["setup", "postgresql", "--account", "aid-service"])
    assert result.exit_code == 0, result.output
    assert 'GRANT intake_server TO "aid";' in result.stdout
    assert '-- sealed_intake  "aid-service"  "intake_nightly"\n' in result.stdout
