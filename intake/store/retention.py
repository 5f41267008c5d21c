"""The store as a purge run sees it (`retention.ports.RetentionStore`). Each call is one transaction."""

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from crypto.encoding import new_id
from intake.store import tables
from intake.store.engine import Database
from intake.store.errors import StoreError
from intake.store.vault import epoch_purpose, keyring_purpose
from retention.days import purpose_of
from retention.ports import DayRecord

MAX_TOMBSTONE_DAYS = 90


class PurgeStore:
    """A database with the steps that retention needs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as tx:
            found = tx.scalar(select(tables.store.c.store_id))
            if found is None:
                found = new_id()
                tx.execute(insert(tables.store).values(one=1, store_id=found, last_run=None))
        self.store_id: str = found

    def last_run(self) -> str | None:
        """The day of the last finished run."""
        with self._database.transaction() as tx:
            return tx.scalar(select(tables.store.c.last_run))

    def days(self) -> Sequence[DayRecord]:
        """All days with a root, ascending."""
        with self._database.transaction() as tx:
            rows = tx.execute(select(tables.days).order_by(tables.days.c.day)).all()
        return [DayRecord(row.day, row.generation, row.root, row.purging) for row in rows]

    def counts(self) -> dict[str, int]:
        """Live cases by expiry day."""
        with self._database.transaction() as tx:
            query = select(tables.cases.c.day, func.count()).group_by(tables.cases.c.day).order_by(tables.cases.c.day)
            return {row[0]: row[1] for row in tx.execute(query)}

    def add_day(self, record: DayRecord) -> None:
        """Take a day's first root."""
        with self._database.transaction() as tx:
            tx.execute(
                insert(tables.days).values(
                    day=record.day, generation=record.generation, root=record.sealed_root, taken=0, purging=False
                )
            )

    def begin_purge(self, day: str) -> None:
        """From here on the day's lock key may be missing."""
        with self._database.transaction() as tx:
            tx.execute(update(tables.days).where(tables.days.c.day == day).values(purging=True))

    def drop_day(self, day: str, today: str) -> int:
        """Delete a day with its cases; leave a tombstone for each, for as long again as it lived, at most 90 days."""
        with self._database.transaction() as tx:
            rows = tx.execute(select(tables.cases.c.lookup).where(tables.cases.c.day == day)).all()
            until = (dt.date.fromisoformat(day) + dt.timedelta(days=MAX_TOMBSTONE_DAYS)).isoformat()
            for row in rows:
                _bury(tx, row.lookup, day, until)
            tx.execute(delete(tables.cases).where(tables.cases.c.day == day))
            tx.execute(delete(tables.punctures).where(tables.punctures.c.day == day))
            tx.execute(delete(tables.days).where(tables.days.c.day == day))
            tx.execute(delete(tables.tombstones).where(tables.tombstones.c.until < today))
        return len(rows)

    def waiting_punctures(self) -> dict[str, set[int]]:
        """Leaves that wait to be punctured, by day."""
        waiting: dict[str, set[int]] = {}
        with self._database.transaction() as tx:
            for row in tx.execute(select(tables.punctures)):
                waiting.setdefault(row.day, set()).add(row.leaf)
        return waiting

    def commit_puncture(self, record: DayRecord, leaves: Collection[int]) -> None:
        """Take the new root; the leaves that it was punctured for stop waiting, those that came meanwhile do not.

        Raises:
            StoreError: another process punctured this day meanwhile.
        """
        with self._database.transaction() as tx:
            day = tables.days.c.day == record.day
            changed = tx.execute(
                update(tables.days)
                .where(day, tables.days.c.generation < record.generation)
                .values(generation=record.generation, root=record.sealed_root)
            )
            if changed.rowcount != 1:
                raise StoreError("the day was punctured by another process meanwhile")
            gone = and_(tables.punctures.c.day == record.day, tables.punctures.c.leaf.in_(leaves))
            tx.execute(delete(tables.punctures).where(gone))

    def committed(self) -> dict[str, int]:
        """Committed generation by purpose: days, epochs, keyrings."""
        with self._database.transaction() as tx:
            found = {purpose_of(row.day): row.generation for row in tx.execute(select(tables.days))}
            found |= {epoch_purpose(row.member, row.id): row.generation for row in tx.execute(select(tables.epochs))}
            found |= {keyring_purpose(row.member): row.generation for row in tx.execute(select(tables.keyrings))}
        return found

    def retired(self) -> Sequence[str]:
        """Purposes whose lock keys nothing needs any more."""
        with self._database.transaction() as tx:
            return list(tx.scalars(select(tables.retired.c.purpose).order_by(tables.retired.c.purpose)))

    def forget_retired(self, purpose: str) -> None:
        """Its lock keys are destroyed."""
        with self._database.transaction() as tx:
            tx.execute(delete(tables.retired).where(tables.retired.c.purpose == purpose))

    def scrub(self) -> str:
        """In `journal_mode=DELETE` with `secure_delete` nothing remains; a journal still there says otherwise."""
        journal = self._database.path.with_name(self._database.path.name + "-journal")
        return "a journal is still there: a reader holds the file open" if journal.exists() else "clean"

    def last_certificate(self) -> bytes | None:
        """The text of the newest certificate."""
        with self._database.transaction() as tx:
            table = tables.certificates
            return tx.scalar(select(table.c.text).order_by(table.c.number.desc()).limit(1))

    def finish_run(self, today: str, text: bytes, signature: str) -> None:
        """Remember the day and append the certificate, in one transaction."""
        with self._database.transaction() as tx:
            number = tx.scalar(select(func.count()).select_from(tables.certificates))
            tx.execute(insert(tables.certificates).values(number=number, text=text, signature=signature))
            tx.execute(update(tables.store).values(last_run=today))


def _bury(tx: Connection, lookup: str, day: str, until: str) -> None:
    tx.execute(delete(tables.tombstones).where(tables.tombstones.c.lookup == lookup))
    tx.execute(insert(tables.tombstones).values(lookup=lookup, day=day, until=until))
