"""`intake sessions end`, for operators."""

import json
from pathlib import Path
from typing import Annotated

import typer

from crypto.encoding import check_id
from intake import settings
from intake.cli.consoles import out
from intake.cli.errors import CommandError
from intake.cli.options import AsJson
from intake.service.installation import location_of
from intake.store.engines import sqlite
from intake.store.engines.engine import Database
from intake.store.members import members
from intake.store.migrations import upgrade

app = typer.Typer(no_args_is_help=True, help="Sessions of signed-in coordinators.")


@app.command("end")
def end(
    member: Annotated[str | None, typer.Option(help="The id of one member.")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="End all sessions.")] = False,
    as_json: AsJson = False,
) -> None:
    """End the sessions of one member or of everyone, at once. They can sign in again, and nothing is lost.

    Example: intake sessions end --member 4TJ0lYRrPyRr1eRV3X8Wog
    """
    if (member is None) != everyone:
        raise CommandError("no session was ended. Give --member ID or --all")
    if member is not None:
        check_id(member)
    location = location_of(settings.read())
    if isinstance(location, Path) and not location.exists():
        raise sqlite.missing(location)
    database = Database(location)
    try:
        database.run(upgrade.check)
        ended = database.run(lambda tx: members.end_all_sessions(tx) if member is None else members.end_sessions_of(tx, member))
    finally:
        database.close()
    out.print(json.dumps({"ended": ended}) if as_json else f"{ended} sessions ended.")
