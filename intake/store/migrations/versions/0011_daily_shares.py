"""Counts the bytes of a day by share of the quota: requests, messages, the no-JavaScript path, the desk."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

from intake.store.engines import postgresql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table again. What was counted today counts as requests."""
    today = op.get_bind().execute(text("SELECT day, kib FROM arrivals")).all()
    op.drop_table("arrivals")
    op.create_table(
        "arrivals",
        sa.Column("day", sa.String, primary_key=True),
        sa.Column("share", sa.String, primary_key=True),
        sa.Column("kib", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    for day, kib in today:
        op.get_bind().execute(text("INSERT INTO arrivals VALUES (:day, 'requests', :kib)"), {"day": day, "kib": kib})
    if op.get_bind().dialect.name == "postgresql":
        op.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON arrivals TO {postgresql.SERVER}"))
        op.execute(text(f"GRANT ALL ON arrivals TO {postgresql.PURGE}"))
