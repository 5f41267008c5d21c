"""Stores holds. One member proposes a hold, and the signature of a second member puts it in force."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from intake.store import schema
from intake.store.cases.cases import of_case
from intake.store.cases.row_sealer import Leaf
from intake.store.json_text import flat

HOLDS = schema.holds
PROPOSED = ""  # `held_until` of a hold that only one member has signed


@dataclass(frozen=True, slots=True)
class StoredHold:
    """The text that members signed, verbatim, and their signatures (b64) by member. `held_until` is empty for a proposal."""

    body: str
    signatures: dict[str, str]
    held_until: str = PROPOSED


def of(tx: Connection, location: Leaf) -> StoredHold | None:
    """Return the hold on a case, or None."""
    row = tx.execute(select(HOLDS).where(of_case(HOLDS, location))).one_or_none()
    return StoredHold(row.body, flat(row.signatures, "a hold"), row.held_until) if row else None


def put(tx: Connection, location: Leaf, hold: StoredHold) -> None:
    """Store a hold, replacing the previous one, if any."""
    drop(tx, location)
    values = {"body": hold.body, "signatures": json.dumps(hold.signatures, sort_keys=True), "held_until": hold.held_until}
    tx.execute(insert(HOLDS).values(day=location.day, case_id=location.case, **values))


def drop(tx: Connection, location: Leaf) -> None:
    """Delete the hold on a case."""
    tx.execute(delete(HOLDS).where(of_case(HOLDS, location)))
