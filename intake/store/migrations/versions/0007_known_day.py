"""Stores the newest day on which a server accepted its clock, in addition to the day of the last deletion run.

While the clock contradicts these days, the server writes no date (`retention.clock`).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

from intake.store.engines import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the first change of version 0.8."""
    op.add_column("store", sa.Column("clock_day", sa.String, nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(text(f"GRANT UPDATE (clock_day) ON store TO {postgresql.SERVER}"))
