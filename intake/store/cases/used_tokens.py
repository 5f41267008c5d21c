"""Stores hashes of redeemed single-use tokens until the tokens expire."""

import datetime as dt
from collections.abc import Collection
from hashlib import sha256

from sqlalchemy import Connection, select

from crypto.encoding import b64
from intake.store import schema
from intake.store.engines.engine import among, insert_rows
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
    return {hashes[digest] for digest in tx.scalars(select(USED.c.hash).where(among(tx, USED.c.hash, hashes)))}


def redeem_all(tx: Connection, tokens: Collection[str], today: dt.date) -> None:
    """Redeem tokens. The caller must check that none of them was redeemed before."""
    # Every kind of token is valid for one day at most.
    valid_until = (today + dt.timedelta(days=1)).isoformat()
    insert_rows(tx, USED, [{"hash": _hash(token), "valid_until": valid_until} for token in tokens])


def _hash(token: str) -> str:
    return b64(sha256(token.encode()).digest())
