"""Tables and columns get names that say what they hold: grants that are staged, the group's log, shares of a recovery key."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

TABLES = {
    "deals": "recovery_deals",
    "log": "group_log",
    "roots": "day_roots",
    "shares": "recovery_shares",
    "staged": "staged_grants",
}
COLUMNS = (
    ("cases", "latest", "latest_expiry"),
    ("holds", "until", "held_until"),
    ("recovery_shares", "giver", "sender"),
    ("tombstones", "until", "kept_until"),
    ("used_tokens", "until", "valid_until"),
)


def upgrade() -> None:
    """Rename them. PostgreSQL keeps the privileges of a renamed table, but not the names of its partitions."""
    for old, new in TABLES.items():
        op.rename_table(old, new)
    for table, old, new in COLUMNS:
        op.execute(sa.text(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}"))
    op.execute(sa.text("UPDATE usage SET share = 'nojs' WHERE share = 'plain'"))
    if op.get_bind().dialect.name == "postgresql":
        query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'staged_grants'::regclass"
        for partition in op.get_bind().scalars(sa.text(query)).all():
            op.rename_table(partition, partition.replace("staged_", "staged_grants_", 1))
