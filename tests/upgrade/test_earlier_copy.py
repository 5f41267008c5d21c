"""An upgrade copies the store first, checks a sample of it, and prints how to return to the earlier version."""

import datetime as dt
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from intake.store.engines.engine import Database
from intake.store.errors import StoreError
from intake.store.migrations import earlier_copy, upgrade
from tests.support import forked_server
from tests.support.postgres import Cluster
from tests.support.processes import started
from tests.support.upgraded import Upgraded
from tests.upgrade import old_code

DAY = dt.date(2026, 11, 30)
PREVIOUS = "0011"
STATUS = "import sys; sys.argv = ['intake', 'status']; from intake.cli.start import main; main()"


def copies(folder: Path) -> list[Path]:
    return sorted(folder.glob("store.db.before-*"))


def intake(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "INTAKE_DATA": str(folder), "INTAKE_KEY_STORE": f"{folder}-keys"}
    return forked_server.intake(environment, *arguments)


def store_of_the_previous_schema(folder: Path) -> Path:
    """Make an empty store of the schema before the newest."""
    folder.mkdir(mode=0o700)
    database = Database(folder / "store.db")
    database.run(lambda tx: upgrade.upgrade(tx, PREVIOUS))
    database.close()
    return folder / "store.db"


def test_the_earlier_version_opens_the_copy_after_the_command_that_an_upgrade_prints(
    before: Upgraded, earlier_code: Path
) -> None:
    data = Path(before.environment["INTAKE_DATA"])
    done = before.intake("upgrade")
    assert done.returncode == 0, done.stderr
    [copy] = copies(data)
    assert copy.stat().st_mode & 0o777 == 0o600
    command = re.search(r"type: (mv .+?)\. ", done.stderr)
    assert command
    subprocess.run(shlex.split(command[1]), check=True)
    assert copies(data) == []
    old_code.run(earlier_code, before.environment, "-c", STATUS)


def test_a_start_with_a_newer_version_makes_the_copy_and_a_run_on_a_later_day_removes_it(before: Upgraded) -> None:
    data = Path(before.environment["INTAKE_DATA"])
    for _ in range(2):  # neither start's deletion run of this day removes it
        with before.serving():
            assert len(copies(data)) == 1
    with started(before.environment, line="serving", program=(sys.executable, "-m", "tests.support.clock_ahead", "1")):
        assert copies(data) == []


def test_a_store_that_lacks_a_column_after_its_upgrade_is_refused_with_the_command_to_return(before: Upgraded) -> None:
    data = Path(before.environment["INTAKE_DATA"])
    store = sqlite3.connect(data / "store.db")
    store.execute("ALTER TABLE certificates DROP COLUMN signature")
    store.close()
    refused = before.intake("upgrade")
    assert refused.returncode == 2
    assert "the table certificates lacks a column that this version needs. The server was not started" in refused.stderr
    assert f"type: mv {copies(data)[0]} {data}/store.db" in refused.stderr


def test_neither_a_new_store_nor_one_of_this_version_is_copied(tmp_path: Path) -> None:
    for _ in range(2):
        assert intake(tmp_path / "var", "upgrade").returncode == 0
        assert copies(tmp_path / "var") == []


def test_nothing_is_migrated_when_the_copy_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of_the_previous_schema(tmp_path / "var")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("intake.store.migrations.earlier_copy.os.open", full)
    with pytest.raises(StoreError, match=r"No space left on device\. Nothing was migrated"):
        earlier_copy.make(store, PREVIOUS, DAY)
    assert list(store.parent.iterdir()) == [store]


def test_a_copy_of_an_earlier_day_is_removed_and_one_of_this_day_stays(tmp_path: Path) -> None:
    store = store_of_the_previous_schema(tmp_path / "a #?%41 folder")
    for day in (DAY - dt.timedelta(days=1), DAY):
        earlier_copy.make(store, PREVIOUS, day)
    earlier_copy.remove(store, DAY.isoformat())
    assert [path.name for path in copies(store.parent)] == [f"store.db.before-{DAY}-{PREVIOUS}"]


def test_on_postgresql_an_upgrade_is_refused_until_a_backup_is_confirmed(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTAKE_DATABASE_URL", cluster.new())
    database = Database(os.environ["INTAKE_DATABASE_URL"])
    database.run(lambda tx: upgrade.upgrade(tx, PREVIOUS))
    refused = intake(tmp_path / "var", "upgrade")
    assert (refused.returncode, database.run(upgrade.revision)) == (2, PREVIOUS)
    assert "intake upgrade --backed-up" in refused.stderr
    done = intake(tmp_path / "var", "upgrade", "--backed-up")
    assert (done.returncode, database.run(upgrade.revision)) == (0, upgrade.newest()), done.stderr
    assert "restore the backup that you took with it" in done.stderr
    database.close()
