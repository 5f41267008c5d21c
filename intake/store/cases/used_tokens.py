"""Tokens that are good once, and were used: by hash, until the day after which they would be refused anyway."""

import datetime as dt
from collections.abc import Collection
from hashlib import sha256

from sqlalchemy import Connection, insert, select

from crypto.encoding import b64
from intake.store import schema
from intake.store.errors import ConflictError

SPENT = schema.spent


def spend(tx: Connection, token: str, today: dt.date) -> None:
    """Use a token, for all processes.

    Raises:
        ConflictError: it was used before.
    """
    if used(tx, [token]):
        raise ConflictError("this was used before")
    spend_all(tx, [token], today)


def used(tx: Connection, tokens: Collection[str]) -> set[str]:
    """Those of `tokens` that were used before."""
    hashes = {_hash(token): token for token in tokens}
    return {hashes[found] for found in tx.scalars(select(SPENT.c.hash).where(SPENT.c.hash.in_(hashes)))}


def spend_all(tx: Connection, tokens: Collection[str], today: dt.date) -> None:
    """Use tokens of which none was used before."""
    if tokens:
        # No token of these kinds lives longer than a day.
        until = (today + dt.timedelta(days=1)).isoformat()
        tx.execute(insert(SPENT), [{"hash": _hash(token), "until": until} for token in tokens])


def _hash(token: str) -> str:
    return b64(sha256(token.encode()).digest())
