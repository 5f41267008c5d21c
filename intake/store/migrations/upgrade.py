"""Bringing a store's schema up to date, and refusing one that this version does not know."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from intake.store.errors import UnknownSchemaError
from intake.store.migrations import earlier_keylist


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run every migration that is missing, within the connection's transaction.

    Raises:
        UnknownSchemaError: a version made it that this one does not know.
        UnreadableKeyListError: this version could not read the group's key list; nothing is committed.
    """
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in _known():
        raise UnknownSchemaError(_message(current))
    configuration = _configuration()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, to)
    if to == "head" and current not in (None, revision(connection)):
        earlier_keylist.check(connection)


def revision(connection: Connection) -> str | None:
    """The schema of a store; none where there is no store."""
    return MigrationContext.configure(connection).get_current_revision()


def forget(connection: Connection) -> None:
    """Make a store that must not be served one that no version knows."""
    connection.execute(text("UPDATE alembic_version SET version_num = 'not restored'"))


def check_known(schema: str) -> None:
    """Return if this version knows a schema.

    Raises:
        UnknownSchemaError: it does not.
    """
    if schema not in _known():
        raise UnknownSchemaError(_message(schema[:32]))


def check(connection: Connection) -> None:
    """Return if the schema is this version's.

    Raises:
        UnknownSchemaError: older, newer, or none.
    """
    current = MigrationContext.configure(connection).get_current_revision()
    if current != ScriptDirectory.from_config(_configuration()).get_current_head():
        raise UnknownSchemaError(_message(current))


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_configuration()).walk_revisions()}


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", "intake.store:migrations")
    configuration.set_main_option("path_separator", "os")
    return configuration


def _message(current: str | None) -> str:
    found = f"schema {current}" if current else "no schema"
    return f"the store has {found}, which this version does not know: run `intake migrate`, or the version that made it"
