"""The first schema. intake/store/schema.py says what each column is for, and a test compares it with the migrations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table of version 0.1."""
    _table("store", _key("one", sa.Integer), _text("store_id"), _text("last_run", null=True))
    _table("days", _key("day"), _number("generation"), _blob("root"), _number("taken"), _flag("purging"))
    _table(
        "cases",
        _key("day"),
        _key("id"),
        _text("lookup"),
        _number("leaf"),
        _text("arrived", null=True),
        _flag("open"),
        _text("sealed_by"),
        _flag("opened"),
        _number("version"),
        _blob("receipt_grant"),
        sa.UniqueConstraint("id", name="one_case_per_id"),
        sa.UniqueConstraint("lookup", name="one_case_per_receipt"),
        sa.UniqueConstraint("day", "leaf", name="one_case_per_leaf"),
        sa.ForeignKeyConstraint(["day"], ["days.day"], name="a_case_has_a_day"),
    )
    _table(
        "entries",
        _key("day"),
        _key("case_id"),
        _key("sequence"),
        _key("number", sa.Integer),
        _flag("for_requester"),
        _text("digest"),
        _blob("file"),
        _of_a_case("an_entry_has_a_case"),
    )
    _table(
        "grants",
        _key("day"),
        _key("case_id"),
        _key("member"),
        _text("epoch"),
        _blob("file"),
        _of_a_case("a_grant_has_a_case"),
    )
    _table("punctures", _key("day"), _key("leaf", sa.Integer))
    _table("tombstones", _key("lookup"), _text("day"), _text("until"))
    _table("keylist", _key("number", sa.Integer), _text("body"), _text("signatures"))
    _table("members", _key("id"), _text("candidate"), _blob("name", null=True))
    _table("epochs", _key("member"), _key("id"), _number("generation"), _text("statement"), _flag("current"))
    _table("keyrings", _key("member"), _number("generation"), _number("number"), _blob("file"))
    _table("unlockers", _key("id"), _text("member"), _text("handle_id"), _text("kind"), _text("verifier"))
    _table("names", _key("one", sa.Integer), _number("number"), _blob("file"))
    _table("invites", _key("token_hash"), _text("inviter"), _number("expires"), _flag("used"))
    _table("sessions", _key("token_hash"), _text("member"), _number("started"), _number("seen"))
    _table("certificates", _key("number", sa.Integer), _blob("text"), _text("signature"))


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


def _blob(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.LargeBinary, nullable=null)


def _of_a_case(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name=name, ondelete="CASCADE")
