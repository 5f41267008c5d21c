"""What floods need: how much came on a day. On SQLite, no index beside a unique constraint's own.

Each index less is a page less that a submission changes, and two that it writes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

from intake.store.engines import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The changes of version 0.6."""
    kib: sa.Column[object] = sa.Column("kib", sa.Integer, nullable=False)
    op.create_table("arrivals", sa.Column("day", sa.String, primary_key=True), kib, sqlite_with_rowid=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON arrivals TO {postgresql.SERVER}"))
        op.execute(text(f"GRANT ALL ON arrivals TO {postgresql.PURGE}"))
    else:
        op.drop_index("cases_by_id", "cases")
        op.drop_index("cases_by_lookup", "cases")
