"""The commands of `intake`, each with its module. A module is imported when somebody asks for its command.

All modules together take ten times longer to import than those of one short command.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group


class Place(NamedTuple):
    """Where a command is: a module of `intake.cli`, and the name of a function or of a group of commands in it."""

    module: str
    name: str
    hidden: bool = False


PLACES = {
    "init": Place("setup", "init"),
    "setup": Place("setup", "setup"),
    "flyer": Place("forms", "flyers"),
    "backup": Place("backups", "backup"),
    "restore": Place("backups", "restore"),
    "doctor": Place("doctor", "doctor"),
    "run": Place("run", "run"),
    "link": Place("link", "link"),
    "enrol": Place("enrol", "enrol"),
    "upgrade": Place("migrations", "upgrade"),
    "migrate": Place("migrations", "migrate"),
    "status": Place("status", "status"),
    "retention": Place("retention", "app"),
    "clock": Place("clock", "app"),
    "form": Place("forms", "app"),
    "key-store": Place("doctor", "key_stores"),
    "keeper": Place("doctor", "key_stores", hidden=True),  # the earlier spelling
    "sessions": Place("sessions", "app"),
    "case": Place("case", "app"),
    "group": Place("group", "app"),
    "recovery": Place("group", "recoveries"),
    "keys": Place("keys", "app"),
    "keylist": Place("keys", "lists"),
    "site": Place("site", "app"),
}


class Commands(Mapping[str, Any]):
    """Imports and keeps each command that somebody asks for."""

    def __init__(self) -> None:
        self._imported: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._imported:
            self._imported[name] = _command(name, PLACES[name])
        return self._imported[name]

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


class LazyGroup(TyperGroup):
    """A group whose commands are `PLACES`."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Commands()  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, without an import of any module."""
        return list(self.commands)


def _command(name: str, place: Place) -> Any:
    found = getattr(import_module(f"intake.cli.{place.module}"), place.name)
    if isinstance(found, typer.Typer):
        command: Any = get_group(found)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command()(found)
        command = get_command(alone)
    command.name, command.hidden = name, place.hidden
    return command
