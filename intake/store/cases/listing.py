"""Reads pages of a member's cases for the list at the desk. Each row has the grant and one entry that summarises the case."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select, tuple_

from crypto.entry import Sequence as CaseSequence
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
    """One row: the clear columns, the holders, the member's grant, and the newest desk entry or else the request.

    `shared` has the number and the age file of the newest shared entries after the request, the newest first.
    """

    case: Case
    holders: dict[str, str]
    epoch: str
    grant: bytes
    sequence: str
    number: int
    entry: bytes
    shared: list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, the errors of damaged rows that were left out, and the last row if there is a next page."""

    rows: list[Listed]
    unreadable: list[Exception]
    after: tuple[str, str] | None


def total(tx: Connection, member: str, today: dt.date) -> int:
    """Return how many unexpired cases a member holds."""
    query = select(func.count()).select_from(GRANTS).where(GRANTS.c.member == member, GRANTS.c.day > today.isoformat())
    return tx.scalar(query) or 0


def held(tx: Connection, member: str, today: dt.date) -> list[dict[str, str]]:
    """Return every case of a member: `case`, `request` (the digest of entry 0) and `until` (the expiry day)."""
    of_case = and_(CASES.c.day == GRANTS.c.day, CASES.c.id == GRANTS.c.case_id)
    first = and_(
        ENTRIES.c.day == GRANTS.c.day,
        ENTRIES.c.case_id == GRANTS.c.case_id,
        ENTRIES.c.sequence == CaseSequence.SHARED.value,
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
    newest: int = 1,
) -> Page:
    """Return the next `size` cases, the latest expiry day first. No order of arrival is stored.

    Args:
        tx: an open transaction.
        row_keys: the keys of the store.
        member: the member who asks.
        today: the current day.
        after: day and id of the last row of the previous page.
        size: the largest number of rows.
        case: return only this case.
        newest: the largest number of shared entries of each case.
    """
    query = select(CASES, GRANTS.c.epoch.label("epoch"), GRANTS.c.file.label("grant"))
    query = query.join(GRANTS, and_(CASES.c.day == GRANTS.c.day, CASES.c.id == GRANTS.c.case_id))
    query = query.where(GRANTS.c.member == member, GRANTS.c.day > today.isoformat())
    if after is not None:
        query = query.where(tuple_(GRANTS.c.day, GRANTS.c.case_id) < after)
    if case is not None:
        query = query.where(GRANTS.c.case_id == case)
    # The index in reverse gives this order, so the cost of a page does not depend on the number of cases.
    selected = tx.execute(query.order_by(GRANTS.c.day.desc(), GRANTS.c.case_id.desc()).limit(size)).all()
    if not selected:
        return Page([], [], None)
    span = _Span(member, (selected[-1].day, selected[-1].id), (selected[0].day, selected[0].id))
    holders, summaries, shared = _holders(tx, span), _summaries(tx, span), _shared(tx, span, newest)
    sealer = RowSealer(row_keys, tx)
    rows: list[Listed] = []
    unreadable: list[Exception] = []
    for row in selected:
        location = Leaf(row.id, row.day, row.leaf)
        try:
            entry = summaries[row.day, row.id]
            grant = sealer.open_grant(location, member, row.epoch, row.grant)
            file = _open(sealer, location, entry)
            later = [(each.number, _open(sealer, location, each)) for each in shared.get((row.day, row.id), [])]
        except (RetentionError, StoreError, CryptoError, NotThereError, KeyError) as error:
            unreadable.append(error)  # a damaged case or day must not hide the others
            continue
        listed = Case(location, row.open, row.opened, row.arrived, row.sealed_by, row.version, row.latest_expiry)
        rows.append(Listed(listed, holders[row.day, row.id], row.epoch, grant, entry.sequence, entry.number, file, later))
    last = (selected[-1].day, selected[-1].id) if len(selected) == size else None
    return Page(rows, unreadable, last)


@dataclass(frozen=True, slots=True)
class _Stored:
    sequence: str
    number: int
    file: bytes


@dataclass(frozen=True, slots=True)
class _Span:
    """The cases of `member` from `least` to `greatest`, both a day and an id."""

    member: str
    least: tuple[str, str]
    greatest: tuple[str, str]

    def of(self, table: Table) -> ColumnElement[bool]:
        """Return a condition that joins a table to these cases. A range of keys can use the index, a list cannot."""
        at = tuple_(_OWN.c.day, _OWN.c.case_id)
        same = and_(table.c.day == _OWN.c.day, table.c.case_id == _OWN.c.case_id)
        return and_(same, _OWN.c.member == self.member, at >= self.least, at <= self.greatest)


_OWN = GRANTS.alias("own")


def _open(sealer: RowSealer, location: Leaf, entry: _Stored) -> bytes:
    return sealer.open(location, "entries", f"{entry.sequence}/{entry.number}", entry.file)


def _holders(tx: Connection, span: _Span) -> dict[tuple[str, str], dict[str, str]]:
    holders: dict[tuple[str, str], dict[str, str]] = {}
    for row in tx.execute(select(GRANTS.c.day, GRANTS.c.case_id, GRANTS.c.member, GRANTS.c.epoch).where(span.of(GRANTS))):
        holders.setdefault((row.day, row.case_id), {})[row.member] = row.epoch
    return holders


def _summaries(tx: Connection, span: _Span) -> dict[tuple[str, str], _Stored]:
    """Return the newest desk entry of each case, or the request if there is none."""
    newer = ENTRIES.alias("newer")
    desk = newer.c.day == ENTRIES.c.day, newer.c.case_id == ENTRIES.c.case_id, newer.c.sequence == CaseSequence.DESK.value
    newest = select(func.max(newer.c.number)).where(*desk).scalar_subquery()
    is_newest = and_(ENTRIES.c.sequence == CaseSequence.DESK.value, ENTRIES.c.number == newest)
    is_request = and_(ENTRIES.c.sequence == CaseSequence.SHARED.value, ENTRIES.c.number == 0, newest.is_(None))
    rows = tx.execute(select(ENTRIES).where(span.of(ENTRIES), or_(is_newest, is_request)))
    return {(row.day, row.case_id): _Stored(row.sequence, row.number, row.file) for row in rows}


def _shared(tx: Connection, span: _Span, count: int) -> dict[tuple[str, str], list[_Stored]]:
    """Return the newest shared entries of each case, the newest first, without the request."""
    newer = ENTRIES.alias("newer")
    shared = newer.c.day == ENTRIES.c.day, newer.c.case_id == ENTRIES.c.case_id, newer.c.sequence == CaseSequence.SHARED.value
    newest = select(func.max(newer.c.number)).where(*shared).scalar_subquery()
    query = select(ENTRIES).where(span.of(ENTRIES), ENTRIES.c.sequence == CaseSequence.SHARED.value, ENTRIES.c.number > 0)
    stored: dict[tuple[str, str], list[_Stored]] = {}
    for row in tx.execute(query.where(ENTRIES.c.number > newest - count).order_by(ENTRIES.c.number.desc())):
        stored.setdefault((row.day, row.case_id), []).append(_Stored(row.sequence, row.number, row.file))
    return stored
