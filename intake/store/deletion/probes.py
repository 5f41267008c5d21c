"""Reads the stored bytes of a case, so that a scan can search disks and backups for them."""

from sqlalchemy import Connection, select

from intake.store import schema
from intake.store.errors import NotThereError


def of_case(tx: Connection, case: str) -> dict[str, bytes]:
    """Return every encrypted blob of a case, by a name such as `entry 2` that the operator can read.

    Raises:
        NotThereError: there is no such case.
    """
    cases = schema.cases
    row = tx.execute(select(cases.c.day, cases.c.receipt_grant).where(cases.c.id == case)).one_or_none()
    if row is None:
        raise NotThereError("there is no such case in this store")
    blobs = {"receipt grant": bytes(row.receipt_grant)}
    for table in (schema.entries, schema.grants, schema.staged_grants, schema.drafts):
        for number, stored in enumerate(
            tx.scalars(select(table.c.file).where(table.c.day == row.day, table.c.case_id == case))
        ):
            blobs[f"{table.name[:-1] if table.name.endswith('s') else table.name} {number}"] = bytes(stored)
    return blobs
