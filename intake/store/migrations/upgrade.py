"""Upgrades the schema of a store, and refuses a schema that this version does not know."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from intake.store.engines import postgresql_grants
from intake.store.errors import UnknownSchemaError
from intake.store.migrations import earlier_keylist

_VERSIONS = Path(__file__).parent / "versions"  # NNNN_what.py is revision NNNN


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
    if current != (newest() if to == "head" else to):
        _run_missing(connection, to)
    if to == "head" and connection.dialect.name == "postgresql":
        postgresql_grants.apply(connection)
    if to == "head" and current not in (None, newest()):
        earlier_keylist.check(connection)


def revision(connection: Connection) -> str | None:
    """Return the revision of a store's schema, or None if the database is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


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
    return tuple(sorted((path.name[:4] for path in _VERSIONS.glob("[0-9]*_*.py")), reverse=True))


def _run_missing(connection: Connection, to: str) -> None:
    # Alembic takes 0.3 s to import, and imports every migration. A current store does without.
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", "intake.store:migrations")
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, to)


def _message(current: str | None) -> str:
    schema, command = (f"schema {current}", "upgrade") if current else ("no schema", "migrate")
    return f"the store has {schema}, which this version does not know: run `intake {command}`, or the version that made it"
