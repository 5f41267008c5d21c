"""Copies an embedded store before an upgrade, and checks the upgraded store.

The copy contains no deletion keys, so nobody can read in it what the server has deleted since. The first clean deletion run on
a later day removes it.
"""

import contextlib
import datetime as dt
import os
import secrets
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from crypto.entry import Sequence
from crypto.errors import CryptoError
from intake.store import schema
from intake.store.cases import cases
from intake.store.cases.row_keys import RowKeys
from intake.store.cases.row_sealer import Leaf
from intake.store.errors import StoreError
from retention.errors import RetentionError

SAMPLE = 3  # rows of each table, and cases, to read after an upgrade


def make(path: Path, revision: str, today: dt.date) -> Path:
    """Copy an embedded store before its migration from `revision`. Replace the copy of an earlier attempt on this day.

    Raises:
        StoreError: the copy cannot be written. Nothing was migrated.
    """
    copy = path.with_name(f"{path.name}.before-{today.isoformat()}-{revision}")
    temporary = copy.with_name(f".{copy.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with (
            contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as source,
            contextlib.closing(sqlite3.connect(temporary)) as target,
        ):
            source.backup(target)
        temporary.replace(copy)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"the store cannot be copied before its upgrade: {error}. Nothing was migrated") from None
    finally:
        temporary.unlink(missing_ok=True)
    return copy


def remove(path: Path, today: str) -> None:
    """Remove the copies of a store that upgrades on earlier days made.

    Raises:
        OSError: a copy cannot be removed.
    """
    for copy in path.parent.glob(f"{path.name}.before-*"):
        if copy.name.removeprefix(f"{path.name}.before-")[: len(today)] < today:
            copy.unlink()


def check_sample(tx: Connection, row_keys: RowKeys, today: dt.date) -> None:
    """Read some rows of each table, and decrypt the rows of some cases.

    Raises:
        StoreError: a table or a row cannot be read.
    """
    for table in schema.METADATA.sorted_tables:
        try:
            tx.execute(select(table).limit(SAMPLE)).all()
        except DatabaseError:
            raise StoreError(f"the table {table.name} lacks a column that this version needs") from None
    if tx.execute(select(schema.members).limit(1)).first():
        row_keys.sign_in_key(tx)
    columns = (schema.cases.c.id, schema.cases.c.day, schema.cases.c.leaf)
    for row in tx.execute(select(*columns).where(schema.cases.c.day > today.isoformat()).limit(SAMPLE)).all():
        location = Leaf(row.id, row.day, row.leaf)
        try:
            cases.receipt_grant(tx, row_keys, location)
            for which in Sequence:
                cases.entries(tx, row_keys, location, which)
        except (RetentionError, CryptoError):
            raise StoreError("a case cannot be decrypted") from None
