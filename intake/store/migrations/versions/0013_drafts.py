"""Members' drafts: a table whose rows expire with their case. On PostgreSQL it has partitions, as the other tables of cases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

from intake.store.engines import postgresql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table, and its partitions for the days that exist."""
    if op.get_bind().dialect.name == "postgresql":
        _partitioned()
        return
    op.create_table(
        "drafts",
        sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("day", "case_id", "member")),
        sa.Column("file", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("day", "case_id", "member", name="one_row_per_draft"),
        sa.ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name="a_draft_has_a_case", ondelete="CASCADE"),
    )


def _partitioned() -> None:
    kinds = {"row_id": "BIGINT", "day": "VARCHAR", "case_id": "VARCHAR", "member": "VARCHAR", "file": "BYTEA"}
    columns = ", ".join(f"{name} {kind} NOT NULL" for name, kind in kinds.items())
    op.execute(text(f"CREATE TABLE drafts ({columns}, PRIMARY KEY (day, case_id, member)) PARTITION BY LIST (day)"))
    op.execute(text("ALTER TABLE drafts ALTER file SET STORAGE EXTERNAL"))  # ciphertext does not compress
    op.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON drafts TO {postgresql.SERVER}"))
    op.execute(text(f"GRANT ALL ON drafts TO {postgresql.PURGE}"))
    op.execute(text(f"ALTER TABLE drafts OWNER TO {postgresql.PURGE}"))
    for day in op.get_bind().execute(text("SELECT day FROM days")).scalars().all():
        part, of_day = f"drafts_{day.replace('-', '')}", f"cases_{day.replace('-', '')}"
        if op.get_bind().scalar(text("SELECT to_regclass(:name)"), {"name": of_day}) is None:
            continue  # a run has dropped the day's partitions and not yet forgotten the day
        op.execute(text(f"SET LOCAL ROLE {postgresql.PURGE}"))
        op.execute(text(f"CREATE TABLE {part} PARTITION OF drafts FOR VALUES IN ('{day}')"))
        op.execute(text(f"ALTER TABLE {part} ADD FOREIGN KEY (day, case_id) REFERENCES {of_day} (day, id) ON DELETE CASCADE"))
        op.execute(text("RESET ROLE"))
