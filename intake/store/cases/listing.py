"""A page of a member's cases for the desk's list: for each the grant and the one entry that shows it."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select, tuple_

from crypto.entry import Sequence as Which
from crypto.errors import CryptoError
from intake.store import schema
from intake.store.cases.cases import Case
from intake.store.cases.row_keys import RowKeys
from intake.store.cases.row_sealer import Leaf, RowSealer
from intake.store.errors import NotThereError, StoreError
from retention.errors import RetentionError

CASES, ENTRIES, GRANTS = schema.cases, schema.entries, schema.grants


@dataclass(frozen=True, slots=True)
class Listed:
    """One row: the clear columns, who holds it, the asker's grant, the newest desk entry or else the request."""

    case: Case
    holders: dict[str, str]
    epoch: str
    grant: bytes
    sequence: str
    number: int
    entry: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, why others could not be read (a damaged deletion key, a damaged row), and where the next page begins."""

    rows: list[Listed]
    unreadable: list[Exception]
    after: tuple[str, str] | None


def total(tx: Connection, member: str, today: dt.date) -> int:
    """How many live cases a member holds."""
    query = select(func.count()).select_from(GRANTS).where(GRANTS.c.member == member, GRANTS.c.day > today.isoformat())
    return tx.scalar(query) or 0


def held(tx: Connection, member: str, today: dt.date) -> list[dict[str, str]]:
    """Every live case of a member's: `case`, `request` (the digest of entry 0) and `until`, the day it goes."""
    of_case = and_(CASES.c.day == GRANTS.c.day, CASES.c.id == GRANTS.c.case_id)
    first = and_(
        ENTRIES.c.day == GRANTS.c.day,
        ENTRIES.c.case_id == GRANTS.c.case_id,
        ENTRIES.c.sequence == Which.SHARED.value,
        ENTRIES.c.number == 0,
    )
    query = select(CASES.c.id, ENTRIES.c.digest, CASES.c.day).select_from(GRANTS).join(CASES, of_case).join(ENTRIES, first)
    query = query.where(GRANTS.c.member == member, GRANTS.c.day > today.isoformat()).order_by(CASES.c.id)
    return [{"case": row.id, "request": row.digest, "until": row.day} for row in tx.execute(query)]


def page(
    tx: Connection,
    row_keys: RowKeys,
    member: str,
    today: dt.date,
    after: tuple[str, str] | None,
    size: int,
    case: str | None = None,
) -> Page:
    """The next `size` cases, those that go last first: nearly the newest, for nothing tells when a case came.

    Args:
        after: day and id of the last row of the page before.
        case: this one alone.
    """
    query = select(CASES, GRANTS.c.epoch.label("epoch"), GRANTS.c.file.label("grant"))
    query = query.join(GRANTS, and_(CASES.c.day == GRANTS.c.day, CASES.c.id == GRANTS.c.case_id))
    query = query.where(GRANTS.c.member == member, GRANTS.c.day > today.isoformat())
    if after is not None:
        query = query.where(tuple_(GRANTS.c.day, GRANTS.c.case_id) < after)
    if case is not None:
        query = query.where(GRANTS.c.case_id == case)
    # In the order of the index, backwards: a page costs the same however many there are.
    found = tx.execute(query.order_by(GRANTS.c.day.desc(), GRANTS.c.case_id.desc()).limit(size)).all()
    if not found:
        return Page([], [], None)
    span = _Span(member, (found[-1].day, found[-1].id), (found[0].day, found[0].id))
    holders, shown, sealer = _holders(tx, span), _shown(tx, span), RowSealer(row_keys, tx)
    rows: list[Listed] = []
    unreadable: list[Exception] = []
    for row in found:
        where = Leaf(row.id, row.day, row.leaf)
        try:
            entry = shown[row.day, row.id]
            grant = sealer.open_grant(where, member, row.epoch, row.grant)
            file = sealer.open(where, "entries", f"{entry.sequence}/{entry.number}", entry.file)
        except (RetentionError, StoreError, CryptoError, NotThereError, KeyError) as error:
            unreadable.append(error)  # what is damaged of one case or one day must not hide all others
            continue
        of = Case(where, row.open, row.opened, row.arrived, row.sealed_by, row.version, row.latest)
        rows.append(Listed(of, holders[row.day, row.id], row.epoch, grant, entry.sequence, entry.number, file))
    last = (found[-1].day, found[-1].id) if len(found) == size else None
    return Page(rows, unreadable, last)


@dataclass(frozen=True, slots=True)
class _Span:
    """The page: every case of `member` from `least` to `greatest`, days and ids."""

    member: str
    least: tuple[str, str]
    greatest: tuple[str, str]

    def of(self, table: Table) -> ColumnElement[bool]:
        """What belongs to these cases, to be joined: found by their keys, where a list of keys would be looked for in all."""
        at = tuple_(_OWN.c.day, _OWN.c.case_id)
        same = and_(table.c.day == _OWN.c.day, table.c.case_id == _OWN.c.case_id)
        return and_(same, _OWN.c.member == self.member, at >= self.least, at <= self.greatest)


_OWN = GRANTS.alias("own")


def _holders(tx: Connection, span: _Span) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in tx.execute(select(GRANTS.c.day, GRANTS.c.case_id, GRANTS.c.member, GRANTS.c.epoch).where(span.of(GRANTS))):
        found.setdefault((row.day, row.case_id), {})[row.member] = row.epoch
    return found


@dataclass(frozen=True, slots=True)
class _Shown:
    sequence: str
    number: int
    file: bytes


def _shown(tx: Connection, span: _Span) -> dict[tuple[str, str], _Shown]:
    """The newest desk entry of each; the request where there is none."""
    newer = ENTRIES.alias("newer")
    desk = newer.c.day == ENTRIES.c.day, newer.c.case_id == ENTRIES.c.case_id, newer.c.sequence == Which.DESK.value
    newest = select(func.max(newer.c.number)).where(*desk).scalar_subquery()
    is_newest = and_(ENTRIES.c.sequence == Which.DESK.value, ENTRIES.c.number == newest)
    is_request = and_(ENTRIES.c.sequence == Which.SHARED.value, ENTRIES.c.number == 0, newest.is_(None))
    rows = tx.execute(select(ENTRIES).where(span.of(ENTRIES), or_(is_newest, is_request)))
    return {(row.day, row.case_id): _Shown(row.sequence, row.number, row.file) for row in rows}
