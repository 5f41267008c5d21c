"""Settings: one tuple, each with its name, its default and what it is for. From the environment (`INTAKE_…`) alone."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from retention.policy import Policy


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
    Setting("host", "127.0.0.1", "address to listen on"),
    Setting("port", "8000", "port to listen on; 0 takes a free one"),
    Setting("origin", "", "public address, e.g. https://help.example; empty: the one listened on"),
    Setting("group_name", "Mutual aid group", "what the pages call the group"),
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
        "services that notices may go to, by apprise's names",
    ),
    Setting("default_days", "30", "days after arrival until a request is deleted"),
    Setting("maximum_days", "90", "most days that a requester may choose"),
    Setting("closed_days", "7", "days after closing until a case is deleted"),
)


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
        ValueError: which setting is wrong, for the operator.
    """
    raw = {s.name: environment.get(f"INTAKE_{s.name.upper()}", s.default) for s in SETTINGS}
    numbers = {
        name: _number(name, raw[name]) for name in ("port", "notice_minutes", "default_days", "maximum_days", "closed_days")
    }
    if not 1 <= numbers["default_days"] <= numbers["maximum_days"] <= 366:
        raise ValueError("INTAKE_DEFAULT_DAYS must be at least 1 and at most INTAKE_MAXIMUM_DAYS, which is at most 366")
    if raw["plain_path"] not in ("on", "off"):
        raise ValueError("INTAKE_PLAIN_PATH must be on or off")
    if raw["assignment"] not in list(Assignment):
        raise ValueError("INTAKE_ASSIGNMENT must be one of: " + ", ".join(Assignment))
    data, keeper = Path(raw["data"]).absolute(), Path(raw["keeper"]).absolute()
    if keeper == data or data in keeper.parents:
        raise ValueError("INTAKE_KEEPER must lie outside INTAKE_DATA: a backup of one must not hold the other")
    policy = Policy(numbers["default_days"], numbers["maximum_days"], numbers["closed_days"])
    plain = raw["plain_path"] == "on"
    assignment = Assignment(raw["assignment"])
    origin, name = raw["origin"].rstrip("/"), raw["group_name"]
    kinds = tuple(kind.strip() for kind in raw["notice_kinds"].split(",") if kind.strip())
    port, minutes = numbers["port"], numbers["notice_minutes"]
    return Settings(data, keeper, raw["host"], port, origin, name, plain, assignment, policy, minutes, kinds)


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise ValueError(f"INTAKE_{name.upper()} must be a whole number from 0 to 65535")
    return int(text)
