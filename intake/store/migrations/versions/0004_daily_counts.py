"""Counts the bytes of each day, to limit floods. On SQLite, drops two indexes that repeat a unique constraint.

Each index costs a submission one changed page, which is two page writes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

from intake.store.engines import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the changes of version 0.6."""
    kib: sa.Column[object] = sa.Column("kib", sa.Integer, nullable=False)
    op.create_table("arrivals", sa.Column("day", sa.String, primary_key=True), kib, sqlite_with_rowid=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON arrivals TO {postgresql.SERVER}"))
        op.execute(text(f"GRANT ALL ON arrivals TO {postgresql.PURGE}"))
    else:
        op.drop_index("cases_by_id", "cases")
        op.drop_index("cases_by_lookup", "cases")
