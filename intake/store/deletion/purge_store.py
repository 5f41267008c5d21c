"""Implements the store of a deletion run (`retention.ports.RetentionStore`) over a database."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update

from crypto.encoding import new_id
from intake.store import clock, schema
from intake.store.cases.row_keys import SIGN_IN, epoch_purpose, keyring_purpose
from intake.store.engines import postgresql, sqlite
from intake.store.engines.engine import Database
from intake.store.errors import BusyStoreError, StoreError
from intake.store.migrations import earlier_copy
from retention.clock import KnownDay
from retention.days import day_purpose
from retention.errors import StepError
from retention.ports import DayRecord

P = ParamSpec("P")
T = TypeVar("T")
DAYS, ROOTS, CASES, TOMBSTONES, UNDROPPED = (
    schema.days,
    schema.day_roots,
    schema.cases,
    schema.tombstones,
    schema.undropped_roots,
)
_WITH_ROOT = select(DAYS, ROOTS.c.root).join(ROOTS, ROOTS.c.day == DAYS.c.day)


def _step(what: "Callable[Concatenate[PurgeStore, Connection, P], T]") -> "Callable[Concatenate[PurgeStore, P], T]":
    """Run a method in a transaction that writes."""
    return _transaction(what, read_only=False)


def _read(what: "Callable[Concatenate[PurgeStore, Connection, P], T]") -> "Callable[Concatenate[PurgeStore, P], T]":
    """Run a method in a transaction that only reads."""
    return _transaction(what, read_only=True)


def _transaction(
    what: "Callable[Concatenate[PurgeStore, Connection, P], T]", *, read_only: bool
) -> "Callable[Concatenate[PurgeStore, P], T]":
    """Run a method in a transaction. Repeat it while other processes conflict. Raise a failure as `StepError`."""

    @wraps(what)
    def wrapper(self: "PurgeStore", *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return self.database.run(lambda tx: what(self, tx, *args, **kwargs), read_only=read_only)
        except BusyStoreError:
            raise StepError("others are using the store. This step changed nothing") from None
        except StoreError as error:
            raise StepError(str(error)) from None

    return wrapper  # type: ignore[return-value]  # mypy loses `self` among the wrapped parameters


class PurgeStore:
    """A database with the steps of a deletion run. Every method raises `StepError` if the database fails."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store_id: str = self._known_id() or self._id()

    @_read
    def _known_id(self, tx: Connection) -> str | None:
        return tx.scalar(select(schema.store.c.store_id))

    @_step
    def _id(self, tx: Connection) -> str:
        store_id = tx.scalar(select(schema.store.c.store_id))
        if store_id is None:
            store_id = new_id()
            tx.execute(insert(schema.store).values(id=1, store_id=store_id, last_run=None))
        return str(store_id)

    @_read
    def last_run(self, tx: Connection) -> str | None:
        """Return the day of the last finished run, or None before the first."""
        return tx.scalar(select(schema.store.c.last_run))

    @_read
    def known_days(self, tx: Connection) -> Sequence[KnownDay]:
        """Return days that cannot be in the future."""
        return clock.known_days(tx)

    @_read
    def days(self, tx: Connection) -> Sequence[DayRecord]:
        """Return all days with a root, ascending."""
        return [_record(row) for row in tx.execute(_WITH_ROOT.order_by(DAYS.c.day))]

    @_read
    def day(self, tx: Connection, day: str) -> DayRecord | None:
        """Return a day, or None if it has no root."""
        row = tx.execute(_WITH_ROOT.where(DAYS.c.day == day)).one_or_none()
        return _record(row) if row else None

    @_read
    def counts(self, tx: Connection) -> dict[str, int]:
        """Return the number of cases by expiry day."""
        query = select(CASES.c.day, func.count()).group_by(CASES.c.day).order_by(CASES.c.day)
        return {row[0]: row[1] for row in tx.execute(query)}

    @_step
    def add_day(self, tx: Connection, record: DayRecord) -> None:
        """Store the first root of a day, and create its partitions on PostgreSQL."""
        if self.database.path is None:
            postgresql.add_partitions(tx, record.day)
        tx.execute(insert(DAYS).values(day=record.day, generation=record.generation, leaves_taken=0, purging=False))
        tx.execute(insert(ROOTS).values(day=record.day, root=record.sealed_root))

    @_step
    def begin_purge(self, tx: Connection, day: str) -> None:
        """Record that the deletion key of a day may be missing, and that every process must drop its root."""
        # On PostgreSQL, wait for submissions that hold the row FOR KEY SHARE. The update alone would not wait for them.
        generation = tx.scalar(select(DAYS.c.generation).where(DAYS.c.day == day).with_for_update())
        tx.execute(update(DAYS).where(DAYS.c.day == day).values(purging=True))
        if generation is not None:
            _to_drop(tx, day, generation)

    @_read
    def undropped(self, tx: Connection) -> Sequence[tuple[str, int]]:
        """Return each day and destroyed generation whose root a process may still hold in memory."""
        return [(row.day, row.generation) for row in tx.execute(select(UNDROPPED).order_by(UNDROPPED.c.day))]

    @_step
    def dropped(self, tx: Connection, day: str, generation: int) -> None:
        """Record that no process holds this root any more."""
        tx.execute(delete(UNDROPPED).where(UNDROPPED.c.day == day, UNDROPPED.c.generation == generation))

    def drop_day(self, day: str, today: str, progress: Callable[[int], None]) -> int:
        """Delete a day and its cases. Return how many. A tombstone of each stays while its receipt's holder may see it."""
        count = self._add_tombstones(day)
        if self.database.path is None:
            self._drop_partitions(day)
        else:
            deleted, rows = 0, self._count_rows(day)
            while chunk := self._drop_some(day):
                deleted += chunk
                progress(count * min(deleted, rows) // max(rows, 1))
        self._forget_day(day, today)
        return count

    @_step
    def _add_tombstones(self, tx: Connection, day: str) -> int:
        add_tombstones(tx, day)
        return tx.scalar(select(func.count()).select_from(CASES).where(CASES.c.day == day)) or 0

    @_step
    def _drop_partitions(self, tx: Connection, day: str) -> None:
        postgresql.drop_partitions(tx, day)

    @_read
    def _count_rows(self, tx: Connection, day: str) -> int:
        return sqlite.count_rows(tx, day)

    @_step
    def _drop_some(self, tx: Connection, day: str) -> int:
        return sqlite.drop_some(tx, day)

    @_step
    def _forget_day(self, tx: Connection, day: str, today: str) -> None:
        tx.execute(delete(schema.punctures).where(schema.punctures.c.day == day))
        tx.execute(delete(DAYS).where(DAYS.c.day == day))
        drop_old_tombstones(tx, today)
        tx.execute(delete(schema.used_tokens).where(schema.used_tokens.c.valid_until < today))

    @_read
    def waiting_punctures(self, tx: Connection) -> dict[str, set[int]]:
        """Return the leaves that no run has punctured yet, by day."""
        waiting: dict[str, set[int]] = {}
        for row in tx.execute(select(schema.punctures)):
            waiting.setdefault(row.day, set()).add(row.leaf)
        return waiting

    @_step
    def commit_puncture(self, tx: Connection, record: DayRecord, before: int, leaves: Collection[int]) -> None:
        """Store a punctured root, and delete its leaves from those that wait. Leaves added in the meantime still wait.

        Raises:
            StepError: another process has punctured this day in the meantime.
        """
        same = DAYS.c.day == record.day, DAYS.c.generation == before
        changed = tx.execute(update(DAYS).where(*same).values(generation=record.generation))
        if changed.rowcount != 1:
            raise StoreError("another process has punctured this day. This step changed nothing")
        tx.execute(update(ROOTS).where(ROOTS.c.day == record.day).values(root=record.sealed_root))
        _to_drop(tx, record.day, before)
        ordered = sorted(leaves)
        for start in range(0, len(ordered), sqlite.CHUNK):
            part = schema.punctures.c.leaf.in_(ordered[start : start + sqlite.CHUNK])
            tx.execute(delete(schema.punctures).where(and_(schema.punctures.c.day == record.day, part)))

    @_read
    def committed(self, tx: Connection) -> dict[str, int]:
        """Return the committed generation of each purpose: days, epochs, keyrings, sign-in."""
        generations = {day_purpose(row.day): row.generation for row in tx.execute(select(DAYS.c.day, DAYS.c.generation))}
        epochs, keyrings = schema.epochs, schema.keyrings
        generations |= {epoch_purpose(row.member, row.id): row.generation for row in tx.execute(select(epochs))}
        generations |= {keyring_purpose(row.member): row.generation for row in tx.execute(select(keyrings))}
        sign_in = tx.scalar(select(schema.store.c.sign_in_generation))
        if sign_in is not None:
            generations[SIGN_IN] = sign_in
        return generations

    @_read
    def retired(self, tx: Connection) -> Sequence[str]:
        """Return the purposes whose deletion keys no row needs any more."""
        return list(tx.scalars(select(schema.retired_purposes.c.purpose).order_by(schema.retired_purposes.c.purpose)))

    @_step
    def forget_retired(self, tx: Connection, purpose: str) -> None:
        """Record that the deletion keys of a purpose are destroyed."""
        tx.execute(delete(schema.retired_purposes).where(schema.retired_purposes.c.purpose == purpose))

    def scrub(self) -> str:
        """Clear the copies of deleted rows that the engine keeps. Return `clean`, or what is left and why."""
        if self.database.path is None:
            return postgresql.clear_log(self.database.engine)
        result = sqlite.scrub(self.database.path)
        if result != "clean":
            # A process that is killed early in a transaction leaves a journal, which only the next writer removes.
            with suppress(StepError):
                self._take_over_journal()
                result = sqlite.scrub(self.database.path)
        return result

    def remove_copies(self, today: str) -> None:
        """Remove the copies of an embedded store that upgrades on earlier days made.

        Raises:
            StepError: a copy cannot be removed.
        """
        if self.database.path is not None:
            try:
                earlier_copy.remove(self.database.path, today)
            except OSError as error:
                raise StepError(f"the copy of the store from before its upgrade cannot be removed: {error.strerror}") from None

    @_step
    def _take_over_journal(self, tx: Connection) -> None:
        # Change a value and change it back, because an update to the same value would write no journal.
        for value in (f"{self.store_id}-", self.store_id):
            tx.execute(update(schema.store).values(store_id=value))

    @_read
    def last_certificate(self, tx: Connection) -> bytes | None:
        """Return the text of the newest certificate, or None before the first."""
        table = schema.certificates
        return tx.scalar(select(table.c.text).order_by(table.c.number.desc()).limit(1))

    @_read
    def certificates(self, tx: Connection) -> Sequence[tuple[bytes, str]]:
        """Return the texts and signatures of all certificates, oldest first."""
        table = schema.certificates
        return [(bytes(row.text), row.signature) for row in tx.execute(select(table).order_by(table.c.number))]

    @_step
    def finish_run(self, tx: Connection, today: str, text: bytes, signature: str) -> None:
        """Record the day of the run and append its certificate, in one transaction."""
        number = tx.scalar(select(func.count()).select_from(schema.certificates))
        tx.execute(insert(schema.certificates).values(number=number, text=text, signature=signature))
        # Keep the later day: a clock that is a little behind must not make expired cases visible again.
        last = tx.scalar(select(schema.store.c.last_run))
        tx.execute(update(schema.store).values(last_run=max(today, last or today)))


def _record(row: Row[Any]) -> DayRecord:
    return DayRecord(row.day, row.generation, row.root, row.purging)


def add_tombstones(tx: Connection, day: str) -> None:
    """Store a tombstone for each case of a day."""
    of_day = select(CASES.c.lookup, CASES.c.day, CASES.c.tombstone_until).where(CASES.c.day == day)
    tx.execute(delete(TOMBSTONES).where(TOMBSTONES.c.lookup.in_(select(CASES.c.lookup).where(CASES.c.day == day))))
    tx.execute(insert(TOMBSTONES).from_select(["lookup", "day", "kept_until"], of_day))


def drop_old_tombstones(tx: Connection, today: str) -> None:
    """Delete expired tombstones."""
    tx.execute(delete(TOMBSTONES).where(TOMBSTONES.c.kept_until < today))


def _to_drop(tx: Connection, day: str, generation: int) -> None:
    same = UNDROPPED.c.day == day, UNDROPPED.c.generation == generation
    if tx.scalar(select(UNDROPPED.c.day).where(*same)) is None:
        tx.execute(insert(UNDROPPED).values(day=day, generation=generation))
