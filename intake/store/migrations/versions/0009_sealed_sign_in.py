"""Makes tables for sign-in rows that are encrypted under a deletion key, so that the store alone confirms no guess.

Encryption needs the key store, which migrations cannot read. `intake.store.members.sign_in.adopt` encrypts the old rows at the
end of the same command and drops their tables. The tables are new, so that their pages contain nothing of the old rows.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

from intake.store.engines import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the changes of version 0.9."""
    op.add_column("store", sa.Column("sign_in", sa.Integer, nullable=True))
    for name in ("unlockers", "passkeys"):
        op.rename_table(name, f"{name}_before")
    _table("unlockers", _key("id"), *(_text(name) for name in ("member", "handle", "kind")), _blob("verifier"))
    _table("passkeys", _key("unlocker"), _text("member"), _blob("file"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON unlockers, passkeys TO {postgresql.SERVER}"))
        op.execute(text(f"GRANT ALL ON unlockers, passkeys TO {postgresql.PURGE}"))


def _table(name: str, *parts: sa.Column[object]) -> None:
    op.create_table(name, *parts, sqlite_with_rowid=False)


def _key(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String, primary_key=True, autoincrement=False)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String, nullable=False)


def _blob(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.LargeBinary, nullable=False)
