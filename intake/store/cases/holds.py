"""Holds as stored: proposed by one member, in force once a second has signed the same."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from intake.store import schema
from intake.store.cases.cases import of_case
from intake.store.cases.row_sealer import Leaf
from intake.store.json_text import flat

HOLDS = schema.holds
PROPOSED = ""  # `until` of a hold that one member alone has signed


@dataclass(frozen=True, slots=True)
class StoredHold:
    """What members signed, verbatim, and their signatures by member; `until` is empty while it is only proposed."""

    body: str
    signatures: dict[str, str]
    until: str = PROPOSED


def of(tx: Connection, where: Leaf) -> StoredHold | None:
    """The hold on a case, if any."""
    row = tx.execute(select(HOLDS).where(of_case(HOLDS, where))).one_or_none()
    return StoredHold(row.body, flat(row.signatures, "a hold"), row.until) if row else None


def put(tx: Connection, where: Leaf, hold: StoredHold) -> None:
    """Keep a hold in place of the one before, if any."""
    drop(tx, where)
    values = {"body": hold.body, "signatures": json.dumps(hold.signatures, sort_keys=True), "until": hold.until}
    tx.execute(insert(HOLDS).values(day=where.day, case_id=where.case, **values))


def drop(tx: Connection, where: Leaf) -> None:
    """End the hold on a case."""
    tx.execute(delete(HOLDS).where(of_case(HOLDS, where)))
