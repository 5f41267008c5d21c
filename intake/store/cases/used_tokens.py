"""Stores hashes of redeemed single-use tokens until the tokens expire."""

import datetime as dt
from collections.abc import Collection
from hashlib import sha256

from sqlalchemy import Connection, insert, select

from crypto.encoding import b64
from intake.store import schema
from intake.store.errors import ConflictError

USED = schema.used_tokens


def redeem(tx: Connection, token: str, today: dt.date) -> None:
    """Redeem a token for every process on this store.

    Raises:
        ConflictError: the token was redeemed before.
    """
    if used(tx, [token]):
        raise ConflictError("the token was used before. Nothing was changed")
    redeem_all(tx, [token], today)


def used(tx: Connection, tokens: Collection[str]) -> set[str]:
    """Return those of `tokens` that were redeemed before."""
    hashes = {_hash(token): token for token in tokens}
    return {hashes[digest] for digest in tx.scalars(select(USED.c.hash).where(USED.c.hash.in_(hashes)))}


def redeem_all(tx: Connection, tokens: Collection[str], today: dt.date) -> None:
    """Redeem tokens. The caller must check that none of them was redeemed before."""
    if tokens:
        # Every kind of token is valid for one day at most.
        valid_until = (today + dt.timedelta(days=1)).isoformat()
        tx.execute(insert(USED), [{"hash": _hash(token), "valid_until": valid_until} for token in tokens])


def _hash(token: str) -> str:
    return b64(sha256(token.encode()).digest())
