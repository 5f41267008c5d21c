"""Commands that write while no space is left. They name the file and the next command, and leave nothing half written."""

import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from intake.settings import SAMPLE_FORMS
from tests.support import commands
from tests.support.commands import COMMANDS, Done

ROOM = 100  # bytes that a file may still get


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of this process grow beyond `ROOM`. The kernel refuses the write, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)  # half a compiled module would break the next process
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an installation with deletion keys, a file of recipients and a form."""
    folder = tmp_path_factory.mktemp("once")
    shutil.copy(SAMPLE_FORMS / "need.toml", folder)
    for command in ("migrate", "retention run"):
        assert run(command, folder).code == 0
    (folder / "to").write_text(new_key(folder, "key.txt").out)
    return folder


@pytest.fixture
def made(once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(once, tmp_path / "made")


def run(command: str, made: Path) -> Done:
    (made / "here").mkdir(exist_ok=True)
    settings = {"INTAKE_DATA": f"{made}/var", "INTAKE_KEY_STORE": f"{made}/keys"}
    return commands.run(command, made, made / "here", settings)


def new_key(made: Path, name: str) -> Done:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(COMMANDS, "backup", f"--new-key {made}/here/{name}")
        return run("backup", made)


def stored(made: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (made / "here").rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", ["init", "flyer", "form preview", "site webcat"])
def test_a_file_that_finds_no_space_is_named_and_not_left_half_written(command: str, made: Path) -> None:
    with full_disk():
        done = run(command, made)
    assert done.code == 2, done
    assert "File too large" in done.err, done
    assert "df -h" in done.err, done
    assert str(made / "here") in done.err, done
    assert [path.name for path in stored(made) if path.name != "key.txt"] == []


def test_half_a_secret_key_is_not_left(made: Path) -> None:
    with full_disk():
        done = new_key(made, "second.txt")
    assert done.code == 2
    assert f"{made}/here/second.txt: File too large" in done.err
    assert not (made / "here" / "second.txt").exists()


@pytest.mark.parametrize("command", ["backup", "link", "clock confirm", "sessions end", "run"])
def test_a_store_that_finds_no_space_names_its_folder_and_setting(command: str, made: Path) -> None:
    with full_disk():
        done = run(command, made)
    assert done.code == 2, done
    assert "INTAKE_DATA" in done.err, done
    assert "df -h" in done.err, done


def test_a_deletion_run_without_space_reports_what_is_left(made: Path) -> None:
    with full_disk():
        done = run("retention run", made)
    assert done.code in (1, 2), done
    assert "df -h" in done.out + done.err, done


def test_an_output_that_finds_no_space_is_a_failure_with_advice(made: Path) -> None:
    command = [sys.executable, "-m", "sealed_intake", "status"]
    settings = {"INTAKE_DATA": f"{made}/var", "INTAKE_KEY_STORE": f"{made}/keys"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, env=settings, stdout=full, stderr=subprocess.PIPE, text=True, timeout=90)
    assert done.returncode == 2
    assert done.stderr == "intake: No space left on device. Make room, and run the command again. Check with: df -h\n"


def test_a_command_whose_output_is_closed_does_its_work(made: Path) -> None:
    settings = {"INTAKE_DATA": f"{made}/var", "INTAKE_KEY_STORE": f"{made}/keys"}
    command = ["/bin/sh", "-c", f"exec {sys.executable} -m sealed_intake status >&-"]
    done = subprocess.run(command, env=settings, stderr=subprocess.PIPE, text=True, timeout=90)
    assert (done.returncode, done.stderr) == (0, "")
