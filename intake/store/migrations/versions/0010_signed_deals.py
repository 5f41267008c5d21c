"""A deal of the recovery key says what was dealt to whom, signed by its dealer and by the member who tried it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Deals from before have neither: their shares are kept as they are."""
    for name in ("body", "signatures"):
        op.add_column("deals", sa.Column(name, sa.String, nullable=False, server_default=""))
