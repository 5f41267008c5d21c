"""`intake sessions`: how many people are signed in, and an end to it, for whoever runs the server."""

import json
from typing import Annotated

import typer
from rich.console import Console

from crypto.encoding import check_id
from intake import settings
from intake.opening import where
from intake.store import people
from intake.store.engine import Database

out = Console(highlight=False)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
app = typer.Typer(no_args_is_help=True, help="Who is signed in at the desk: sessions, and an end to them.")


@app.command("end")
def end(
    member: Annotated[str, typer.Option(help="The id of one member; everyone's without it.")] = "",
    as_json: AsJson = False,
) -> None:
    """End sessions at once, of one member or of everyone. Whoever was signed in signs in again; nothing is lost.

    Example: intake sessions end --member 4TJ0lYRrPyRr1eRV3X8Wog
    """
    if member:
        check_id(member)
    database = Database(where(settings.read()))
    try:
        ended = database.run(lambda tx: people.end_sessions_of(tx, member) if member else people.end_all_sessions(tx))
    finally:
        database.close()
    out.print(json.dumps({"ended": ended}) if as_json else f"{ended} sessions ended.", markup=False)
