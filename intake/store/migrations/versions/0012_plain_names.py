"""Tables and columns get names that say what they hold. No row changes."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

TABLES = {
    "arrivals": "usage",
    "due": "due_notices",
    "retired": "retired_purposes",
    "spent": "used_tokens",
    "undropped": "undropped_roots",
}
COLUMNS = (
    ("store", "one", "id"),
    ("store", "sign_in", "sign_in_generation"),
    ("names", "one", "id"),
    ("days", "taken", "leaves_taken"),
    ("cases", "told_until", "tombstone_until"),
    ("sessions", "seen", "last_used"),
    ("presence", "seen", "last_sign_in"),
    ("presence", "strict", "passkey_required"),
    *((table, "place", "row_id") for table in ("cases", "entries", "grants", "staged", "roots")),
)


def upgrade() -> None:
    """Rename them. PostgreSQL keeps the privileges of a renamed table, and renames the columns of its partitions too."""
    for old, new in TABLES.items():
        op.rename_table(old, new)
    for table, old, new in COLUMNS:
        op.execute(sa.text(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}"))
