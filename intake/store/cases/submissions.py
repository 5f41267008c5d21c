"""New cases, as they come in: many in one transaction, each stored whole or not at all."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, or_, select

from crypto.entry import Sequence as Which
from crypto.entry import digest_of
from intake.store import schema
from intake.store.cases import cases
from intake.store.cases.cases import NewGrant
from intake.store.cases.row_sealer import Leaf, Reading, Vault
from intake.store.engines.engine import among
from intake.store.errors import ConflictError, NotThereError
from retention.policy import told_until

CASES, ENTRIES, GRANTS = schema.cases, schema.entries, schema.grants


@dataclass(frozen=True, slots=True)
class Submission:
    """A new case as it comes in: age files and what stands in clear beside them."""

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
        """Bytes, about, that it takes."""
        return len(self.request) + len(self.receipt_grant) + sum(len(grant.file) for grant in self.grants)


def submit(tx: Connection, vault: Vault, new: Sequence[Submission], today: dt.date) -> list[bool | Exception]:
    """Store cases. For each: True, False if this very case is stored already, or why it is not stored.

    `ConflictError`: its id or its receipt is taken by another. `NotThereError`: its day cannot take cases.
    """
    requests, lookups = _taken(tx, new)
    outcomes: list[bool | Exception] = []
    fresh: list[int] = []  # places in `new`
    for place, one in enumerate(new):
        digest, same = digest_of(one.request), requests.get(one.case)
        if same is not None:
            outcomes.append(False if same == digest else ConflictError("another request has this id"))
        elif one.lookup in lookups:
            outcomes.append(ConflictError("another request has this receipt"))
        else:
            outcomes.append(True)
            requests[one.case] = digest
            lookups.add(one.lookup)
            fresh.append(place)
    sealing = Reading(vault, tx)
    leaves = sealing.take_leaves([(new[place].case, new[place].expires) for place in fresh]) if fresh else []
    stored: list[tuple[Submission, Leaf]] = []
    for place, leaf in zip(fresh, leaves, strict=True):
        if leaf is None:
            outcomes[place] = NotThereError("no such day")
        else:
            stored.append((new[place], leaf))
    if stored:
        _store(sealing, stored, today)
    return outcomes


def _store(sealing: Reading, new: Collection[tuple[Submission, Leaf]], today: dt.date) -> None:
    tx = sealing.tx
    sealing.fetch_locks({(grant.member, grant.epoch) for one, _ in new for grant in one.grants})
    cases_, entries, grants = [], [], []
    for one, where in new:
        cases_.append(
            {
                "day": where.day,
                "id": one.case,
                "lookup": one.lookup,
                "latest": where.day,
                "told_until": told_until(dt.date.fromisoformat(where.day), today).isoformat(),
                "leaf": where.leaf,
                "arrived": today.isoformat(),
                "open": True,
                "sealed_by": one.sealed_by,
                "opened": False,
                "version": 0,
                "receipt_grant": sealing.seal(where, "cases", "receipt", one.receipt_grant),
            }
        )
        entries.append(cases.entry_row(sealing, where, Which.SHARED, 0, one.request, for_requester=one.for_requester))
        grants += cases.grant_rows(sealing, where, one.grants)
    tx.execute(insert(CASES), cases_)
    tx.execute(insert(ENTRIES), entries)
    if grants:
        tx.execute(insert(GRANTS), grants)


def is_stored(tx: Connection, new: Submission) -> bool:
    """Whether this very case is stored already: its answer may have been lost on the way."""
    return stored(tx, [new]).get(new.case) == digest_of(new.request)


def stored(tx: Connection, new: Sequence[Submission]) -> dict[str, str]:
    """Digests, by id, of the requests that are stored under the same ids."""
    query = select(CASES.c.id, ENTRIES.c.digest).join(
        ENTRIES, (CASES.c.day == ENTRIES.c.day) & (CASES.c.id == ENTRIES.c.case_id)
    )
    query = query.where(ENTRIES.c.sequence == Which.SHARED.value, ENTRIES.c.number == 0)
    return {row.id: row.digest for row in tx.execute(query.where(CASES.c.id.in_([one.case for one in new])))}


def _taken(tx: Connection, new: Sequence[Submission]) -> tuple[dict[str, str], set[str]]:
    """Of the ids that are taken, the digests of the requests under them; the look-ups that are taken."""
    ids, lookups = {one.case for one in new}, {one.lookup for one in new}
    either = or_(among(tx, CASES.c.id, ids), among(tx, CASES.c.lookup, lookups))
    found = tx.execute(select(CASES.c.id, CASES.c.lookup).where(either)).all()
    again = [one for one in new if any(row.id == one.case for row in found)]
    return (stored(tx, again) if again else {}), {row.lookup for row in found} & lookups
