"""Paths that an operator may name: devices, pipes, sockets, folders, links, files without end or of the wrong kind."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crypto.errors import CryptoError
from intake.cli.main import app
from intake.errors import IntakeError
from intake.store.errors import StoreError
from retention.errors import RetentionError
from tests.support.processes import INTAKE

SECONDS = 30  # seconds: a command that reads a pipe would never end


@dataclass
class Done:
    """A command's exit code and output."""

    returncode: int
    stdout: str
    stderr: str


def intake(environment: dict[str, str], *arguments: str, typed: str = "") -> Done:
    """Run a command in this process. An alarm ends a command that waits forever."""

    def late(*_: object) -> None:
        raise AssertionError(f"still waiting: {arguments}")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            result = CliRunner().invoke(app, [*arguments], input=typed)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    said = ""
    if result.exception and not isinstance(result.exception, SystemExit):
        assert isinstance(result.exception, (IntakeError, StoreError, RetentionError, CryptoError, OSError))
        said = str(result.exception)
    return Done(2 if said else result.exit_code, result.stdout, result.stderr + said)


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def a_socket(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "socket"))
    return folder / "socket"


def link_to_a_pipe(folder: Path) -> Path:
    (folder / "link").symlink_to(fifo(folder))
    return folder / "link"


def link_to_nothing(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "none")
    return folder / "link"


def empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


NOT_SEARCHABLE: dict[str, Callable[[Path], Path]] = {
    "a named pipe": fifo,
    "a socket": a_socket,
    "a device without end": lambda _: Path("/dev/zero"),
    "a terminal's device": lambda _: Path("/dev/tty"),
    "a link to a pipe": link_to_a_pipe,
    "a link to nothing": link_to_nothing,
    "an empty folder": empty_folder,
}


def scan(environment: dict[str, str], *paths: Path, more: Sequence[str] = ()) -> Done:
    return intake(environment, "retention", "scan", *map(str, paths), "--canary-file", "-", *more, typed="canary")


@pytest.mark.parametrize("make", NOT_SEARCHABLE.values(), ids=NOT_SEARCHABLE)
def test_a_search_of_an_unsearchable_path_is_an_error_with_its_name(
    make: Callable[[Path], Path], environment: dict[str, str], tmp_path: Path
) -> None:
    path = make(tmp_path)
    done = scan(environment, path)
    assert done.returncode == 2
    assert "nothing found" not in done.stdout
    assert str(path) in done.stderr
    assert "not complete" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["a named pipe", "a socket", "a link to a pipe"])
def test_a_search_of_a_folder_with_an_unsearchable_file_is_incomplete_and_still_finds(
    name: str, environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = NOT_SEARCHABLE[name](folder)
    (folder / "clean").write_text("nothing")
    done = scan(environment, folder)
    assert (done.returncode, str(path) in done.stderr, "not complete" in done.stderr) == (2, True, True)
    assert "nothing found" not in done.stdout
    (folder / "dirty").write_text("here is a canary")
    done = scan(environment, folder)
    assert (done.returncode, "dirty at byte 10" in done.stdout, "not complete" in done.stderr) == (1, True, True)
    report = json.loads(scan(environment, folder, more=["--json"]).stdout)
    assert len(report["found"]) == 1
    assert str(path) in [skipped["path"] for skipped in report["not_searched"]]


def test_a_search_follows_a_named_link_and_reports_a_link_that_leads_out_of_its_folder(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "file").write_text("here is a canary")
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "file").write_text("nothing")
    (tmp_path / "near" / "inside").symlink_to("file")
    assert scan(environment, tmp_path / "near").returncode == 0  # the search finds its target in any case
    (tmp_path / "near" / "out").symlink_to(tmp_path / "far")
    done = scan(environment, tmp_path / "near")
    assert (done.returncode, str(tmp_path / "near" / "out") in done.stderr) == (2, True)
    assert scan(environment, tmp_path / "near", tmp_path / "far").returncode == 1
    (tmp_path / "link").symlink_to(tmp_path / "far" / "file")
    assert scan(environment, tmp_path / "link").returncode == 1


def test_a_file_that_may_not_be_read_is_named_and_the_rest_is_searched(environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "clean").write_text("nothing")
    (folder / "secret").write_text("here is a canary")
    (folder / "secret").chmod(0)
    tmp_path.chmod(0o755)
    command = [str(INTAKE), "retention", "scan", str(folder), "--canary-file", "-"]
    if os.geteuid() == 0:  # file modes do not stop root, so drop the capabilities to read others' files
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", *command]
    done = subprocess.run(
        command, env=environment, input="canary", capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (done.returncode, str(folder / "secret") in done.stderr, "not complete" in done.stderr) == (2, True, True), done
    assert "nothing found" not in done.stdout


HANGS: dict[str, Callable[[Path], Path]] = {
    name: NOT_SEARCHABLE[name] for name in ("a named pipe", "a socket", "a device without end", "an empty folder")
}


@pytest.mark.parametrize("make", HANGS.values(), ids=HANGS)
def test_no_command_waits_for_or_reads_a_path_that_is_not_a_file(
    make: Callable[[Path], Path], environment: dict[str, str], tmp_path: Path
) -> None:
    path = str(make(tmp_path))
    key, backup = tmp_path / "key.txt", tmp_path / "intake.age"
    recipient = intake(environment, "backup", "--new-key", str(key)).stdout.strip()
    backup.write_text("age")
    commands = [
        ["backup", "--new-key", path],
        ["backup", path, "--to", recipient],
        ["backup", str(tmp_path / "new.age"), "--to", path],
        ["restore", path, "--identity", str(key)],
        ["restore", str(backup), "--identity", path],
        ["retention", "scan", str(backup), "--probes", path],
        ["retention", "scan", str(backup), "--canary-file", "-", "--save-probes", path],
        ["form", "check", path],
        ["form", "preview", path],
    ]
    if "zero" in path:
        commands.append(["retention", "scan", str(backup), "--canary-file", path])
    before = Path(path).lstat()
    for command in commands:
        done = intake(environment, *command, typed="canary")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), (command, done.stderr)
        assert path in done.stderr or Path(path).name in done.stderr + done.stdout, (command, done.stderr)
    after = Path(path).lstat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("setting", ["INTAKE_FORMS", "INTAKE_LOGO", "INTAKE_PKCS11_PIN_FILE"])
def test_no_setting_that_names_a_pipe_is_waited_for(setting: str, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "forms").mkdir()
    os.mkfifo(tmp_path / "forms" / "pipe.toml")
    os.mkfifo(tmp_path / "pipe.png")
    path = tmp_path / ("forms" if setting == "INTAKE_FORMS" else "pipe.png")
    more = {setting: str(path), "INTAKE_PKCS11_MODULE": "/none.so", "INTAKE_PKCS11_TOKEN": "token"}
    more = more if "PKCS11" in setting else {setting: str(path)}
    done = intake({**environment, **more}, "run")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr


@pytest.mark.parametrize("name", ["server.key", "key-store/store"])
def test_a_pipe_in_a_folder_of_ours_is_refused_and_not_waited_for(
    name: str, environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / ("key-store" if name.startswith("key-store") else "var")
    folder.mkdir(mode=0o700)
    os.mkfifo(folder / Path(name).name)
    done = intake(environment, "migrate")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr


def test_a_passphrase_is_read_from_a_pipe_up_to_a_limit(environment: dict[str, str], tmp_path: Path) -> None:
    link = "http://127.0.0.1:1/en/desk/enrol/#" + "A" * 43
    for path in ("/dev/zero", str(tmp_path)):
        done = intake(environment, "enrol", link, "--handle", "sam", "--passphrase-file", path)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
