"""Stores members' snapshots, and the evidence of an `enact` entry in the key list. docs/reference/format.md, Snapshot."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

from intake.store.engines import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the second change of version 0.8."""
    shared = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "snapshots",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("member", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("day", sa.String, nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("signature", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.add_column("keylist", sa.Column("evidence", sa.String, nullable=True))
    if shared:
        op.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON snapshots TO {postgresql.SERVER}"))
        op.execute(text(f"GRANT ALL ON snapshots TO {postgresql.PURGE}"))
