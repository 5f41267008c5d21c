"""What members sign in with lies under a deletion key: neither handles nor passphrases can be tried on the store alone.

Sealing needs the key store, which no migration has. The rows stay until `intake.store.members.sign_in.adopt` has sealed them
at the end of the same command. The tables are new, so that the new files hold nothing of the old ones.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

from intake.store.engines import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """The changes of version 0.9."""
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
