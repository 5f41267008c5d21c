"""Tokens that are good once, and were used: by hash, until the day after which they would be refused anyway."""

import datetime as dt
from hashlib import sha256

from sqlalchemy import Connection, insert, select

from crypto.encoding import b64
from intake.store import tables
from intake.store.errors import ConflictError

SPENT = tables.spent


def spend(tx: Connection, token: str, today: dt.date) -> None:
    """Use a token, for all processes.

    Raises:
        ConflictError: it was used before.
    """
    hashed = b64(sha256(token.encode()).digest())
    if tx.scalar(select(SPENT.c.hash).where(SPENT.c.hash == hashed)) is not None:
        raise ConflictError("this was used before")
    # No token of this kind lives longer than a day.
    tx.execute(insert(SPENT).values(hash=hashed, until=(today + dt.timedelta(days=1)).isoformat()))
