"""The types of the settings, once they are checked."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from intake import phones
from intake.phones import DangerPhones
from retention.policy import Policy


class Assignment(StrEnum):
    """How the server chooses the coordinators for a new case."""

    FEWEST = "fewest"
    DUTY = "duty"
    LANGUAGE = "language"
    DESK = "desk"


class LogFormat(StrEnum):
    """The format of the server's log."""

    PLAIN = "plain"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Theme:
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
    theme: Theme = Theme()
    answer_days: int = 3
    policies: tuple[Policy, ...] = ()
    notice_hosts: tuple[str, ...] = ()
    reminder_hour: int = 7  # UTC
    security_contact: str = ""
    signed_settings: Path | None = None
    quota: QuotaSettings = QuotaSettings()
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    log: LogFormat = LogFormat.PLAIN
    metrics: Path | tuple[str, int] | None = None
    secret_files: tuple[tuple[str, Path], ...] = ()  # files of settings, each after the name of a secret setting in it

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
