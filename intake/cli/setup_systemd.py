"""`intake setup systemd`: the units of deploy/, with the program, the folders and the settings file of this installation."""

import re
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path

from intake.cli import deploy_files
from intake.settings import Settings

FOLDER = Path("/etc/systemd/system")
SERVER = "intake.service"
BACKUP = ("intake-backup.service", "intake-backup.timer")
PURGE = ("intake-purge.service", "intake-purge.timer")
_PROGRAM = "/opt/sealed-intake/.venv/bin/intake"  # the program and the backup as the units of deploy/ name them
_BACKUP_FILE = "/var/backups/sealed-intake/intake.age"


def units(config: Settings, settings_file: Path, account: str) -> dict[str, str]:
    """Return the text of each unit that this installation needs, by file name.

    Backups need recipients in the settings. Deletion is a process of its own with PostgreSQL only.

    Args:
        config: the settings.
        settings_file: the TOML file that the units read.
        account: the account and the group that run the service.
    """
    names = (SERVER, *(BACKUP if config.backup_to else ()), *(PURGE if config.database_url else ()))
    return {name: _filled(name, config, settings_file, account) for name in names}


def _filled(name: str, config: Settings, settings_file: Path, account: str) -> str:
    text = deploy_files.read(name)
    if not name.endswith(".service"):
        return text
    backup = config.backup_file or Path(_BACKUP_FILE)
    folders = [config.data, config.key_store, *config.key_store_mirrors]
    optional = [] if name in PURGE else [backup.parent]
    if name == SERVER and isinstance(config.metrics, Path):
        optional.append(config.metrics.parent)
    environment = settings_file.with_name("purge.env" if name in PURGE else "intake.env")
    values = {
        "User": account,
        "Group": account,
        "WorkingDirectory": _escaped(config.data),
        "Environment": _quoted(f"INTAKE_CONFIG={settings_file}"),
        "EnvironmentFile": ("" if name in PURGE else "-") + _escaped(environment),
        "ReadWritePaths": " ".join([*_each(folders), *_each(optional, "" if name in BACKUP else "-")]),
    }
    program = _argument(Path(sysconfig.get_path("scripts"), "intake"))
    text = text.replace(f"ExecStart={_PROGRAM}", f"ExecStart={program}").replace(_BACKUP_FILE, _argument(backup))
    return _with_values(text, values)


def _with_values(unit: str, values: Mapping[str, str]) -> str:
    """Return a unit whose lines `Name=` have these values. Each name must have exactly one line in the unit."""
    lines = unit.splitlines()
    names = [line.partition("=")[0] for line in lines]
    for name, value in values.items():
        (number,) = (number for number, each in enumerate(names) if each == name)
        lines[number] = f"{name}={value}"
    return "".join(f"{line}\n" for line in lines)


def _each(folders: Iterable[Path], prefix: str = "") -> list[str]:
    return [_quoted(f"{prefix}{folder}") for folder in folders]


def _argument(path: Path) -> str:
    return _quoted(str(path)).replace("$", "$$")  # a command line also expands variables


def _quoted(text: str) -> str:
    """Return a word of a unit's list. systemd expands `%`, and reads quotes and backslashes as a shell does."""
    word = _escaped(text)
    if re.fullmatch(r"[^\s\"'\\]+", word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: str | Path) -> str:
    return str(text).replace("%", "%%")
