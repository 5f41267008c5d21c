"""Fetch the key list, the newest snapshot and statements, and verify them by this machine's clock."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx2 as httpx

from crypto import keylist, snapshot, statement
from crypto.encoding import from_dict
from crypto.errors import CryptoError, StaleSnapshotError
from crypto.keylist import KeyList, SignedEntry
from crypto.signing import Signed
from crypto.snapshot import Snapshot
from crypto.statement import Statement
from intake.cli.answers import answer
from intake.cli.clocks import Clocks, own_day

Clock = Callable[[], dt.date]


def fetch_keys(
    client: httpx.Client, clock: Clock = own_day, seen_version: int = 0, **expected: Any
) -> tuple[KeyList, Snapshot | None, Clocks]:
    """Return the verified key list, the newest snapshot (None if a member must sign in first), and both clocks.

    List and snapshot are verified by this machine's clock alone. A snapshot that is too old counts as none.
    """
    response = answer(client.get("/api/form/keylist"))
    clocks = Clocks(clock(), dt.date.fromisoformat(response["today"]))
    keys = keylist.verify([from_dict(SignedEntry, entry) for entry in response["entries"]], clocks.own, **expected)
    try:
        newest = (
            snapshot.verify(Signed(**response["snapshot"]), keys, clocks.own, seen=seen_version)
            if response["snapshot"]
            else None
        )
    except StaleSnapshotError:
        newest = None
    return keys, newest, clocks


def usable_statement(signed: Signed, keys: KeyList, today: dt.date, newest: Snapshot) -> Statement | None:
    """Return a statement whose key may be encrypted to today, or None."""
    try:
        return statement.verify(signed, keys, today, newest)
    except CryptoError:
        return None  # Its member is not approved yet, or must renew it.
