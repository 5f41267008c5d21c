"""Large rows get row ids that are random within their day. docs/adr/0022-store-large-rows-at-random-rowids.md.

In a table `WITHOUT ROWID` the search tree contains the rows themselves. Each step of a search reads whole age files, and the
tree of a million cases is ten steps deep. On SQLite the migration writes every row again, which needs as much free disk space
as the store takes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

revision = "0005"
down_revision = "0004"

LARGE = ("cases", "entries", "grants", "staged")
# As `schema.new_row_id`: the day, then 46 random bits.
PLACE = "CAST(julianday(day) - julianday('2020-01-01') AS INTEGER) << 46 | (random() & 0x3fffffffffff)"


def upgrade() -> None:
    """Make the changes of version 0.7."""
    op.drop_index("grants_by_member", "grants")
    if op.get_bind().dialect.name == "postgresql":
        for name in LARGE:
            op.add_column(name, sa.Column("place", sa.BigInteger, nullable=False, server_default="0"))
            op.alter_column(name, "place", server_default=None)
    else:
        _rewrite()
    op.create_index("grants_by_member", "grants", ["member", "day", "case_id"])


def _rewrite() -> None:
    # Foreign keys follow `cases` when it is renamed. Copy the referring tables before the old one is dropped, because a drop
    # deletes the rows that refer to it.
    _copy(
        "cases",
        *(_text(name) for name in ("day", "id", "latest", "told_until", "lookup")),
        _number("leaf"),
        _text("arrived", null=True),
        _flag("open"),
        _text("sealed_by"),
        _flag("opened"),
        _number("version"),
        _blob("receipt_grant"),
        sa.UniqueConstraint("day", "id", name="one_row_per_case"),
        sa.UniqueConstraint("id", name="one_case_per_id"),
        sa.UniqueConstraint("lookup", name="one_case_per_receipt"),
        sa.UniqueConstraint("day", "leaf", name="one_case_per_leaf"),
        sa.ForeignKeyConstraint(["day"], ["days.day"], name="a_case_has_a_day"),
    )
    _copy(
        "entries",
        *(_text(name) for name in ("day", "case_id", "sequence")),
        _number("number"),
        _flag("for_requester"),
        _text("digest"),
        _blob("file"),
        sa.UniqueConstraint("day", "case_id", "sequence", "number", name="one_row_per_entry"),
        _of_a_case("an_entry_has_a_case"),
    )
    _copy(
        "grants",
        *(_text(name) for name in ("day", "case_id", "member", "epoch")),
        _blob("file"),
        sa.UniqueConstraint("day", "case_id", "member", name="one_row_per_grant"),
        _of_a_case("a_grant_has_a_case"),
    )
    _copy(
        "staged",
        *(_text(name) for name in ("day", "case_id", "member")),
        _number("version"),
        _blob("file"),
        sa.UniqueConstraint("day", "case_id", "member", name="one_row_per_staged_grant"),
        _of_a_case("a_staged_grant_has_a_case"),
    )
    _copy(
        "holds",
        *(_key(name) for name in ("day", "case_id")),
        *(_text(name) for name in ("until", "body", "signatures")),
        _of_a_case("a_hold_has_a_case"),
        large=False,
    )
    op.drop_table("cases_before")


def _copy(name: str, *parts: sa.Column[object] | sa.Constraint, large: bool = True) -> None:
    before = f"{name}_before"
    op.rename_table(name, before)
    place = [sa.Column("place", sa.Integer, primary_key=True, autoincrement=False)] if large else []
    op.create_table(name, *place, *parts, sqlite_with_rowid=large)
    columns = ", ".join(part.name for part in parts if isinstance(part, sa.Column))
    into, places = (f"place, {columns}", f"{PLACE}, ") if large else (columns, "")
    op.execute(text(f"INSERT INTO {name} ({into}) SELECT {places}{columns} FROM {before}"))  # noqa: S608  # our own names
    if name != "cases":
        op.drop_table(before)


def _key(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String, primary_key=True, autoincrement=False)


def _text(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String, nullable=null)


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer, nullable=False)


def _flag(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _blob(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _of_a_case(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["day", "case_id"], ["cases.day", "cases.id"], name=name, ondelete="CASCADE")
