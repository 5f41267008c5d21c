"""A server's start detects and names files that are truncated, overwritten or missing. It changes nothing."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from intake.store.engines import sqlite
from intake.store.engines.engine import Database
from intake.store.errors import StoreError
from tests.support.browser import PASSPHRASE
from tests.support.forked_server import intake, started
from tests.support.patience import PATIENCE
from tests.support.processes import RUN, free_port
from tests.support.terminal import enrol

DAMAGED = (
    "intake: the store's file is damaged: it was truncated or overwritten. Restore the newest backup: intake restore --help"
)


@dataclass
class Installed:
    """A server that has run and was stopped."""

    folder: Path
    environment: dict[str, str]

    @property
    def store(self) -> Path:
        return self.folder / "var" / "store.db"

    def start(self) -> tuple[int, str]:
        """Start a server; return its exit code and output. A server that starts successfully is stopped; its code is 0."""
        process = subprocess.Popen(RUN, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        until, serves = time.monotonic() + PATIENCE, False
        while process.poll() is None and not serves and time.monotonic() < until:
            time.sleep(0.05)
            with socket.socket() as probe:
                serves = probe.connect_ex(("127.0.0.1", int(self.environment["INTAKE_PORT"]))) == 0
        process.terminate()
        said = process.communicate(timeout=PATIENCE)[1]
        return (0 if serves else process.returncode), " ".join(said.split())


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a group of one with a server that ran and was stopped."""
    folder = tmp_path_factory.mktemp("once")
    environment = placed(folder)
    with started(environment) as (_, link):
        enrol(link, PASSPHRASE, "Sam")
    return folder


@pytest.fixture
def installed(once: Path, tmp_path: Path) -> Installed:
    shutil.copytree(once, tmp_path / "here")
    return Installed(tmp_path / "here", placed(tmp_path / "here"))


def placed(folder: Path) -> dict[str, str]:
    values = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_PORT": str(free_port())}
    return {**os.environ, **values}


def cut(share: float, more: int = 0) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(path.stat().st_size * share) + more)


def written_over(path: Path) -> None:
    data = bytearray(path.read_bytes())
    half = len(data) // 2 // 4096 * 4096
    data[half : half + 4096] = os.urandom(4096)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "change",
    [cut(0.5), cut(1, -1), lambda path: path.write_bytes(os.urandom(50_000)), written_over],
    ids=["half", "a byte", "rubbish", "a page within"],
)
def test_a_damaged_database_is_found_at_start_and_not_changed(installed: Installed, change: Callable[[Path], None]) -> None:
    change(installed.store)
    before = installed.store.read_bytes()
    assert installed.start() == (2, DAMAGED)
    assert installed.store.read_bytes() == before


def test_a_large_database_that_is_cut_off_is_found_without_reading_it(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "READ_WHOLE", 0)
    cut(1, -1)(installed.store)
    with pytest.raises(StoreError, match="damaged"):
        Database(installed.store, exclusive=True)


def test_an_emptied_database_touches_no_key(installed: Installed) -> None:
    keys = {path.name: path.read_bytes() for path in (installed.folder / "key-store").glob("*.key")}
    os.truncate(installed.store, 0)
    code, said = installed.start()
    assert code == 2
    assert "no key was touched" in said.lower()
    assert {path.name: path.read_bytes() for path in (installed.folder / "key-store").glob("*.key")} == keys


@pytest.mark.parametrize("size", [0, 31])
def test_a_damaged_deletion_key_is_named_at_start_and_everything_else_is_served(installed: Installed, size: int) -> None:
    path = sorted((installed.folder / "key-store").glob("day.*.key"))[3]
    path.write_bytes(bytes(size))
    code, said = installed.start()
    assert code == 0
    assert said == f"intake: warning: the deletion key file {path.name} is damaged: {size} bytes, not 32"
    doctor = intake(installed.environment, "doctor")
    assert doctor.returncode == 1
    assert path.name in doctor.stdout


def test_a_missing_deletion_key_is_found_at_start_and_no_other_is_touched(installed: Installed) -> None:
    sorted((installed.folder / "key-store").glob("day.*.key"))[3].unlink()
    code, said = installed.start()
    assert code == 2
    assert "No key was changed" in said


def test_a_cut_off_secret_of_the_server_is_named(installed: Installed) -> None:
    os.truncate(installed.folder / "var" / "server.key", 5)
    message = "intake: the server's own secret at server.key cannot be read. Check its owner and its content"
    assert installed.start() == (2, message)
