"""`intake upgrade` and `intake migrate`: bring the store to this version."""

from typing import Annotated

import typer

from intake import settings
from intake.cli.consoles import err, out
from intake.cli.errors import CommandError
from intake.service.service import Service
from intake.store.engines.engine import Database
from intake.store.migrations import earlier_keylist
from intake.store.migrations import upgrade as schema
from retention.run import CLEAN, HELD


def upgrade(
    backed_up: Annotated[
        bool,
        typer.Option("--backed-up", help="Confirm that you took a backup of the PostgreSQL store with the earlier version."),
    ] = False,
) -> None:
    """Copy the store, upgrade it to this version, and check a sample of each table. It then says how to return.

    PostgreSQL: take a backup with the earlier version first, and confirm it with --backed-up.

    Example: intake upgrade
    """
    if (url := settings.read().database_url) and not backed_up:
        database = Database(url, reads=True)
        try:
            revision = database.run(schema.revision)
        finally:
            database.close()
        if revision not in (None, schema.newest()):
            raise CommandError(
                "nothing was upgraded. Take a backup with the version that runs now (intake backup), then type: "
                "intake upgrade --backed-up"
            )
    migrate()


def migrate() -> None:
    """Make the store, or upgrade it as `intake upgrade` does, without asking for a backup of a PostgreSQL store.

    Example: intake migrate
    """
    service = Service.open(settings.read(), upgrade=True)
    try:
        waiting = service.database.run(earlier_keylist.waits_again, read_only=True)
        unscrubbed = service.job.store.scrub()  # so that the engine's files keep no copy of what a migration deleted
    finally:
        service.close()
    out.print("The store is up to date.")
    if waiting:
        out.print(f"Note: {waiting}.", soft_wrap=True)
    if unscrubbed not in (CLEAN, HELD):
        err.print(f"intake: warning: deleted data is not scrubbed yet: {unscrubbed}", soft_wrap=True)
