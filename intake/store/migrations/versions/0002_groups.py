"""Tables for the group: proposals, log, rotations, recovery, presence, passkeys, notices."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of version 0.2."""
    _table("presence", _key("member"), _text("seen", null=True), _flag("on_duty"), _flag("strict"))
    _table("proposals", _key("hash"), _text("body"), _text("signatures"))
    _table("log", _key("number", sa.Integer), _text("day"), _text("body"))
    _table("rotations", _key("member"), _text("epoch"), _number("started"))
    _table(
        "staged",
        _key("day"),
        _key("case_id"),
        _key("member"),
        _number("version"),
        _blob("file"),
        sa.ForeignKeyConstraint(
            ["day", "case_id"], ["cases.day", "cases.id"], name="a_staged_grant_has_a_case", ondelete="CASCADE"
        ),
    )
    _table("deals", _key("id"), _text("recipient"))
    _table("shares", _key("purpose"), _key("member"), _key("giver"), _blob("file"))
    _table("retired", _key("purpose"))
    _table("passkeys", _key("id"), _text("member"), _text("unlocker"), _blob("public_key"), _number("uses"))
    _table("notices", _key("id"), _text("member"), _blob("file"))
    _table("due", _key("member"))


def _table(name: str, *parts: sa.Column[object] | sa.Constraint) -> None:
    op.create_table(name, *parts, sqlite_with_rowid=False)


def _key(name: str, kind: type[sa.String] | type[sa.Integer] = sa.String) -> sa.Column[object]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _text(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String, nullable=null)


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer, nullable=False)


def _flag(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _blob(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.LargeBinary, nullable=False)
