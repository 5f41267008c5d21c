"""Moves each day's root into a table of its own, because a root grows to megabytes with its punctures.

On SQLite a submission read and wrote the whole old row to count one more leaf.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

from intake.store.engines import postgresql

revision = "0006"
down_revision = "0005"

# As `schema.new_row_id`: the day, then 46 random bits.
PLACE = "CAST(julianday(day) - julianday('2020-01-01') AS INTEGER) << 46 | (random() & 0x3fffffffffff)"


def upgrade() -> None:
    """Make the changes of version 0.7."""
    shared = op.get_bind().dialect.name == "postgresql"
    of_day = sa.ForeignKeyConstraint(["day"], ["days.day"], name="a_root_has_a_day", ondelete="CASCADE")
    key = sa.PrimaryKeyConstraint("day") if shared else sa.UniqueConstraint("day", name="one_root_per_day")
    number = sa.BigInteger() if shared else sa.Integer()
    place: sa.Column[object] = sa.Column("place", number, primary_key=not shared, autoincrement=False, nullable=False)
    day: sa.Column[object] = sa.Column("day", sa.String, nullable=False)
    op.create_table("roots", place, day, sa.Column("root", sa.LargeBinary, nullable=False), key, of_day)
    op.execute(text(f"INSERT INTO roots (place, day, root) SELECT {0 if shared else PLACE}, day, root FROM days"))  # noqa: S608
    if shared:
        op.execute(text("ALTER TABLE roots ALTER root SET STORAGE EXTERNAL"))  # ciphertext does not compress
        op.execute(text(f"GRANT SELECT, UPDATE ON roots TO {postgresql.SERVER}"))
        op.execute(text(f"GRANT ALL ON roots TO {postgresql.PURGE}"))
    op.execute(text("ALTER TABLE days DROP COLUMN root"))
