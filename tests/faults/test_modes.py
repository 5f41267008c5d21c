"""Only their owner can use folders and files of secrets, whatever the umask. The server notices others' access."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support import forked_server
from tests.support.forked_server import started
from tests.support.requester import sent
from tests.support.terminal import Terminal, enrol

LAX = 0o000
PASSPHRASE = "four random words here"


def intake(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return forked_server.intake(environment, *arguments, umask=LAX)


def wide(*folders: Path) -> dict[str, str]:
    """Return what other accounts may use in some folders, with its mode."""
    paths = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    modes = {str(path): stat.S_IMODE(path.lstat().st_mode) for path in paths}
    return {path: f"{mode:04o}" for path, mode in modes.items() if mode & 0o077}


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_with_umask_000_no_file_or_folder_of_an_installation_is_open_to_others(
    environment: dict[str, str], tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if engine == "postgresql" else None
    environment |= {"INTAKE_KEY_STORE_MIRRORS": str(tmp_path / "mirror")}
    environment |= {"INTAKE_DATABASE_URL": cluster.new()} if cluster else {}
    folders = tmp_path / "var", tmp_path / "key-store", tmp_path / "mirror"
    key, backup = tmp_path / "key.txt", tmp_path / "backup.age"
    recipient = intake(environment, "backup", "--new-key", str(key)).stdout.strip()
    assert intake(environment, "migrate").returncode == 0
    with started(environment, umask=LAX) as (client, link):
        enrol(link, PASSPHRASE, "sam")
        assert wide(*folders) == {}  # while a server has them open
        sam = Terminal(str(client.base_url), "sam", PASSPHRASE)
        assert len(await sent(str(client.base_url), 2)) == 2
        sam("keys", "rotate")
        assert intake(environment, "backup", str(backup), "--to", recipient).returncode == 0
        assert wide(*folders) == {}
    assert intake(environment, "retention", "run").returncode == 0
    if cluster:
        environment["INTAKE_DATABASE_URL"] = cluster.new()
    else:
        (tmp_path / "var" / "store.db").unlink()
    done = intake(environment, "restore", str(backup), "--identity", str(key))
    assert done.returncode == 0, done.stderr
    with started(environment, line="serving", umask=LAX):
        assert wide(*folders) == {}
    assert wide(*folders) == {}
    files = {path.name for path in (tmp_path / "var").iterdir()}
    assert files >= ({"server.key"} if cluster else {"store.db", "server.key", "store.db.in-use"})
    assert stat.S_IMODE(backup.stat().st_mode) == stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["var", "key-store"])
@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770, 0o702])
def test_a_folder_that_others_may_write_in_is_refused_and_reported_by_the_doctor(
    name: str, mode: int, environment: dict[str, str], tmp_path: Path
) -> None:
    assert intake(environment, "migrate").returncode == 0
    (tmp_path / name).chmod(mode)
    refused = intake(environment, "status" if mode == 0o777 else "migrate")
    assert refused.returncode == 2
    assert f"{tmp_path / name} may be written by others (mode {mode:04o})" in refused.stderr
    assert "chmod 700" in refused.stderr
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode
    report = json.loads(intake(environment, "doctor", "--json").stdout)
    said = report["store"] if name == "var" else report[str(tmp_path / name)]
    assert any("may be written by others" in message for message in said)


def test_files_that_others_could_only_read_are_repaired_with_a_message(environment: dict[str, str], tmp_path: Path) -> None:
    assert intake(environment, "migrate").returncode == 0
    (tmp_path / "key-store").chmod(0o755)
    files = [tmp_path / "var" / "server.key", tmp_path / "var" / "store.db", next((tmp_path / "key-store").glob("*.key"))]
    for path in files:
        path.chmod(0o644)
    report = json.loads(intake(environment, "doctor", "--json").stdout)
    # The doctor looks before it opens anything, because opening repairs.
    assert any("(mode 0755)" in message for message in report[str(tmp_path / "key-store")])
    assert any("server.key may be used by others (mode 0644)" in message for message in report["store"])
    assert wide(tmp_path / "var", tmp_path / "key-store") == {}
    (tmp_path / "key-store").chmod(0o750)
    done = intake(environment, "migrate")
    assert (done.returncode, done.stderr.count("could be used by others")) == (0, 1)
    assert f"{tmp_path / 'key-store'} could be used by others (mode 0750): it is 0700 now" in done.stderr
