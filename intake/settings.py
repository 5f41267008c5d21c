"""Settings: one tuple, each with its name, its default and what it is for. From the environment (`INTAKE_…`) alone."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import retention.policy
from intake import toml_file
from intake.errors import SettingsError
from intake.notices.kinds import KINDS
from intake.toml_file import TomlError
from intake.web.origin import check_transport, parse_onion
from intake.web.origin import parse as parse_origin
from retention.errors import PolicyError
from retention.policy import Policy

SAMPLE_FORMS = Path(__file__).parent / "site" / "forms"
MAX_LOGO = 20_000  # bytes; every visitor loads it


class Assignment(StrEnum):
    """Whom a new case goes to first."""

    FEWEST = "fewest"
    DUTY = "duty"
    LANGUAGE = "language"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its environment variable is `INTAKE_` and the name in capitals."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting("data", "var", "folder of the store and the server's own secrets"),
    Setting("keeper", "keeper", "folder of the lock keys; outside the data folder, never backed up"),
    Setting("keeper_mirrors", "", "more folders that the lock keys are kept in, on other disks, separated by :"),
    Setting("database_url", "", "a PostgreSQL store, postgresql+psycopg://user@host/name; empty: the embedded one in data"),
    Setting("pkcs11_module", "", "library of a PKCS#11 token that keeps the lock keys instead of the folder"),
    Setting("pkcs11_token", "", "label of that token"),
    Setting("pkcs11_pin_file", "", "file that holds that token's PIN"),
    Setting("host", "127.0.0.1", "address to listen on"),
    Setting("port", "8000", "port to listen on; 0 takes a free one"),
    Setting("origin", "", "public address, e.g. https://help.example; empty: the one listened on"),
    Setting("group_name", "Mutual aid group", "what the pages call the group"),
    Setting("colour", "#14532d", "the group's colour on the pages, as #rrggbb"),
    Setting("logo", "", "an SVG or PNG file of the group's sign, up to 20,000 bytes; empty: a plain one"),
    Setting("onion", "", "the same service's onion address, for posters, e.g. http://….onion"),
    Setting("exit", "https://{language}.wikipedia.org/", "where the quick exit leads; {language} as Wikipedia names it"),
    Setting("answer_days", "3", "days within which someone usually looks at a request; the pages say it"),
    Setting("phone", "", "the group's phone number, for the pages to say when nothing more can be taken"),
    Setting("security_contact", "", "where to tell of a weakness, mailto:… or https://…; for /.well-known/security.txt"),
    Setting("room_mib", "10000", "MiB that the store may take in all; beyond, nothing more is taken"),
    Setting("room_day_mib", "1000", "MiB that may come in one day; a request takes 1 at most, most take a thirtieth"),
    Setting(
        "proxies", "", "proxies in front, as networks separated by commas (10.0.0.5/32); their X-Forwarded-For is believed"
    ),
    Setting("plain_path", "on", "whether pages for people without JavaScript are offered: on or off; the server seals there"),
    Setting(
        "assignment",
        "fewest",
        "whom a request goes to: fewest, duty, language, desk (the last two tell the server what fitted)",
    ),
    Setting("notice_minutes", "60", "minutes between notices to coordinators that something waits; 0: none are sent"),
    Setting(
        "notice_kinds",
        "mailtos,ntfys,matrixs,signals,gotifys,tgram",
        "kinds of service that notices may go to (docs/howto/send-notices.md)",
    ),
    Setting(
        "notice_hosts",
        "",
        "hosts that notices may go to, wherever they are, separated by commas; empty: any on the public internet",
    ),
    Setting("backup_to", "", "age recipients of backups, separated by commas, or files of them"),
    Setting("backup_file", "", "a backup is written here after each rotation and each decision of the group"),
    Setting("forms", "", "folder of form files, or one; their [retention] says when requests are deleted; empty: the samples"),
    Setting("maximum_days", "90", "the group's own limit: no form keeps a request for more days"),
)


@dataclass(frozen=True, slots=True)
class Look:
    """How the pages look and where they lead: colour, sign, the onion address, the way out."""

    colour: str = "#14532d"
    logo: Path | None = None
    onion: str = ""
    exit: str = "https://{language}.wikipedia.org/"


@dataclass(frozen=True, slots=True)
class QuotaSettings:
    """How much may be kept in all and may come in a day, in MiB; whom to call beyond."""

    total_mib: int = 10_000
    day_mib: int = 1_000
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, read and checked."""

    data: Path
    keeper: Path
    host: str
    port: int
    origin: str
    group_name: str
    plain_path: bool
    assignment: Assignment
    policy: Policy
    notice_minutes: int
    notice_kinds: tuple[str, ...]
    keeper_mirrors: tuple[Path, ...] = ()
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
        """Where people reach the form."""
        return self.origin or f"http://{self.host}:{self.port}"

    @property
    def database(self) -> Path:
        """The embedded store's file."""
        return self.data / "store.db"

    @property
    def secrets(self) -> Path:
        """The server's own secrets: for cookies and tokens, and the retention key."""
        return self.data / "server.key"


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of an environment.

    Raises:
        SettingsError: which setting is wrong, for the operator.
    """
    raw = {s.name: environment.get(f"INTAKE_{s.name.upper()}", s.default) for s in SETTINGS}
    numbers = {name: _number(name, raw[name]) for name in ("port", "notice_minutes", "maximum_days", "answer_days")}
    if not 1 <= numbers["maximum_days"] <= retention.policy.HARD_MAXIMUM:
        raise SettingsError(f"INTAKE_MAXIMUM_DAYS must be 1 to {retention.policy.HARD_MAXIMUM}")
    if not numbers["answer_days"]:
        raise SettingsError("INTAKE_ANSWER_DAYS must be 1 or more")
    if raw["plain_path"] not in ("on", "off"):
        raise SettingsError("INTAKE_PLAIN_PATH must be on or off")
    if raw["assignment"] not in list(Assignment):
        raise SettingsError("INTAKE_ASSIGNMENT must be one of: " + ", ".join(Assignment))
    data, keeper = Path(raw["data"]).absolute(), Path(raw["keeper"]).absolute()
    mirrors = tuple(Path(part).absolute() for part in raw["keeper_mirrors"].split(":") if part)
    for name, folder in (("KEEPER", keeper), *(("KEEPER_MIRRORS", mirror) for mirror in mirrors)):
        if folder == data or data in folder.parents:
            raise SettingsError(f"INTAKE_{name} must lie outside INTAKE_DATA: a backup of one must not hold the other")
    if len({keeper, *mirrors}) != 1 + len(mirrors):
        raise SettingsError("INTAKE_KEEPER_MIRRORS must be folders apart from each other and from INTAKE_KEEPER")
    if bool(raw["pkcs11_module"]) != bool(raw["pkcs11_token"]) or (raw["pkcs11_module"] and not raw["pkcs11_pin_file"]):
        raise SettingsError("INTAKE_PKCS11_MODULE, INTAKE_PKCS11_TOKEN and INTAKE_PKCS11_PIN_FILE go together")
    if mirrors and raw["pkcs11_module"]:
        raise SettingsError("INTAKE_KEEPER_MIRRORS are for lock keys in folders; a token has none")
    forms = form_paths(Path(raw["forms"]) if raw["forms"] else SAMPLE_FORMS)
    policies = tuple(_policy(form, numbers["maximum_days"]) for form in forms)
    plain = raw["plain_path"] == "on"
    assignment = Assignment(raw["assignment"])
    backup_to = _parts(raw["backup_to"])
    backup_file = Path(raw["backup_file"]) if raw["backup_file"] else None
    if backup_file and not backup_to:
        raise SettingsError("INTAKE_BACKUP_FILE needs INTAKE_BACKUP_TO: whom backups are encrypted to")
    origin, name = parse_origin("INTAKE_ORIGIN", raw["origin"]), raw["group_name"]
    kinds = _kinds(raw["notice_kinds"])
    check_transport(raw["host"], origin)
    port, minutes = numbers["port"], numbers["notice_minutes"]
    return Settings(
        data, keeper, raw["host"], port, origin, name, plain, assignment, _common(policies), minutes, kinds,
        mirrors, raw["database_url"], forms, backup_to, backup_file,
        raw["pkcs11_module"], raw["pkcs11_token"], Path(raw["pkcs11_pin_file"]), _look(raw), numbers["answer_days"], policies,
        _parts(raw["notice_hosts"].lower()), _contact(raw["security_contact"]), _quota(raw), _networks(raw["proxies"]),
    )  # fmt: skip


def form_paths(where: Path) -> tuple[Path, ...]:
    """The form files of a folder, by name, or the one file.

    Raises:
        SettingsError: there is none.
    """
    found = (where,) if where.is_file() else tuple(sorted(where.glob("*.toml")))
    if not found:
        raise SettingsError(f"INTAKE_FORMS: there is no form file (*.toml) at {where}")
    return found


def _common(policies: Sequence[Policy]) -> Policy:
    """What the server does with requests of whichever form: it does not know of which."""
    if len({(one.closed_days, one.grace_days) for one in policies}) > 1:
        raise SettingsError("the form files' closed_days and grace_days must agree: the server does not know a request's form")
    return replace(policies[0], maximum_days=max(one.maximum_days for one in policies))


def _look(raw: Mapping[str, str]) -> Look:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", raw["colour"]):
        raise SettingsError("INTAKE_COLOUR must be like #14532d")
    logo = Path(raw["logo"]) if raw["logo"] else None
    if logo and (logo.suffix not in (".svg", ".png") or not logo.is_file() or logo.stat().st_size > MAX_LOGO):
        raise SettingsError(f"INTAKE_LOGO must be an SVG or PNG file of up to {MAX_LOGO:,} bytes")
    if not re.fullmatch(r"https?://[^\s\"<>]+", raw["exit"]):
        raise SettingsError("INTAKE_EXIT must be an address that begins with http:// or https://; the quick exit needs one")
    return Look(raw["colour"], logo, parse_onion(raw["onion"]), raw["exit"])


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _kinds(text: str) -> tuple[str, ...]:
    found = _parts(text)
    if unknown := [kind for kind in found if kind not in KINDS]:
        raise SettingsError(f"INTAKE_NOTICE_KINDS: {', '.join(unknown)} is none of: {', '.join(sorted(KINDS))}")
    return found


def _contact(text: str) -> str:
    if text and not re.fullmatch(r"(mailto:|https://|tel:)\S+", text):
        raise SettingsError("INTAKE_SECURITY_CONTACT must begin with mailto:, https:// or tel:")
    return text


def _quota(raw: Mapping[str, str]) -> QuotaSettings:
    total, day = (_number(name, raw[name], 100_000_000) for name in ("room_mib", "room_day_mib"))
    if not total or not day:
        raise SettingsError("INTAKE_ROOM_MIB and INTAKE_ROOM_DAY_MIB must be 1 or more")
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
