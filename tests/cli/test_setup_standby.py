"""`intake setup postgresql --conf` and `--patroni` print the settings for the machines that `ALTER SYSTEM` does not reach."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from intake.cli.main import app
from tests.support import postgres
from tests.support.postgres import Cluster


def printed(option: str) -> str:
    result = CliRunner().invoke(app, ["setup", "postgresql", option])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def primary() -> Iterator[Cluster]:
    """Return a primary with the settings of deploy/postgresql.sql by ALTER SYSTEM."""
    settings = {"max_locks_per_transaction": "512", "wal_level": "replica", "max_wal_senders": "2"}
    with postgres.cluster(settings) as cluster:
        if cluster.folder is None:
            pytest.skip("the test does not copy another PostgreSQL")
        yield cluster


@pytest.fixture
def standby(primary: Cluster, tmp_path: Path) -> Iterator[Cluster]:
    """Return a copy of the primary that is not started, with the default settings."""
    assert primary.folder
    folder = primary.folder.with_name(f"{primary.folder.name}-s")
    folder.mkdir()
    command = [str(postgres.binaries() / "pg_basebackup"), "-D", str(folder / "data"), "-h", str(primary.folder)]
    subprocess.run([*command, "-U", "postgres", "-R", "-c", "fast", "--no-sync"], check=True, capture_output=True)
    subprocess.run(["chown", "-R", "--reference", str(primary.folder), str(folder)], check=True)
    made = Cluster("", folder, settings={"listen_addresses": "", "max_connections": "200", "max_wal_senders": "2"})
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()
    shutil.rmtree(folder)


def test_a_standby_without_the_settings_does_not_start(standby: Cluster) -> None:
    with pytest.raises(RuntimeError, match="does not start"):
        standby.start(seconds=10)
    assert standby.folder
    assert "max_locks_per_transaction" in (standby.folder / "log").read_text()


def test_a_standby_with_the_printed_lines_starts_and_has_the_settings(standby: Cluster) -> None:
    assert standby.folder
    with (standby.folder / "data" / "postgresql.conf").open("a") as file:
        file.write(printed("--conf"))
    standby.start()
    program = [str(postgres.binaries() / "psql"), "-X", "-A", "-t", "-h", str(standby.folder), "-U", "postgres"]
    shown = "SHOW wal_recycle; SHOW log_error_verbosity; SHOW log_min_error_statement; SHOW max_locks_per_transaction"
    done = subprocess.run([*program, "-c", shown], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["off", "terse", "panic", "512"]


def test_the_lines_for_patroni_have_the_same_settings_and_synchronous_replication() -> None:
    configuration = yaml.safe_load(printed("--patroni"))
    lines = [line.split(" = ") for line in printed("--conf").splitlines() if " = " in line]
    assert configuration["synchronous_mode"] is True
    assert configuration["postgresql"]["parameters"] == dict(lines) != {}


def test_lines_for_both_at_once_are_refused() -> None:
    result = CliRunner().invoke(app, ["setup", "postgresql", "--conf", "--patroni"])
    assert result.exit_code != 0
    assert result.stdout == ""
