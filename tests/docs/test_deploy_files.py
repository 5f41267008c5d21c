"""The files in deploy/ use one account and one set of folders: those of deploy/README.md."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.units import DEPLOY, PROGRAM, complaints, service

README = (DEPLOY / "README.md").read_text("utf-8")
UNITS = sorted(DEPLOY.glob("*.service"))
PATHS = re.compile(r"(?<![\w/])/(?:opt|etc|var|srv|usr/local)/[\w./-]+")
ROWS = re.findall(r"^\| ([^|]+?) \| (.+?) \|$", README, re.MULTILINE)[2:]
# The paths that deploy/README.md names, and those where this folder's files are installed.
PLACES = {path for _, cell in ROWS for path in PATHS.findall(cell)} | {"/etc/cron.d/intake", "/usr/local/bin/intake"}


def test_every_path_of_a_deploy_file_is_one_of_the_readme() -> None:
    files = [path for path in DEPLOY.iterdir() if path.is_file() and path.suffix != ".md"]
    named = {(path.name, match.rstrip(".")) for path in files for match in PATHS.findall(path.read_text("utf-8"))}
    assert len(named) > 20
    places = PLACES | {f"/etc/sealed-intake/{name}.env" for name in ("intake", "purge")}
    below = ("/opt/sealed-intake/", "/var/backups/sealed-intake/")
    assert {(name, path) for name, path in named if path not in places and not path.startswith(below)} == set()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_service_uses_the_account_and_the_folders_of_the_readme(unit: Path) -> None:
    read = service(unit)
    assert (read["User"], read["Group"]) == ("intake", "intake")
    assert read["ExecStart"].startswith(f"{PROGRAM} ")
    assert {path.lstrip("-") for path in read["ReadWritePaths"].split()} <= PLACES
    assert read["WorkingDirectory"] in PLACES


def test_the_cron_file_runs_the_commands_of_the_unit_with_its_settings() -> None:
    purge = service(DEPLOY / "intake-purge.service")
    lines = [line for line in (DEPLOY / "intake.cron").read_text().splitlines() if line[:1].isdigit()]
    [command, _] = [re.search(r"out=\$\((.+) 2>&1\)", line)[1] for line in lines]  # type: ignore[index]
    assert (
        command == f"/usr/local/bin/intake --settings {purge['EnvironmentFile']} {purge['ExecStart'].removeprefix(PROGRAM)[1:]}"
    )
    assert not any("%" in line for line in lines)  # cron ends a command there


@pytest.mark.parametrize(("hour", "printed"), [("T00+00:00", "deleted\n"), ("T08+00:00", "")])
def test_cron_deletes_in_the_first_hour_of_the_day_in_utc_whatever_the_machines_time_zone(
    hour: str, printed: str, tmp_path: Path
) -> None:
    lines = (DEPLOY / "intake.cron").read_text().splitlines()
    assert not [line for line in lines if line.startswith("CRON_TZ=")], "Debian's cron does not know CRON_TZ"
    [run, _] = [line.split(None, 6) for line in lines if line[:1].isdigit()]
    assert run[:6] == ["5", "*", "*", "*", "*", "root"]
    for name, text in {"date": f"echo 2026-11-30{hour}", "intake": "echo deleted; exit 1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    script = run[6].replace("/usr/local/bin/intake", str(tmp_path / "intake"))
    done = subprocess.run(
        ["/bin/sh", "-c", script], env={"PATH": f"{tmp_path}:/bin"}, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (printed, "")


def test_the_readme_of_the_folder_names_every_file() -> None:
    assert [
        name
        for path in DEPLOY.iterdir()
        if (name := path.name + "/" * path.is_dir()) != "README.md" and f"`{name}`" not in README
    ] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_judges_every_unit_at_two_or_better(unit: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("this machine has no systemd-analyze, so the test cannot judge the units")
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    score = float(re.search(r"Overall exposure level for \S+ (\d+\.\d+)", judged)[1])  # type: ignore[index]
    assert score <= 2.0, judged


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_reads_every_line_of_every_unit(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("this machine has no systemd-analyze, so the test cannot read the units")
    assert complaints(unit, tmp_path) == []
