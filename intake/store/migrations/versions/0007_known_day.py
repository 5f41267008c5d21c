"""The newest day on which a server of this store believed its clock: known beside the last deletion run's.

Whatever is dated is refused while the clock contradicts both (`retention.clock`).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

from intake.store.engines import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """The changes of version 0.8."""
    op.add_column("store", sa.Column("clock_day", sa.String, nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(text(f"GRANT UPDATE (clock_day) ON store TO {postgresql.SERVER}"))
