"""Each process counts the bytes of the day in a row of its own, so that processes do not wait for each other."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Replace the table. Give the bytes that were counted today to a process without a name."""
    counted = op.get_bind().execute(text("SELECT day, share, kib FROM usage")).all()
    op.drop_table("usage")
    op.create_table(
        "usage",
        sa.Column("day", sa.String, primary_key=True),
        sa.Column("share", sa.String, primary_key=True),
        sa.Column("process", sa.String, primary_key=True),
        sa.Column("kib", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    for day, share, kib in counted:
        row = {"day": day, "share": share, "kib": kib}
        op.get_bind().execute(text("INSERT INTO usage VALUES (:day, :share, '', :kib)"), row)
