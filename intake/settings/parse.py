"""Parse the text of single settings. The messages of errors name the setting as its environment variable."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import retention.policy
from intake import toml_file
from intake.errors import SettingsError
from intake.notices.kinds import KINDS
from intake.toml_file import TomlError
from intake.web.origin import is_this_machine
from retention.errors import PolicyError
from retention.policy import Policy

T = TypeVar("T", bound=StrEnum)
MAX_LOGO = 20_000  # bytes; every visitor downloads the logo


def number(name: str, most: int = 65_535, least: int = 0) -> Callable[[str], int]:
    """Return a parser of whole numbers from `least` to `most`."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 10 or not least <= int(text) <= most:
            raise SettingsError(f"{name} must be a whole number from {least} to {most}")
        return int(text)

    return parse


def switch(name: str) -> Callable[[str], bool]:
    """Return a parser of `on` and `off`."""

    def parse(text: str) -> bool:
        if text not in ("on", "off"):
            raise SettingsError(f"{name} must be on or off")
        return text == "on"

    return parse


def choice(name: str, kind: type[T]) -> Callable[[str], T]:
    """Return a parser of the values of an enum."""

    def parse(text: str) -> T:
        if text not in list(kind):
            raise SettingsError(f"{name} must be one of: " + ", ".join(kind))
        return kind(text)

    return parse


def folders(text: str) -> tuple[Path, ...]:
    """Return absolute paths that are separated by colons."""
    return tuple(Path(part).absolute() for part in text.split(":") if part)


def optional_path(text: str) -> Path | None:
    """Return a path, or None for an empty text."""
    return Path(text) if text else None


def parts(text: str) -> tuple[str, ...]:
    """Return the parts of a list that is separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def hosts(text: str) -> tuple[str, ...]:
    """Return names of hosts in lower case."""
    return parts(text.lower())


def colour(text: str) -> str:
    """Return a colour as #rrggbb."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise SettingsError("INTAKE_COLOUR must be like #14532d")
    return text


def logo(text: str) -> Path | None:
    """Return the path of a small SVG or PNG file."""
    path = optional_path(text)
    if path and (path.suffix not in (".svg", ".png") or not path.is_file() or path.stat().st_size > MAX_LOGO):
        raise SettingsError(f"INTAKE_LOGO must be an SVG or PNG file of up to {MAX_LOGO:,} bytes")
    return path


def exit_address(text: str) -> str:
    """Return the address that the quick exit opens."""
    if not re.fullmatch(r"https?://[^\s\"<>]+", text):
        raise SettingsError("INTAKE_EXIT must be an address that begins with http:// or https://")
    return text


def kinds(text: str) -> tuple[str, ...]:
    """Return kinds of service that notices may be sent to."""
    chosen = parts(text)
    if unknown := [kind for kind in chosen if kind not in KINDS]:
        raise SettingsError(f"INTAKE_NOTICE_KINDS has unknown kinds: {', '.join(unknown)}. Use: {', '.join(sorted(KINDS))}")
    return chosen


def contact(text: str) -> str:
    """Return the address for reports of weaknesses."""
    if text and not re.fullmatch(r"(mailto:|https://|tel:)\S+", text):
        raise SettingsError("INTAKE_SECURITY_CONTACT must begin with mailto:, https:// or tel:")
    return text


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks of proxies."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise SettingsError("INTAKE_PROXIES must be networks such as 10.0.0.5/32, separated by commas") from None


def metrics(text: str) -> Path | tuple[str, int] | None:
    """Return the path of a Unix socket, or the host and port of a loopback address."""
    if not text or text.startswith("/"):
        return optional_path(text)
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if port is None or parts.path or not is_this_machine(host):
        raise SettingsError(
            "INTAKE_METRICS must be the absolute path of a Unix socket, or a loopback address such as 127.0.0.1:9464"
        )
    return host, port


def form_paths(path: Path) -> tuple[Path, ...]:
    """Return the form files of a folder, by name, or the one file.

    Raises:
        SettingsError: There is no form file.
    """
    files = (path,) if path.is_file() else tuple(sorted(path.glob("*.toml")))
    if not files:
        raise SettingsError(f"INTAKE_FORMS: there is no form file (*.toml) at {path}")
    return files


def form_policy(form: Path, hard_maximum: int) -> Policy:
    """Return the days of a form file.

    Raises:
        SettingsError: The file cannot be read, or its days are wrong.
    """
    try:
        table = toml_file.read(form).values.get("retention", {})
        if not isinstance(table, dict):
            raise PolicyError("[retention] must be a table")
        return retention.policy.read(table, hard_maximum)
    except OSError as error:
        raise SettingsError(f"the form file {form.name} cannot be read: {error.strerror}") from None
    except (TomlError, PolicyError) as error:
        raise SettingsError(f"the form file {form.name}: {error}") from None


def common_policy(policies: Sequence[Policy]) -> Policy:
    """Return one policy for requests of every form, because the server does not know a request's form.

    Raises:
        SettingsError: The forms contradict each other.
    """
    if len({(policy.closed_days, policy.grace_days) for policy in policies}) > 1:
        raise SettingsError("the form files' closed_days and grace_days must agree: the server does not know a request's form")
    return replace(policies[0], maximum_days=max(policy.maximum_days for policy in policies))
