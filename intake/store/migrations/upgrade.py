"""Upgrades the schema of a store, and refuses a schema that this version does not know."""

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from intake.store.engines import postgresql_grants
from intake.store.errors import UnknownSchemaError
from intake.store.migrations import earlier_keylist


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run every missing migration in the connection's transaction.

    Args:
        connection: an open transaction.
        to: the revision to stop at.

    Raises:
        UnknownSchemaError: a later version made the schema.
        UnreadableKeyListError: this version cannot read the group's key list. The caller must roll back.
    """
    current = revision(connection)
    if current is not None and current not in _revisions():
        raise UnknownSchemaError(_message(current))
    if current != (newest() if to == "head" else to):  # Alembic imports every migration, also if none is missing
        configuration = _configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, to)
    if to == "head" and connection.dialect.name == "postgresql":
        postgresql_grants.apply(connection)
    if to == "head" and current not in (None, newest()):
        earlier_keylist.check(connection)


def revision(connection: Connection) -> str | None:
    """Return the revision of a store's schema, or None if the database is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Return the revision of this version's schema."""
    return _revisions()[0]


def forget(connection: Connection) -> None:
    """Mark the schema as unknown, so that no version serves a partly restored store."""
    connection.execute(text("UPDATE alembic_version SET version_num = 'not restored'"))


def check_known(schema: str) -> None:
    """Check that this version knows a schema.

    Raises:
        UnknownSchemaError: this version does not know the schema.
    """
    if schema not in _revisions():
        raise UnknownSchemaError(_message(schema[:32]))


def check(connection: Connection) -> None:
    """Check that the schema is this version's.

    Raises:
        UnknownSchemaError: the schema is older or newer, or there is none.
    """
    current = revision(connection)
    if current != newest():
        raise UnknownSchemaError(_message(current))


@cache
def _revisions() -> tuple[str, ...]:
    """Return the revisions of all migrations, the newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_configuration()).walk_revisions())


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", "intake.store:migrations")
    configuration.set_main_option("path_separator", "os")
    return configuration


def _message(current: str | None) -> str:
    schema = f"schema {current}" if current else "no schema"
    return f"the store has {schema}, which this version does not know: run `intake migrate`, or the version that made it"
