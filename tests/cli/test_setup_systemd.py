"""`intake setup systemd` prints the units of deploy/, filled in for this installation, and systemd reads them."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from intake import settings
from intake.cli import setup_systemd
from intake.cli.main import app
from tests.support.units import DEPLOY, PROGRAM, complaints, service

OF_THE_GUIDE = {
    "INTAKE_DATA": "/var/lib/sealed-intake",
    "INTAKE_KEY_STORE": "/var/lib/sealed-intake-keys",
    "INTAKE_BACKUP_TO": "/etc/sealed-intake/backup-recipient.txt",
    "INTAKE_DATABASE_URL": "postgresql://intake_web@/intake",
}
SETTINGS_FILE = Path("/etc/sealed-intake/intake.toml")
SCRIPTS = "/opt/sealed-intake/.venv/bin"


@pytest.fixture(autouse=True)
def _program_of_the_guide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: SCRIPTS)


def units(environment: dict[str, str], file: Path = SETTINGS_FILE, account: str = "intake") -> dict[str, str]:
    return setup_systemd.units(settings.read(environment), file, account)


def test_the_folders_of_the_guide_give_the_units_of_the_repository() -> None:
    shipped = {path.name: path.read_text("utf-8") for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer")}
    assert units(OF_THE_GUIDE) == shipped


def test_a_timer_for_backups_needs_recipients_and_one_for_deletion_needs_postgresql() -> None:
    folders = {name: OF_THE_GUIDE[name] for name in ("INTAKE_DATA", "INTAKE_KEY_STORE")}
    backups = {"INTAKE_BACKUP_TO": OF_THE_GUIDE["INTAKE_BACKUP_TO"]}
    shared = {"INTAKE_DATABASE_URL": OF_THE_GUIDE["INTAKE_DATABASE_URL"]}
    assert set(units(folders)) == {"intake.service"}
    assert set(units(folders | backups)) == {"intake.service", "intake-backup.service", "intake-backup.timer"}
    assert set(units(folders | shared)) == {"intake.service", "intake-purge.service", "intake-purge.timer"}


def test_a_unit_may_write_in_every_folder_that_the_settings_name(tmp_path: Path) -> None:
    changed = {
        "INTAKE_KEY_STORE_MIRRORS": "/mnt/second:/mnt/third",
        "INTAKE_BACKUP_FILE": "/srv/backups/aid.age",
        "INTAKE_METRICS": "/run/aid/metrics.sock",
    }
    filled = {name: text for name, text in units(OF_THE_GUIDE | changed).items() if name.endswith(".service")}
    writable = {name: read(name, text, tmp_path)["ReadWritePaths"].split() for name, text in filled.items()}
    always = ["/var/lib/sealed-intake", "/var/lib/sealed-intake-keys", "/mnt/second", "/mnt/third"]
    assert writable == {
        "intake.service": [*always, "-/srv/backups", "-/run/aid"],
        "intake-backup.service": [*always, "/srv/backups"],
        "intake-purge.service": always,
    }
    assert f"ExecStart={PROGRAM} backup /srv/backups/aid.age" in filled["intake-backup.service"].splitlines()


def test_units_run_as_the_named_account_with_the_settings_file_that_is_in_use(tmp_path: Path) -> None:
    filled = read("intake.service", units(OF_THE_GUIDE, Path("/srv/aid/aid.toml"), "aid")["intake.service"], tmp_path)
    assert (filled["User"], filled["Group"]) == ("aid", "aid")
    assert filled["Environment"] == "INTAKE_CONFIG=/srv/aid/aid.toml"
    assert filled["EnvironmentFile"] == "-/srv/aid/intake.env"


def test_systemd_reads_every_line_of_units_whose_paths_have_special_characters(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("this machine has no systemd-analyze, so the test cannot read the units")
    odd = {
        "INTAKE_DATA": "/srv/aid data/100% 'a'",
        "INTAKE_KEY_STORE": '/srv/keys "b"',
        "INTAKE_BACKUP_FILE": "/srv/$HOME/a b.age",
    }
    for name, text in units(OF_THE_GUIDE | odd, Path("/srv/aid data/100%.toml")).items():
        assert said(name, text, tmp_path) == []


def test_systemd_complains_of_a_folder_that_is_not_quoted(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("this machine has no systemd-analyze, so the test cannot read the units")
    text = units(OF_THE_GUIDE)["intake.service"].replace("ReadWritePaths=", "ReadWritePaths=/srv/aid data ")
    assert said("intake.service", text, tmp_path) != []


def test_the_command_writes_the_units_into_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "intake.toml"
    config.write_text(f'data = "{tmp_path}/data"\nkey_store = "{tmp_path}/keys"\n')
    monkeypatch.setenv("INTAKE_CONFIG", str(config))
    (tmp_path / "units").mkdir()
    result = CliRunner().invoke(app, ["setup", "systemd", "--to", str(tmp_path / "units")])
    assert result.exit_code == 0, result.output
    [unit] = (tmp_path / "units").iterdir()
    assert f"\nEnvironment=INTAKE_CONFIG={config}\n" in unit.read_text("utf-8")
    printed = CliRunner().invoke(app, ["setup", "systemd"]).output
    assert printed == f"# /etc/systemd/system/intake.service\n{unit.read_text('utf-8')}"


def test_a_folder_for_another_programs_configuration_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["setup", "tor", "--to", str(tmp_path)])
    assert "--to is for `intake setup systemd`. Nothing was written" in str(result.exception)


def read(name: str, text: str, folder: Path) -> dict[str, str]:
    (folder / name).write_text(text)
    return dict(service(folder / name))


def said(name: str, text: str, folder: Path) -> list[str]:
    """Return what systemd says of a unit."""
    (folder / "filled").mkdir(exist_ok=True)
    (folder / "filled" / name).write_text(text)
    return complaints(folder / "filled" / name, folder)
