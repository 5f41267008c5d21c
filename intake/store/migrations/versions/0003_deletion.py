"""Columns and tables for provable deletion: expiry, holds, used tokens; on PostgreSQL also partitions and roles.

No store on PostgreSQL is older than this revision. There the tables of rows that expire are dropped and made again with
partitions.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

from intake.store.engines import postgresql

revision = "0003"
down_revision = "0002"

# The rights of a server on the tables of this revision. A server can neither drop a day nor change appended rows.
_MAY = {
    "SELECT": ("alembic_version", "store", "certificates", "tombstones"),
    "SELECT, INSERT": ("entries", "keylist"),
    "SELECT, UPDATE": ("days",),
    "SELECT, INSERT, DELETE": ("punctures", "log", "retired", "holds", "spent", "undropped"),
    "SELECT, INSERT, UPDATE, DELETE": (
        "cases", "grants", "staged", "members", "epochs", "keyrings", "unlockers", "names", "invites", "sessions", "presence",
        "proposals", "rotations", "deals", "shares", "passkeys", "notices", "due",
    ),
}  # fmt: skip


def upgrade() -> None:
    """Make the changes of version 0.3."""
    _table("spent", _key("hash"), _text("until"))
    generation: sa.Column[object] = sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False)
    _table("undropped", _key("day"), generation)
    if op.get_bind().dialect.name == "postgresql":
        _partitioned()
    else:
        op.add_column("cases", sa.Column("latest", sa.String, nullable=False, server_default=""))
        op.add_column("cases", sa.Column("told_until", sa.String, nullable=False, server_default=""))
        op.execute(text("UPDATE cases SET latest = day, told_until = date(day, '+90 days')"))
        of_case = sa.ForeignKeyConstraint(
            ["day", "case_id"], ["cases.day", "cases.id"], name="a_hold_has_a_case", ondelete="CASCADE"
        )
        _table("holds", _key("day"), _key("case_id"), _text("until"), _text("body"), _text("signatures"), of_case)
    op.create_index("cases_by_id", "cases", ["id"])
    op.create_index("cases_by_lookup", "cases", ["lookup"])
    op.create_index("grants_by_member", "grants", ["member"])
    if op.get_bind().dialect.name == "postgresql":
        _roles()


def _partitioned() -> None:
    for name in ("staged", "grants", "entries", "cases"):
        op.drop_table(name)
    text_, flag, number, blob = (f"{kind} NOT NULL" for kind in ("VARCHAR", "BOOLEAN", "INTEGER", "BYTEA"))
    parts = {
        "cases": f"day {text_}, id {text_}, latest {text_}, told_until {text_}, lookup {text_}, leaf BIGINT NOT NULL, "
        f"arrived VARCHAR, open {flag}, sealed_by {text_}, opened {flag}, version {number}, receipt_grant {blob}, "
        "PRIMARY KEY (day, id), CONSTRAINT one_case_per_leaf UNIQUE (day, leaf)",
        "entries": f"day {text_}, case_id {text_}, sequence {text_}, number {number}, for_requester {flag}, digest {text_}, "
        f"file {blob}, PRIMARY KEY (day, case_id, sequence, number)",
        "grants": f"day {text_}, case_id {text_}, member {text_}, epoch {text_}, file {blob}, "
        "PRIMARY KEY (day, case_id, member)",
        "staged": f"day {text_}, case_id {text_}, member {text_}, version {number}, file {blob}, "
        "PRIMARY KEY (day, case_id, member)",
        "holds": f"day {text_}, case_id {text_}, until {text_}, body {text_}, signatures {text_}, PRIMARY KEY (day, case_id)",
    }
    for name in postgresql.PARTITIONED:
        op.execute(text(f"CREATE TABLE {name} ({parts[name]}) PARTITION BY LIST (day)"))
    for name in ("entries", "grants", "staged"):
        op.execute(text(f"ALTER TABLE {name} ALTER file SET STORAGE EXTERNAL"))  # ciphertext does not compress
    op.alter_column("punctures", "leaf", type_=sa.BigInteger)


def _roles() -> None:
    for role in (postgresql.SERVER, postgresql.PURGE):
        op.execute(
            text(
                f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
        )
    for statement in _privileges():
        op.execute(text(statement))


def _privileges() -> Iterator[str]:
    """Yield the statements that grant the two roles the rights they need."""
    yield f"GRANT {postgresql.PURGE} TO CURRENT_USER"
    yield f"GRANT USAGE ON SCHEMA public TO {postgresql.SERVER}, {postgresql.PURGE}"
    yield f"GRANT CREATE ON SCHEMA public TO {postgresql.PURGE}"
    for rights, names in _MAY.items():
        yield f"GRANT {rights} ON {', '.join(names)} TO {postgresql.SERVER}"
    yield f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {postgresql.PURGE}"
    for name in postgresql.PARTITIONED:
        yield f"ALTER TABLE {name} OWNER TO {postgresql.PURGE}"


def _table(name: str, *parts: sa.Column[object] | sa.Constraint) -> None:
    op.create_table(name, *parts, sqlite_with_rowid=False)


def _key(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String, primary_key=True, autoincrement=False)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String, nullable=False)
