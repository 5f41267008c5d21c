"""Stores new cases, many in one transaction, and each of them completely or not at all."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from crypto.entry import Sequence as CaseSequence
from crypto.entry import digest_of
from intake.store import schema
from intake.store.cases import cases
from intake.store.cases.cases import NewGrant
from intake.store.cases.row_keys import RowKeys
from intake.store.cases.row_sealer import Leaf, RowSealer
from intake.store.engines import postgresql
from intake.store.engines.engine import among, insert_rows
from intake.store.errors import ConflictError, Refused, StoreError
from retention.policy import tombstone_until

CASES, ENTRIES, GRANTS = schema.cases, schema.entries, schema.grants

NO_DAY = (
    "the store has no key for the day of a new case. Nothing was stored. "
    "Run `intake retention run` with the database login that may delete"
)


@dataclass(frozen=True, slots=True)
class Submission:
    """A new case: its age files, and the columns that are stored in the clear."""

    case: str
    lookup: str
    expires: str
    request: bytes
    for_requester: bool
    receipt_grant: bytes
    grants: tuple[NewGrant, ...]
    sealed_by: str

    @property
    def size(self) -> int:
        """The approximate size of the case in the store, in bytes."""
        return len(self.request) + len(self.receipt_grant) + sum(len(grant.file) for grant in self.grants)


@dataclass(frozen=True, slots=True)
class Stored:
    """The outcome of a case that this transaction stores."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The outcome of a case that is stored already, with the same request."""


Outcome = Stored | Duplicate | Refused


def submit(tx: Connection, row_keys: RowKeys, new: Sequence[Submission], today: dt.date) -> list[Outcome]:
    """Store cases.

    Returns:
        The outcome of each case, in order. The reason of a `Refused` is a `ConflictError` if another case has its id or its
        receipt, and a `StoreError` if its day has no root because a deletion run is overdue.
    """
    if tx.dialect.name == "postgresql":
        # No constraint covers ids and receipts of all days, because a partitioned table cannot declare one. Lock them before
        # reading, so that two processes store neither twice.
        names = {f"case {submission.case}" for submission in new} | {f"receipt {submission.lookup}" for submission in new}
        postgresql.lock_names(tx, names)
    requests, lookups = _taken(tx, new)
    outcomes: list[Outcome] = []
    fresh: list[int] = []  # indexes in `new`
    for index, submission in enumerate(new):
        digest, stored_digest = digest_of(submission.request), requests.get(submission.case)
        if stored_digest is not None:
            duplicate = stored_digest == digest
            outcomes.append(Duplicate() if duplicate else Refused(ConflictError("another request has this id")))
        elif submission.lookup in lookups:
            outcomes.append(Refused(ConflictError("another request has this receipt")))
        else:
            outcomes.append(Stored())
            requests[submission.case] = digest
            lookups.add(submission.lookup)
            fresh.append(index)
    sealer = RowSealer(row_keys, tx)
    leaves = sealer.take_leaves([(new[index].case, new[index].expires) for index in fresh]) if fresh else []
    with_leaves: list[tuple[Submission, Leaf]] = []
    for index, leaf in zip(fresh, leaves, strict=True):
        if leaf is None:
            outcomes[index] = Refused(StoreError(NO_DAY))
        else:
            with_leaves.append((new[index], leaf))
    if with_leaves:
        _insert(sealer, with_leaves, today)
    return outcomes


def _insert(sealer: RowSealer, new: Collection[tuple[Submission, Leaf]], today: dt.date) -> None:
    tx = sealer.tx
    sealer.fetch_epoch_keys({(grant.member, grant.epoch) for submission, _ in new for grant in submission.grants})
    case_rows, entry_rows, grant_rows = [], [], []
    for submission, leaf in new:
        case_rows.append(
            {
                "day": leaf.day,
                "id": submission.case,
                "lookup": submission.lookup,
                "latest_expiry": leaf.day,
                "tombstone_until": tombstone_until(dt.date.fromisoformat(leaf.day), today).isoformat(),
                "leaf": leaf.leaf,
                "arrived": today.isoformat(),
                "open": True,
                "sealed_by": submission.sealed_by,
                "opened": False,
                "version": 0,
                "receipt_grant": sealer.seal(leaf, "cases", "receipt", submission.receipt_grant),
            }
        )
        shown = submission.for_requester
        entry_rows.append(cases.entry_row(sealer, leaf, CaseSequence.SHARED, 0, submission.request, for_requester=shown))
        grant_rows += cases.grant_rows(sealer, leaf, submission.grants)
    insert_rows(tx, CASES, case_rows)
    insert_rows(tx, ENTRIES, entry_rows)
    insert_rows(tx, GRANTS, grant_rows)


def is_stored(tx: Connection, new: Submission) -> bool:
    """Return whether this case with this request is stored, because its sender may have lost the first answer."""
    return stored_digests(tx, [new]).get(new.case) == digest_of(new.request)


def stored_digests(tx: Connection, new: Sequence[Submission]) -> dict[str, str]:
    """Return the digest of the stored request for each case id that is stored already."""
    query = select(CASES.c.id, ENTRIES.c.digest).join(
        ENTRIES, (CASES.c.day == ENTRIES.c.day) & (CASES.c.id == ENTRIES.c.case_id)
    )
    query = query.where(ENTRIES.c.sequence == CaseSequence.SHARED.value, ENTRIES.c.number == 0)
    ids = [submission.case for submission in new]
    return {row.id: row.digest for row in tx.execute(query.where(CASES.c.id.in_(ids)))}


def _taken(tx: Connection, new: Sequence[Submission]) -> tuple[dict[str, str], set[str]]:
    """Return the request digest of each id that is taken, and the lookups that are taken."""
    ids, lookups = {submission.case for submission in new}, {submission.lookup for submission in new}
    either = or_(among(tx, CASES.c.id, ids), among(tx, CASES.c.lookup, lookups))
    rows = tx.execute(select(CASES.c.id, CASES.c.lookup).where(either)).all()
    stored_ids = {row.id for row in rows}
    stored = [submission for submission in new if submission.case in stored_ids]
    return (stored_digests(tx, stored) if stored else {}), {row.lookup for row in rows} & lookups
