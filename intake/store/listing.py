"""A page of a member's cases for the desk's list: for each the grant and the one entry that shows it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select, tuple_

from crypto.entry import Sequence as Which
from crypto.errors import CryptoError
from intake.store import tables
from intake.store.cases import Case
from intake.store.errors import NotThereError, StoreError
from intake.store.vault import Leaf, Reading, Vault
from retention.errors import RetentionError

CASES, ENTRIES, GRANTS = tables.cases, tables.entries, tables.grants


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
    """Rows, how many more could not be read (a damaged lock key), and where the next page begins."""

    rows: list[Listed]
    unreadable: int
    after: tuple[str, str] | None


def total(tx: Connection, member: str, today: dt.date) -> int:
    """How many live cases a member holds."""
    query = select(func.count()).select_from(GRANTS).where(GRANTS.c.member == member, GRANTS.c.day > today.isoformat())
    return tx.scalar(query) or 0


def page(
    tx: Connection, vault: Vault, member: str, today: dt.date, after: tuple[str, str] | None, size: int, case: str | None = None
) -> Page:
    """The next `size` cases, those that go last first: nearly the newest, for nothing tells when a case came.

    Args:
        after: day and id of the last row of the page before.
        case: this one alone.
    """
    query = select(CASES, GRANTS.c.epoch.label("epoch"), GRANTS.c.file.label("grant"))
    query = query.join(GRANTS, and_(CASES.c.day == GRANTS.c.day, CASES.c.id == GRANTS.c.case_id))
    query = query.where(GRANTS.c.member == member, CASES.c.day > today.isoformat())
    if after is not None:
        query = query.where(or_(CASES.c.day < after[0], and_(CASES.c.day == after[0], CASES.c.id > after[1])))
    if case is not None:
        query = query.where(CASES.c.id == case)
    found = tx.execute(query.order_by(CASES.c.day.desc(), CASES.c.id).limit(size)).all()
    keys = [(row.day, row.id) for row in found]
    holders, shown, reading = _holders(tx, keys), _shown(tx, keys), Reading(vault, tx)
    rows = []
    for row in found:
        where = Leaf(row.id, row.day, row.leaf)
        entry = shown[row.day, row.id]
        try:
            grant = reading.open_grant(where, member, row.epoch, row.grant)
            file = reading.open(where, "entries", f"{entry.sequence}/{entry.number}", entry.file)
        except (RetentionError, StoreError, CryptoError, NotThereError):
            continue  # a damaged lock key of one day must not hide the cases of all others
        of = Case(where, row.open, row.opened, row.arrived, row.sealed_by, row.version, row.latest)
        rows.append(Listed(of, holders[row.day, row.id], row.epoch, grant, entry.sequence, entry.number, file))
    last = (found[-1].day, found[-1].id) if len(found) == size else None
    return Page(rows, len(found) - len(rows), last)


def _holders(tx: Connection, keys: list[tuple[str, str]]) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {key: {} for key in keys}
    for some in _slices(keys):
        query = select(GRANTS.c.day, GRANTS.c.case_id, GRANTS.c.member, GRANTS.c.epoch)
        for row in tx.execute(query.where(tuple_(GRANTS.c.day, GRANTS.c.case_id).in_(some))):
            found[row.day, row.case_id][row.member] = row.epoch
    return found


@dataclass(frozen=True, slots=True)
class _Shown:
    sequence: str
    number: int
    file: bytes


def _shown(tx: Connection, keys: list[tuple[str, str]]) -> dict[tuple[str, str], _Shown]:
    """The newest desk entry of each; the request where there is none."""
    found: dict[tuple[str, str], _Shown] = {}
    desk = ENTRIES.c.sequence == Which.DESK.value
    for some in _slices(keys):
        of = tuple_(ENTRIES.c.day, ENTRIES.c.case_id).in_(some)
        newest = select(ENTRIES.c.day, ENTRIES.c.case_id, func.max(ENTRIES.c.number).label("number")).where(of, desk)
        newest_of = newest.group_by(ENTRIES.c.day, ENTRIES.c.case_id).subquery()
        same = and_(ENTRIES.c.day == newest_of.c.day, ENTRIES.c.case_id == newest_of.c.case_id)
        same = and_(same, ENTRIES.c.number == newest_of.c.number, desk)
        for row in tx.execute(select(ENTRIES).join(newest_of, same)):
            found[row.day, row.case_id] = _Shown(row.sequence, row.number, row.file)
        rest = [key for key in some if key not in found]
        first = ENTRIES.c.sequence == Which.SHARED.value, ENTRIES.c.number == 0
        for row in tx.execute(select(ENTRIES).where(tuple_(ENTRIES.c.day, ENTRIES.c.case_id).in_(rest), *first)):
            found[row.day, row.case_id] = _Shown(row.sequence, row.number, row.file)
    return found


def _slices(keys: list[tuple[str, str]], size: int = 100) -> Iterator[list[tuple[str, str]]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
