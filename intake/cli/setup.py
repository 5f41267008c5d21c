"""`intake init` writes a settings file. `intake setup` prints the configuration of another program for this installation."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import jinja2
import typer

from intake import settings
from intake.cli import setup_postgresql, setup_systemd
from intake.cli.consoles import out
from intake.cli.errors import CommandError
from intake.cli.paths import write_new, write_public
from intake.errors import SettingsError
from intake.settings import SETTINGS, Settings
from intake.settings.sources import CONFIG, SITE_CONFIG
from retention.files import quoted

MODE, MODE_OF_ROOT = 0o600, 0o640  # the account of the service reads a file of root through its group
_FILES = Path(__file__).parent / "setup_files"
_ANSWERED = ("group_name", "origin", "proxies", "phone", "danger_phone", "answer_days", "colour", "data", "key_store")


class Program(StrEnum):
    """The programs that `intake setup` configures."""

    CADDY = "caddy"
    NGINX = "nginx"
    HAPROXY = "haproxy"
    TOR = "tor"
    SYSTEMD = "systemd"
    POSTGRESQL = "postgresql"


_TEMPLATES = {
    Program.CADDY: "Caddyfile.j2",
    Program.NGINX: "nginx.conf.j2",
    Program.HAPROXY: "haproxy.cfg.j2",
    Program.TOR: "torrc.j2",
}


def init(
    file: Annotated[
        Path | None, typer.Argument(help="The file to write. Without it, the one that INTAKE_CONFIG names.")
    ] = None,
    group_name: Annotated[str, typer.Option(prompt="Name of the group")] = "Mutual aid group",
    origin: Annotated[str, typer.Option(prompt="Public address (https://…, empty to try it on this machine)")] = "",
    proxies: Annotated[str, typer.Option(prompt="Addresses of the TLS proxy")] = "127.0.0.1/32",
    phone: Annotated[str, typer.Option(prompt="Phone number of the group (may be empty)")] = "",
    danger_phone: Annotated[str, typer.Option(prompt="Number to call in danger (112, 911, off; may be empty)")] = "",
    answer_days: Annotated[str, typer.Option(prompt="Days until somebody usually reads a request")] = "3",
    colour: Annotated[str, typer.Option(prompt="Colour of pages and posters")] = "#14532d",
    data: Annotated[str, typer.Option(help="Folder of the store. Without it, the default folder.")] = "",
    key_store: Annotated[str, typer.Option(help="Folder of the deletion keys. Without it, the default folder.")] = "",
) -> None:
    """Ask for the most important settings, and write them to a TOML file with a comment for each setting.

    Example: intake init /etc/sealed-intake/intake.toml
    """
    target = file or settings_file()
    given = (group_name, origin, proxies, phone, danger_phone, answer_days, colour, data, key_store)
    answers = {
        name: answer for name, answer in zip(_ANSWERED, given, strict=True) if answer or name not in ("data", "key_store")
    }
    write_new(target, text_of(answers), MODE if os.geteuid() else MODE_OF_ROOT)
    try:
        settings.read({CONFIG: str(target)})
    except BaseException:
        target.unlink()
        raise
    out.print(f"{target} is written. Check it: it lists every setting.", soft_wrap=True)
    if target != SITE_CONFIG:
        out.print(f"  export {CONFIG}={quoted(target.absolute())}", soft_wrap=True)
    out.print("  intake doctor\n  intake run")


def text_of(answers: dict[str, str]) -> str:
    """Return the text of a settings file: the answers, and every other setting as a comment."""
    lines = ["# Settings of Sealed Intake. docs/reference/settings.md explains each of them.", ""]
    for setting in SETTINGS:
        value = answers.get(setting.name, setting.default)
        lines.append(f"# {setting.meaning[0].upper()}{setting.meaning[1:]}.")
        lines.append(f"{'' if setting.name in answers else '# '}{setting.name} = {_quoted(value)}")
        lines.append("")
    return "\n".join(lines)


def setup(
    program: Annotated[Program, typer.Argument(help="The program to configure.")],
    to: Annotated[Path | None, typer.Option(help="systemd: a folder to write the units to, instead of printing them.")] = None,
    account: Annotated[str, typer.Option(help="systemd, postgresql: the account that runs the service.")] = "intake",
    patroni: Annotated[bool, typer.Option("--patroni", help="postgresql: print the settings for Patroni instead.")] = False,
    conf: Annotated[
        bool, typer.Option("--conf", help="postgresql: print the settings for postgresql.conf instead, for a standby.")
    ] = False,
) -> None:
    """Print the configuration of a proxy, Tor, systemd or PostgreSQL, filled in for this installation.

    Example: intake setup caddy > /etc/caddy/Caddyfile
    """
    if patroni or conf:
        if program is not Program.POSTGRESQL or (patroni and conf):
            raise CommandError("--patroni and --conf are for `intake setup postgresql`, one at a time. Nothing was printed")
        print(setup_postgresql.patroni() if patroni else setup_postgresql.configuration(), end="")
        return
    config = settings.read()
    if to is not None and program is not Program.SYSTEMD:
        raise CommandError("--to is for `intake setup systemd`. Nothing was written")
    if program is Program.SYSTEMD:
        units = setup_systemd.units(config, settings_file(), account)
        if to is None:
            print("\n".join(f"# {setup_systemd.FOLDER / name}\n{text}" for name, text in units.items()), end="")
            return
        for name, text in units.items():
            write_public(to / name, text.encode())
            out.print(f"{to / name} is written.", soft_wrap=True)
    elif program is Program.POSTGRESQL:
        print(setup_postgresql.statements(config, account), end="")
    else:
        print(configuration(program, config), end="")


def settings_file() -> Path:
    """Return the TOML file that INTAKE_CONFIG names, or the default one."""
    return Path(os.environ.get(CONFIG, "") or SITE_CONFIG).absolute()


def configuration(program: Program, config: Settings) -> str:
    """Return the configuration of a proxy or of Tor.

    Raises:
        SettingsError: the settings name no public https address, which a proxy needs.
    """
    address = urlsplit(config.origin)
    if program is not Program.TOR and address.scheme != "https":
        raise SettingsError("INTAKE_ORIGIN must be the public https:// address first. Nothing was printed")
    host = f"[{config.host}]" if ":" in config.host else config.host
    template = jinja2.Template((_FILES / _TEMPLATES[program]).read_text("utf-8"), keep_trailing_newline=True)
    rendered: str = template.render(name=address.hostname, upstream=f"{host}:{config.port}")
    return rendered


def _quoted(value: str) -> str:
    """Return a TOML basic string."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
