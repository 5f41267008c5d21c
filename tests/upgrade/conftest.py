"""Make stores with the code of an earlier commit, and upgrade them with the current code."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.support import postgres
from tests.support.once import once
from tests.support.postgres import Cluster
from tests.support.processes import free_port
from tests.support.upgraded import Upgraded
from tests.upgrade import old_code


@pytest.fixture(scope="session")
def earlier_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Check the earlier commit's files out once for all workers; return their folder."""
    return once(tmp_path_factory, "earlier-code", old_code.extract)


@pytest.fixture(scope="session")
def earlier_store(tmp_path_factory: pytest.TempPathFactory, earlier_code: Path) -> Path:
    """Make an embedded store and stop its server. Tests copy it."""

    def make(folder: Path) -> None:
        old_code.make_store(earlier_code, settings_of(folder), folder)

    return once(tmp_path_factory, "earlier-store", make)


@pytest.fixture(scope="session")
def earlier_shared_store(tmp_path_factory: pytest.TempPathFactory, earlier_code: Path, cluster: Cluster) -> tuple[Path, str]:
    """Make the same store on PostgreSQL; return it with the address of its database."""
    folder, url = tmp_path_factory.mktemp("shared"), cluster.keep(cluster.new())
    path = f"{postgres.binaries()}:{os.environ['PATH']}"
    old_code.make_store(earlier_code, {**settings_of(folder), "INTAKE_DATABASE_URL": url, "PATH": path}, folder)
    return folder, url


@pytest.fixture
def before(earlier_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Upgraded:
    """Return a copy of the embedded store as the earlier commit left it."""
    return _copied(earlier_store, tmp_path, monkeypatch)


@pytest.fixture
def upgraded(before: Upgraded) -> Upgraded:
    """Return a copy of the embedded store after `intake migrate`."""
    done = before.intake("migrate")
    assert done.returncode == 0, done.stderr
    return before


@pytest.fixture
def upgraded_shared(
    earlier_shared_store: tuple[Path, str], cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Upgraded:
    """Return a migrated copy of the store on PostgreSQL."""
    made, url = earlier_shared_store
    more = {"INTAKE_DATABASE_URL": cluster.new(like=url), "PATH": f"{postgres.binaries()}:{os.environ['PATH']}"}
    copy = _copied(made, tmp_path, monkeypatch, more)
    done = copy.intake("migrate")
    assert done.returncode == 0, done.stderr
    return copy


def settings_of(folder: Path) -> dict[str, str]:
    """Return the settings of an installation in a folder."""
    places = {
        "INTAKE_DATA": str(folder / "var"),
        "INTAKE_KEY_STORE": str(folder / "key-store"),
        "INTAKE_PORT": str(free_port()),
    }
    return {**os.environ, **places}


def _copied(made: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, str] | None = None) -> Upgraded:
    shutil.copytree(made, folder, dirs_exist_ok=True)
    environment = {**settings_of(folder), **(more or {})}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Upgraded(folder, environment, json.loads((folder / "told.json").read_text()))
