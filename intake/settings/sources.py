"""Find the settings: in the environment, in files of secrets, and in one TOML file.

The environment overrides a file of a secret, and that file overrides the TOML file. A name that is not a setting is refused,
because a misspelt setting would silently keep its default.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from intake import toml_file
from intake.errors import SettingsError
from intake.settings import database_url
from intake.settings.inputs import PATHS, SETTINGS
from intake.toml_file import TomlError
from retention.files import quoted, read_regular

PREFIX = "INTAKE_"
CONFIG = "INTAKE_CONFIG"  # names the TOML file
SITE_CONFIG = Path("/etc/sealed-intake/intake.toml")  # read if it exists and INTAKE_CONFIG is not set
SECRETS = Path("/run/secrets")  # where Docker, Podman and Kubernetes mount secrets
CREDENTIALS = "CREDENTIALS_DIRECTORY"  # where systemd puts a unit's credentials
MAX_SECRET = 16 * 1024  # bytes of a file of a secret
NAMES = {setting.name for setting in SETTINGS}
_OTHERS = {CONFIG, "INTAKE_SERVER", "INTAKE_HANDLE"}  # variables of the command line that are no settings of the server
_SEPARATORS = {"key_store_mirrors": ":", "backup_to": ","}  # between the files of a list. A colon as in PATH

# Earlier spellings. The server refuses them, because ignoring one would silently use a default folder or limit.
RENAMED = {
    "KEEPER": "KEY_STORE",
    "KEEPER_MIRRORS": "KEY_STORE_MIRRORS",
    "PLAIN_PATH": "NOJS",
    "ROOM_MIB": "QUOTA_MIB",
    "ROOM_DAY_MIB": "QUOTA_DAY_MIB",
}


@dataclass(frozen=True, slots=True)
class SettingText:
    """The text of a setting and its source in words. The source is empty for a variable of the environment."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the environment and the files set.

    Args:
        texts: the settings that are set, by name.
        wrong: a message for each name that is not a setting.
        secret_files: the files that contain a secret, each after the name of a setting in it.
    """

    texts: dict[str, SettingText] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    secret_files: list[tuple[str, Path]] = field(default_factory=list)


def find(environment: Mapping[str, str]) -> Found:
    """Return the settings that are set.

    Raises:
        SettingsError: A file cannot be read or is not TOML.
    """
    found = Found()
    for texts in (_file(environment, found), _secrets(environment, found), _variables(environment, found.wrong)):
        found.texts.update(texts)
    return found


def _variables(environment: Mapping[str, str], wrong: list[str]) -> dict[str, SettingText]:
    texts = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable in _OTHERS:
            continue
        if (name := variable.removeprefix(PREFIX).lower()) in NAMES and variable.isupper():
            texts[name] = SettingText(text, "")
        else:
            wrong.append(_unknown(variable))
    return texts


def _secrets(environment: Mapping[str, str], found: Found) -> dict[str, SettingText]:
    texts = {}
    for folder in (SECRETS, Path(environment[CREDENTIALS]).absolute() if environment.get(CREDENTIALS) else None):
        for path in sorted(folder.iterdir()) if folder and folder.is_dir() else ():
            if not path.name.upper().startswith(PREFIX):
                continue
            if (name := path.name.upper().removeprefix(PREFIX).lower()) not in NAMES:
                found.wrong.append(_unknown(path.name, f" (in {folder})"))
                continue
            found.secret_files.append((path.name.upper(), path))
            texts[name] = SettingText(_secret(path), f"in {path}")
    return texts


def _secret(path: Path) -> str:
    try:
        text = read_regular(path, MAX_SECRET).decode("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"the secret {path} cannot be read: {error.strerror}. Check it: ls -ld {quoted(path)}") from None
    except UnicodeDecodeError:
        raise SettingsError(
            f"the secret {path} is not UTF-8 text. Write it again, or delete the file: ls -l {quoted(path)}"
        ) from None
    if not text:  # an empty address of a database would mean a new, empty store
        name = path.name.upper()
        raise SettingsError(
            f"the secret {path} is empty. Write the value of {name} into it, or delete the file: rm {quoted(path)}"
        )
    return text


def _file(environment: Mapping[str, str], found: Found) -> dict[str, SettingText]:
    named = environment.get(CONFIG, "")
    path = Path(named).absolute() if named else SITE_CONFIG  # the commands in messages work in any folder
    if not named and not path.exists():
        return {}
    try:
        parsed = toml_file.read(path)
    except OSError as error:
        source = f"{CONFIG} names it" if named else "It is the default"
        raise SettingsError(
            f"the settings file {path} cannot be read: {error.strerror}. {source}. Check it: ls -ld {quoted(path)}. "
            f"To write a new one, type: intake init {quoted(path)}"
        ) from None
    except TomlError as error:
        raise SettingsError(
            f"the settings file {path}, line {error.line}: {error}. Correct it, then check with: intake doctor"
        ) from None
    texts = {}
    for name, value in parsed.values.items():
        source = f"in {path}, line {parsed.line_of((name,))}"
        if name not in NAMES:
            found.wrong.append(_unknown(name, f" ({source})"))
            continue
        parts = list(_texts(value))
        if not parts or (len(parts) > 1 and not isinstance(value, list)):
            found.wrong.append(f"{name} ({source}) must be a text, a number, true, false or a list of texts")
            continue
        if name == "database_url" and database_url.has_password(parts[0]):
            found.secret_files.append((PREFIX + name.upper(), path))
        separator = _SEPARATORS.get(name, ",")
        if name in _SEPARATORS and isinstance(value, str):
            parts = value.split(separator)
        if name in PATHS:  # a relative path in the file starts at the file's folder
            parts = [str(path.parent / part) if part else "" for part in parts]
        if name in _SEPARATORS and (odd := [part for part in parts if separator in part]):
            found.wrong.append(f'"{odd[0]}" has a "{separator}", which separates the parts of {name} ({source}). Rename it')
            continue
        texts[name] = SettingText(separator.join(parts), source)
    return texts


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield "on" if value else "off"
    elif isinstance(value, str | int):
        yield str(value)
    elif isinstance(value, list) and all(isinstance(part, str) for part in value):
        yield from value or [""]


def _unknown(name: str, source: str = "") -> str:
    plain = name.upper().removeprefix(PREFIX)
    if plain in RENAMED:
        return f"{name}{source} is now called {PREFIX}{RENAMED[plain]}. Rename the setting"
    near = difflib.get_close_matches(plain.lower(), sorted(NAMES), 1)
    return f"{name}{source} is not a setting" + (f". Did you mean {PREFIX}{near[0].upper()}?" if near else "")
