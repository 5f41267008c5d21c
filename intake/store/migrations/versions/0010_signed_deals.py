"""Stores what the dealer of a recovery key, and the member who tried it, signed about its shares."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns. Both are empty for earlier deals."""
    for name in ("body", "signatures"):
        op.add_column("deals", sa.Column(name, sa.String, nullable=False, server_default=""))
