"""/usr/local/bin/intake passes each setting on as systemd does, whatever it contains, and evaluates nothing."""

import os
import subprocess
from pathlib import Path

import pytest

COMMAND = Path(__file__).parents[2] / "deploy" / "intake-command"
PARSER = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")
ADDRESS = "postgresql+psycopg://intake:p%40ss%20word@db.example/store?sslmode=verify-full&target_session_attrs=read-write"
SETTINGS = f"""# comment
; comment

INTAKE_DATABASE_URL={ADDRESS}
INTAKE_GROUP_NAME="Riverside & Friends; 100% `id` (all)"
INTAKE_PHONE='+1 555 "0100"'
INTAKE_ORIGIN=https://help.example  \t
INTAKE_ONION=
INTAKE_EXIT=https://example.org/#{{language}}=*
INTAKE_COLOUR="#14532d"
INTAKE_FORMS=''
INTAKE_LOGO=/a path/logo.svg"""
READ = {
    "INTAKE_DATABASE_URL": ADDRESS,
    "INTAKE_GROUP_NAME": "Riverside & Friends; 100% `id` (all)",
    "INTAKE_PHONE": '+1 555 "0100"',
    "INTAKE_ORIGIN": "https://help.example",
    "INTAKE_ONION": "",
    "INTAKE_EXIT": "https://example.org/#{language}=*",
    "INTAKE_COLOUR": "#14532d",
    "INTAKE_FORMS": "",
    "INTAKE_LOGO": "/a path/logo.svg",
}
TOML = {"INTAKE_CONFIG": "/etc/sealed-intake/intake.toml"}  # the file that the units read


def run(folder: Path, settings: str | None, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as root. A program that prints its arguments and settings replaces `intake`."""
    if settings is not None:
        (folder / "intake.env").write_text(settings)
    for name, text in {
        "id": "echo 0",
        "runuser": '[ "$1 $2 $3" = "-u intake --" ] && shift 4 && printf "%s\\n" "$*" && env -0',
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    script = COMMAND.read_text().replace("/etc/sealed-intake/intake.env", f"{folder}/intake.env")
    environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(
        ["/bin/sh", "-c", script, "intake", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def handed_over(done: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    printed = done.stdout.partition("\n")[2].split("\0")
    return {name: value for name, _, value in (each.partition("=") for each in printed) if name.startswith("INTAKE_")}


def test_settings_with_special_characters_arrive_unchanged(tmp_path: Path) -> None:
    assert handed_over(run(tmp_path, SETTINGS, "status")) == READ | TOML


def test_a_dollar_sign_and_a_command_are_not_evaluated(tmp_path: Path) -> None:
    text = f"INTAKE_PHONE=$(touch {tmp_path}/run)$HOME\nINTAKE_GROUP_NAME=`touch {tmp_path}/run`\n"
    expected = {"INTAKE_PHONE": f"$(touch {tmp_path}/run)$HOME", "INTAKE_GROUP_NAME": f"`touch {tmp_path}/run`"}
    assert handed_over(run(tmp_path, text, "status")) == expected | TOML
    assert not (tmp_path / "run").exists()


def test_systemds_own_parser_reads_the_same_settings(tmp_path: Path) -> None:
    if not PARSER.exists():
        pytest.skip("this machine has no systemd, so the test cannot use its parser")
    (tmp_path / "environment.d").mkdir()
    (tmp_path / "environment.d" / "1.conf").write_text(SETTINGS)
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    printed = subprocess.run([PARSER], env=environment, capture_output=True, text=True, check=True).stdout
    shell = f"{printed}\nenv -0"
    read = subprocess.run(["/bin/sh", "-ac", shell], env={}, capture_output=True, text=True, check=True).stdout.split("\0")
    values = dict(each.split("=", 1) for each in read if each.startswith("INTAKE_"))
    assert values == {name: value for name, value in READ.items() if value}  # this program omits empty settings


def test_without_an_intake_env_the_settings_are_those_of_the_toml_file(tmp_path: Path) -> None:
    assert handed_over(run(tmp_path, None, "status")) == TOML


def test_a_file_of_settings_that_is_named_must_exist(tmp_path: Path) -> None:
    done = run(tmp_path, None, "--settings", f"{tmp_path}/purge.env", "retention", "run")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{tmp_path}/purge.env cannot be read. Nothing was run." in done.stderr


def test_another_file_of_settings_and_the_arguments_are_handed_over(tmp_path: Path) -> None:
    (tmp_path / "purge.env").write_text("INTAKE_PHONE=2\n")
    done = run(tmp_path, "INTAKE_PHONE=1\n", "--settings", f"{tmp_path}/purge.env", "retention", "run", "--dry-run")
    assert done.stdout.splitlines()[0] == "retention run --dry-run"
    assert handed_over(done) == {"INTAKE_PHONE": "2"} | TOML


@pytest.mark.parametrize(
    "line", ["INTAKE_PHONE", "export INTAKE_PHONE=1", "INTAKE_PHONE='1", 'INTAKE_PHONE="1"2"', "INTAKE_PHONE=a\\ b", "1=2"]
)
def test_a_line_that_systemd_would_read_in_another_way_is_refused(line: str, tmp_path: Path) -> None:
    done = run(tmp_path, f"# first\n{line}\n", "status")
    assert done.returncode == 2
    assert "intake.env, line 2 " in done.stderr
    assert done.stderr.rstrip().endswith("Nothing was run.")


@pytest.mark.parametrize("arguments", [("init", "file.toml", "--phone", "1"), ("setup", "systemd", "--to", "/etc")])
def test_commands_that_write_files_of_root_run_as_root_and_init_names_the_folders(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "$*"\n')
    program.chmod(0o755)
    script = COMMAND.read_text().replace("/opt/sealed-intake/.venv/bin/intake", str(program)).replace('"$(id -u)"', "0")
    done = subprocess.run(["/bin/sh", "-c", script, "intake", *arguments], capture_output=True, text=True, check=True)
    folders = ["--data", "/var/lib/sealed-intake", "--key-store", "/var/lib/sealed-intake-keys"]
    assert done.stdout.split() == [arguments[0], *(folders if arguments[0] == "init" else []), *arguments[1:]]
