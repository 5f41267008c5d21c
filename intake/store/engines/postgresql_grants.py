"""Grants the two roles their rights on every table. Runs after each migration and each restore.

A server may read everything, because it makes backups. It may neither create nor drop a day, nor change rows of append-only
tables.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from intake.store import schema
from intake.store.engines.postgresql import OF_A_DAY, PURGE, SERVER

_APPENDED = (schema.entries, schema.keylist)
_UPDATED = (schema.days, schema.day_roots)
_REPLACED = (
    schema.punctures,
    schema.group_log,
    schema.retired_purposes,
    schema.holds,
    schema.used_tokens,
    schema.undropped_roots,
)
_READ = (schema.store, schema.certificates, schema.tombstones)
_CLOCK = "clock_day"  # the one column of `store` that a server writes


def apply(tx: Connection) -> None:
    """Create missing roles and set their rights. The login must own the tables. A repeated call changes nothing."""
    for role in (SERVER, PURGE):
        tx.execute(
            text(
                f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
                f"CREATE ROLE {role} NOLOGIN; END IF; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
        )
    if not tx.scalar(text(f"SELECT pg_has_role(current_user, '{PURGE}', 'MEMBER')")):
        tx.execute(text(f"GRANT {PURGE} TO CURRENT_USER"))
    for statement in _statements():
        tx.execute(text(statement))


def _statements() -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA public TO {SERVER}, {PURGE}"
    yield f"GRANT CREATE ON SCHEMA public TO {PURGE}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {SERVER}"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {SERVER}"
    for table in schema.METADATA.sorted_tables:
        if rights := _rights(table.name):
            yield f"GRANT {rights} ON {table.name} TO {SERVER}"
    yield f"GRANT UPDATE ({_CLOCK}) ON {schema.store.name} TO {SERVER}"
    yield f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {PURGE}"
    for name in OF_A_DAY:
        yield f"ALTER TABLE {name} OWNER TO {PURGE}"


def _rights(name: str) -> str:
    """Return the rights of a server on a table, except the right to read."""
    for tables, rights in ((_READ, ""), (_APPENDED, "INSERT"), (_UPDATED, "UPDATE"), (_REPLACED, "INSERT, DELETE")):
        if any(table.name == name for table in tables):
            return rights
    return "INSERT, UPDATE, DELETE"
