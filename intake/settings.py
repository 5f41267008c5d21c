"""Settings, read only from the environment (`INTAKE_…`). `SETTINGS` lists each with its default and its meaning."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import retention.policy
from intake import phones, toml_file
from intake.errors import SettingsError
from intake.notices.kinds import KINDS
from intake.phones import DangerPhones
from intake.toml_file import TomlError
from intake.web.origin import check_transport, parse_onion
from intake.web.origin import parse as parse_origin
from retention.errors import PolicyError
from retention.policy import Policy

SAMPLE_FORMS = Path(__file__).parent / "site" / "forms"
MAX_LOGO = 20_000  # bytes; every visitor downloads the logo


class Assignment(StrEnum):
    """How the server chooses the coordinators for a new case."""

    FEWEST = "fewest"
    DUTY = "duty"
    LANGUAGE = "language"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting. Its environment variable is `INTAKE_` and the name in capitals."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting("data", "var", "folder of the store and the server's own secrets"),
    Setting("key_store", "key-store", "folder of the deletion keys; outside the data folder, never backed up"),
    Setting("key_store_mirrors", "", "more folders of the deletion keys, on other disks, separated by :"),
    Setting("database_url", "", "a PostgreSQL store, postgresql+psycopg://user@host/name; empty: SQLite in the data folder"),
    Setting("pkcs11_module", "", "library of a PKCS#11 token that stores the deletion keys instead of the folder"),
    Setting("pkcs11_token", "", "label of the PKCS#11 token"),
    Setting("pkcs11_pin_file", "", "file with the PKCS#11 token's PIN"),
    Setting("host", "127.0.0.1", "address to listen on"),
    Setting("port", "8000", "port to listen on; 0 chooses a free one"),
    Setting("origin", "", "public address, such as https://help.example; empty: the address listened on"),
    Setting("group_name", "Mutual aid group", "name of the group on the pages"),
    Setting("colour", "#14532d", "the group's colour on the pages, as #rrggbb"),
    Setting("logo", "", "the group's logo, an SVG or PNG file of at most 20,000 bytes; empty: a plain logo"),
    Setting("onion", "", "onion address of the same service, for posters, such as http://….onion"),
    Setting(
        "exit",
        "https://{language}.wikipedia.org/",
        "address that the quick exit opens; {language} is Wikipedia's code of the language",
    ),
    Setting("answer_days", "3", "days within which a coordinator usually reads a request, as the pages say"),
    Setting("danger_phone", "", "number to call in danger, for all languages or some (112; es=+34 900 000 000), or off"),
    Setting("phone", "", "the group's phone number, which the pages show when the server can take no more requests"),
    Setting("security_contact", "", "where to report a weakness, mailto:… or https://…, for /.well-known/security.txt"),
    Setting("quota_mib", "10000", "MiB that the store may use; when it is full, requests are refused"),
    Setting("quota_day_mib", "1000", "MiB that may be stored in one day; a request uses 1 at most, and most use a thirtieth"),
    Setting(
        "proxies", "", "proxies in front, as networks separated by commas (10.0.0.5/32); only their X-Forwarded-For is read"
    ),
    Setting("nojs", "on", "pages without JavaScript, where the server encrypts requests: on or off"),
    Setting(
        "assignment",
        "fewest",
        "how coordinators are chosen: fewest, duty, language, desk (the last two tell the server why they fit)",
    ),
    Setting("notice_minutes", "60", "minutes between notices to coordinators; 0: no notices"),
    Setting(
        "notice_kinds",
        "mailtos,ntfys,matrixs,signals,gotifys,tgram",
        "kinds of service that notices may be sent to (docs/howto/send-notices.md)",
    ),
    Setting(
        "notice_hosts",
        "",
        "hosts that notices may be sent to, separated by commas; empty: any public host, never a private address",
    ),
    Setting("backup_to", "", "age recipients of backups, or files of them, separated by commas"),
    Setting("backup_file", "", "file for a backup after each key renewal and each decision of the group"),
    Setting("forms", "", "folder of form files, or one file; they set when requests are deleted; empty: the samples"),
    Setting("maximum_days", "90", "most days that any form may keep a request"),
)

# Earlier spellings. The server refuses them, because ignoring one would silently use a default folder or limit.
RENAMED = {
    "KEEPER": "KEY_STORE",
    "KEEPER_MIRRORS": "KEY_STORE_MIRRORS",
    "PLAIN_PATH": "NOJS",
    "ROOM_MIB": "QUOTA_MIB",
    "ROOM_DAY_MIB": "QUOTA_DAY_MIB",
}


@dataclass(frozen=True, slots=True)
class Look:
    """Colour, logo, onion address, quick exit and emergency numbers of the pages."""

    colour: str = "#14532d"
    logo: Path | None = None
    onion: str = ""
    exit: str = "https://{language}.wikipedia.org/"
    danger: DangerPhones = phones.NO_NUMBER


@dataclass(frozen=True, slots=True)
class QuotaSettings:
    """The storage quota in total and for a day, in MiB, and the phone number to show when it is used up."""

    total_mib: int = 10_000
    day_mib: int = 1_000
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked."""

    data: Path
    key_store: Path
    host: str
    port: int
    origin: str
    group_name: str
    nojs: bool
    assignment: Assignment
    policy: Policy
    notice_minutes: int
    notice_kinds: tuple[str, ...]
    key_store_mirrors: tuple[Path, ...] = ()
    database_url: str = ""
    forms: tuple[Path, ...] = ()
    backup_to: tuple[str, ...] = ()
    backup_file: Path | None = None
    pkcs11_module: str = ""
    pkcs11_token: str = ""
    pkcs11_pin_file: Path = Path()
    look: Look = Look()
    answer_days: int = 3
    policies: tuple[Policy, ...] = ()
    notice_hosts: tuple[str, ...] = ()
    security_contact: str = ""
    quota: QuotaSettings = QuotaSettings()
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    @property
    def address(self) -> str:
        """The address of the form. An IPv6 address is in brackets (RFC 3986, 3.2.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.origin or f"http://{host}:{self.port}"

    @property
    def database(self) -> Path:
        """The file of the SQLite store."""
        return self.data / "store.db"

    @property
    def secrets(self) -> Path:
        """The file of the server's own secrets: the key for cookies and tokens, and the retention key."""
        return self.data / "server.key"


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings of an environment.

    Raises:
        SettingsError: A setting is wrong. The message names it.
    """
    for old, new in RENAMED.items():
        if f"INTAKE_{old}" in environment:
            raise SettingsError(f"INTAKE_{old} is now called INTAKE_{new}. Nothing was started or changed. Rename the setting")
    raw = {s.name: environment.get(f"INTAKE_{s.name.upper()}", s.default) for s in SETTINGS}
    numbers = {name: _number(name, raw[name]) for name in ("port", "notice_minutes", "maximum_days", "answer_days")}
    if not 1 <= numbers["maximum_days"] <= retention.policy.HARD_MAXIMUM:
        raise SettingsError(f"INTAKE_MAXIMUM_DAYS must be 1 to {retention.policy.HARD_MAXIMUM}")
    if not numbers["answer_days"]:
        raise SettingsError("INTAKE_ANSWER_DAYS must be 1 or more")
    if raw["nojs"] not in ("on", "off"):
        raise SettingsError("INTAKE_NOJS must be on or off")
    if raw["assignment"] not in list(Assignment):
        raise SettingsError("INTAKE_ASSIGNMENT must be one of: " + ", ".join(Assignment))
    data, key_store = Path(raw["data"]).absolute(), Path(raw["key_store"]).absolute()
    mirrors = tuple(Path(part).absolute() for part in raw["key_store_mirrors"].split(":") if part)
    for name, folder in (("KEY_STORE", key_store), *(("KEY_STORE_MIRRORS", mirror) for mirror in mirrors)):
        if folder == data or data in folder.parents:
            raise SettingsError(f"INTAKE_{name} must be outside INTAKE_DATA, so that no backup contains both")
    if len({key_store, *mirrors}) != 1 + len(mirrors):
        raise SettingsError("INTAKE_KEY_STORE_MIRRORS and INTAKE_KEY_STORE must all be different folders")
    if bool(raw["pkcs11_module"]) != bool(raw["pkcs11_token"]) or (raw["pkcs11_module"] and not raw["pkcs11_pin_file"]):
        raise SettingsError("INTAKE_PKCS11_MODULE, INTAKE_PKCS11_TOKEN and INTAKE_PKCS11_PIN_FILE must be set together")
    if mirrors and raw["pkcs11_module"]:
        raise SettingsError("INTAKE_KEY_STORE_MIRRORS cannot be used with a PKCS#11 token: mirrors are folders")
    forms = form_paths(Path(raw["forms"]) if raw["forms"] else SAMPLE_FORMS)
    policies = tuple(_policy(form, numbers["maximum_days"]) for form in forms)
    nojs = raw["nojs"] == "on"
    assignment = Assignment(raw["assignment"])
    backup_to = _parts(raw["backup_to"])
    backup_file = Path(raw["backup_file"]) if raw["backup_file"] else None
    if backup_file and not backup_to:
        raise SettingsError("INTAKE_BACKUP_FILE needs INTAKE_BACKUP_TO, the recipients of backups")
    origin, name = parse_origin("INTAKE_ORIGIN", raw["origin"]), raw["group_name"]
    kinds = _kinds(raw["notice_kinds"])
    check_transport(raw["host"], origin)
    port, minutes = numbers["port"], numbers["notice_minutes"]
    return Settings(
        data, key_store, raw["host"], port, origin, name, nojs, assignment, _common(policies), minutes, kinds,
        mirrors, raw["database_url"], forms, backup_to, backup_file,
        raw["pkcs11_module"], raw["pkcs11_token"], Path(raw["pkcs11_pin_file"]), _look(raw), numbers["answer_days"], policies,
        _parts(raw["notice_hosts"].lower()), _contact(raw["security_contact"]), _quota(raw), _networks(raw["proxies"]),
    )  # fmt: skip


def form_paths(path: Path) -> tuple[Path, ...]:
    """Return the form files of a folder, by name, or the one file.

    Raises:
        SettingsError: There is no form file.
    """
    files = (path,) if path.is_file() else tuple(sorted(path.glob("*.toml")))
    if not files:
        raise SettingsError(f"INTAKE_FORMS: there is no form file (*.toml) at {path}")
    return files


def _common(policies: Sequence[Policy]) -> Policy:
    """Return one policy for requests of every form, because the server does not know a request's form."""
    if len({(policy.closed_days, policy.grace_days) for policy in policies}) > 1:
        raise SettingsError("the form files' closed_days and grace_days must agree: the server does not know a request's form")
    return replace(policies[0], maximum_days=max(policy.maximum_days for policy in policies))


def _look(raw: Mapping[str, str]) -> Look:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", raw["colour"]):
        raise SettingsError("INTAKE_COLOUR must be like #14532d")
    logo = Path(raw["logo"]) if raw["logo"] else None
    if logo and (logo.suffix not in (".svg", ".png") or not logo.is_file() or logo.stat().st_size > MAX_LOGO):
        raise SettingsError(f"INTAKE_LOGO must be an SVG or PNG file of up to {MAX_LOGO:,} bytes")
    if not re.fullmatch(r"https?://[^\s\"<>]+", raw["exit"]):
        raise SettingsError("INTAKE_EXIT must be an address that begins with http:// or https://")
    return Look(raw["colour"], logo, parse_onion(raw["onion"]), raw["exit"], phones.parse(raw["danger_phone"]))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _kinds(text: str) -> tuple[str, ...]:
    kinds = _parts(text)
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise SettingsError(f"INTAKE_NOTICE_KINDS: {', '.join(unknown)} is none of: {', '.join(sorted(KINDS))}")
    return kinds


def _contact(text: str) -> str:
    if text and not re.fullmatch(r"(mailto:|https://|tel:)\S+", text):
        raise SettingsError("INTAKE_SECURITY_CONTACT must begin with mailto:, https:// or tel:")
    return text


def _quota(raw: Mapping[str, str]) -> QuotaSettings:
    total, day = (_number(name, raw[name], 100_000_000) for name in ("quota_mib", "quota_day_mib"))
    if not total or not day:
        raise SettingsError("INTAKE_QUOTA_MIB and INTAKE_QUOTA_DAY_MIB must be 1 or more")
    return QuotaSettings(total, day, raw["phone"].strip())


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise SettingsError("INTAKE_PROXIES must be networks such as 10.0.0.5/32, separated by commas") from None


def _policy(form: Path, hard_maximum: int) -> Policy:
    try:
        table = toml_file.read(form).values.get("retention", {})
        if not isinstance(table, dict):
            raise PolicyError("[retention] must be a table")
        return retention.policy.read(table, hard_maximum)
    except OSError as error:
        raise SettingsError(f"the form file {form.name} cannot be read: {error.strerror}") from None
    except (TomlError, PolicyError) as error:
        raise SettingsError(f"the form file {form.name}: {error}") from None


def _number(name: str, text: str, most: int = 65_535) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > most:
        raise SettingsError(f"INTAKE_{name.upper()} must be a whole number from 0 to {most}")
    return int(text)
