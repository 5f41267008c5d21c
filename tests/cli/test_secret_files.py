"""A file with a secret that other accounts may use is named by `intake doctor`, with its mode and the command that mends it."""

import contextlib
import json
import os
import shlex
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from intake.service import secret_files
from intake.settings import sources
from retention.key_stores import filesystem
from retention.key_stores.filesystem import Mount
from tests.support import commands

ADDRESS = "postgresql://intake@127.0.0.1:1/intake"  # nobody listens there
WITH_PASSWORD = "postgresql://intake:s%20e@127.0.0.1:1/intake"
Kind = Callable[[Path], tuple[dict[str, str], Path]]


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def settings_file(text: str) -> Kind:
    def prepare(here: Path) -> tuple[dict[str, str], Path]:
        path = written(here / "intake.toml", text)
        return {"INTAKE_CONFIG": str(path)}, path

    return prepare


def secret(folder: str, variable: str = "") -> Kind:
    def prepare(here: Path) -> tuple[dict[str, str], Path]:
        path = written(here / folder / "intake_database_url", WITH_PASSWORD)
        return ({variable: str(path.parent)} if variable else {}), path

    return prepare


def file_of_libpq(name: str, variable: str = "", query: str = "", text: str = "*:*:*:*:s e\n") -> Kind:
    def prepare(here: Path) -> tuple[dict[str, str], Path]:
        path = written(here / name, text)
        environment = {"INTAKE_DATABASE_URL": ADDRESS + query.format(path), "HOME": str(here)}
        return environment | ({variable: str(path)} if variable else {}), path

    return prepare


def pin(here: Path) -> tuple[dict[str, str], Path]:
    path = written(here / "pin", "1234")
    settings = {"MODULE": "/no/such/module.so", "TOKEN": "intake", "PIN_FILE": str(path)}
    return {f"INTAKE_PKCS11_{name}": value for name, value in settings.items()}, path


def environment_file(name: str) -> Kind:
    def prepare(here: Path) -> tuple[dict[str, str], Path]:
        return {"INTAKE_DATABASE_URL": WITH_PASSWORD}, written(here / "etc" / name, f"INTAKE_DATABASE_URL={WITH_PASSWORD}")

    return prepare


SERVICE = "[intake]\nhost=127.0.0.1\nport=1\npassword=s e\n"
KINDS: dict[str, Kind] = {
    "settings file with a database password": settings_file(f'database_url = "{WITH_PASSWORD}"\n'),
    "settings file with a password in the query": settings_file(f'database_url = "{ADDRESS}?password=s"\n'),
    "file of the environment": environment_file("intake.env"),
    "file of the deletion process": environment_file("purge.env"),
    "secret of a container": secret("run/secrets"),
    "credential of a unit": secret("credentials", "CREDENTIALS_DIRECTORY"),
    "PIN": pin,
    "password file at home": file_of_libpq(".pgpass"),
    "password file in the environment": file_of_libpq("passwords", "PGPASSFILE"),
    "password file in the address": file_of_libpq("pass words", query="?passfile={}"),
    "service file": file_of_libpq(".pg_service.conf", query="?service=intake", text=SERVICE),
    "service file in the environment": file_of_libpq("services", "PGSERVICEFILE", "?service=intake", SERVICE),
    "key at home": file_of_libpq(".postgresql/postgresql.key"),
    "key in the environment": file_of_libpq("key.pem", "PGSSLKEY"),
    "key in the address": file_of_libpq("key.pem", query="?sslkey={}"),
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Move the fixed folders below the test's own."""
    monkeypatch.setattr(sources, "SECRETS", tmp_path / "run" / "secrets")
    monkeypatch.setattr(secret_files, "ENVIRONMENT_FILES", (tmp_path / "etc" / "intake.env", tmp_path / "etc" / "purge.env"))
    for name in ("PGPASSFILE", "PGSERVICEFILE", "PGSSLKEY", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(commands.COMMANDS, "doctor", "--json")


def doctor(here: Path, environment: dict[str, str]) -> dict[str, list[str]]:
    folders = {"INTAKE_DATA": f"{here}/var", "INTAKE_KEY_STORE": f"{here}/keys"}
    done = commands.run("doctor", here, here, {"HOME": str(here), **folders, **environment})
    assert "Traceback" not in done.err
    report: dict[str, list[str]] = json.loads(done.out)
    return report


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
@pytest.mark.parametrize("kind", KINDS)
def test_an_open_secret_is_named_with_its_mode_and_a_command_that_mends_it(kind: str, mode: int, tmp_path: Path) -> None:
    environment, path = KINDS[kind](tmp_path)
    path.chmod(mode)
    if not os.geteuid():
        os.chown(path, commands.NOBODY, commands.NOBODY)
    [message] = doctor(tmp_path, environment)["secrets"]
    assert f"{path} may be used by others (mode {mode:04o})" in message
    command = message.partition("Type: ")[2]
    assert command.startswith("chmod 600 ")
    subprocess.run(shlex.split(command), check=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert doctor(tmp_path, environment)["secrets"] == []


@pytest.mark.parametrize("text", ['group_name = "Riverside"\n', f'database_url = "{ADDRESS}"\n'])
def test_a_settings_file_without_a_password_may_be_read_by_everybody(text: str, tmp_path: Path) -> None:
    environment, path = settings_file(text)(tmp_path)
    path.chmod(0o644)
    assert doctor(tmp_path, environment)["secrets"] == []


def test_a_service_file_without_a_password_may_be_read_by_everybody(tmp_path: Path) -> None:
    environment, path = file_of_libpq(".pg_service.conf", query="?service=intake", text="[intake]\nport=1\n")(tmp_path)
    path.chmod(0o644)
    assert doctor(tmp_path, environment)["secrets"] == []


@pytest.mark.parametrize(("point", "found"), [("run/secrets", 0), ("run/secrets/intake_database_url", 0), ("", 1)])
def test_only_a_secret_on_a_mount_of_its_own_may_be_read_by_everybody(
    point: str, found: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, path = secret("run/secrets")(tmp_path)
    path.chmod(0o444)
    mount = Mount(tmp_path / point, "tmpfs", "tmpfs", encrypted=False, snapshots=False)
    monkeypatch.setattr(filesystem, "mount_of", lambda _: mount)
    assert len(doctor(tmp_path, environment)["secrets"]) == found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change a file's owner")
@pytest.mark.parametrize(
    ("mode", "group", "command"),
    [(0o640, 12, ""), (0o644, 12, "chmod 640"), (0o660, 12, "chmod 640"), (0o604, 0, "chmod 600")],
)
def test_the_services_group_may_read_a_secret_of_root(mode: int, group: int, command: str, tmp_path: Path) -> None:
    environment, path = pin(tmp_path)
    os.chown(path, 0, group)
    path.chmod(mode)
    messages = doctor(tmp_path, environment)["secrets"]
    assert [message.partition("Type: ")[2] for message in messages] == ([f"{command} {path}"] if command else [])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change a file's owner")
def test_a_secret_that_the_service_could_not_read_any_more_changes_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "pin", "1234")
    path.chmod(0o604)
    monkeypatch.setattr(os, "geteuid", lambda: commands.NOBODY)
    [message] = secret_files.messages([("INTAKE_PKCS11_PIN_FILE", path)])
    assert message.endswith(f"Type as root: chown {commands.NOBODY} {path} && chmod 600 {path}")


@pytest.mark.parametrize("name", ["var/server.key", "var/store.db", "keys"])
def test_a_file_of_the_store_or_of_the_key_store_is_named_with_a_command(name: str, tmp_path: Path) -> None:
    folders = {"INTAKE_DATA": f"{tmp_path}/var", "INTAKE_KEY_STORE": f"{tmp_path}/keys"}
    for command in ("migrate", "retention run"):
        assert commands.run(command, tmp_path, tmp_path, folders).code == 0
    path = tmp_path / name if "/" in name else next((tmp_path / name).glob("*.key"))
    path.chmod(0o644)
    said = [message for messages in doctor(tmp_path, {}).values() for message in messages]
    assert f"{path} may be used by others (mode 0644). Type: chmod 600 {path}" in said


def test_a_server_that_starts_warns_of_an_open_secret_and_starts(tmp_path: Path) -> None:
    path = written(tmp_path / "credentials" / "intake_group_name", "Riverside")
    path.chmod(0o644)
    environment = {"INTAKE_DATA": f"{tmp_path}/var", "INTAKE_KEY_STORE": f"{tmp_path}/keys"}
    done = commands.run("run", tmp_path, tmp_path, environment | {"CREDENTIALS_DIRECTORY": str(path.parent)})
    assert done.code == 0
    warning = f"intake: warning: INTAKE_GROUP_NAME: {path} may be used by others (mode 0644). Type: chmod 6"
    assert done.err.count(warning) == 1


MEMBER = f"--server {commands.GONE} --handle sam"
NAMED = {
    "passphrase": ("case list", f"{MEMBER} --passphrase-file {{here}}/secret"),
    "passphrase of a newcomer": ("enrol", f"{commands.LINK} --handle sam --passphrase-file {{here}}/secret"),
    "key of backups": ("restore", "{here}/none.age --identity {here}/secret"),
}


@pytest.mark.parametrize("named", NAMED)
def test_a_command_warns_of_an_open_secret_that_it_is_given(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, words = NAMED[named]
    monkeypatch.setitem(commands.COMMANDS, command, words)
    path = written(tmp_path / "secret", "plum trellis anchor 94 quiet")
    folders = {"INTAKE_DATA": f"{tmp_path}/var", "INTAKE_KEY_STORE": f"{tmp_path}/keys"}
    warning = f"intake: warning: {path} may be used by others (mode 0644). Type: chmod 600 {path}\n"
    for mode, count in ((0o644, 1), (0o600, 0)):
        path.chmod(mode)
        done = commands.run(command, tmp_path, tmp_path, folders)
        assert done.err.count(warning) == count, done


@pytest.mark.parametrize("root", [True, False])
def test_a_new_settings_file_is_no_open_secret_once_it_has_a_password(root: bool, tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest-of-" in str(folder):
            folder.chmod(0o755)
    tmp_path.chmod(0o777)
    with contextlib.nullcontext() if root else commands.unprivileged():
        assert commands.run("init", tmp_path, tmp_path, {"INTAKE_CONFIG": ""}).code == 0
        path = tmp_path / "new.toml"
        with path.open("a") as file:
            file.write(f'database_url = "{WITH_PASSWORD}"\n')
        assert doctor(tmp_path, {"INTAKE_CONFIG": str(path)})["secrets"] == []


def test_a_home_that_the_service_may_not_enter_ends_no_command(tmp_path: Path) -> None:
    home = written(tmp_path / "home" / ".pgpass", "*:*:*:*:s e\n").parent
    home.chmod(0)
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest-of-" in str(folder):
            folder.chmod(0o755)
    with commands.unprivileged():
        assert doctor(tmp_path, {"INTAKE_DATABASE_URL": ADDRESS, "HOME": str(home)})["secrets"] == []
    home.chmod(0o700)
