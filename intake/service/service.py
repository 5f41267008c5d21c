"""Combines the store, the key store, the clock and the writing thread into one service for form and desk."""

import asyncio
import contextlib
import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from crypto.encoding import b64, unb64
from crypto.errors import CryptoError
from crypto.keylist import KeyList
from crypto.labels import Label, derive
from crypto.secret import Secret
from crypto.signing import SigningKey
from intake.errors import NotFoundError, StaleError, UnavailableError
from intake.notices.delivery import Delivery
from intake.service import operator_log
from intake.service.argon2_pool import Argon2Pool
from intake.service.automatic_backups import AutomaticBackups
from intake.service.case_events import CaseEvents
from intake.service.clock import Clock, ClockGuard
from intake.service.group_commit import BatchWrite, Writer, separately
from intake.service.installation import Installation, open_
from intake.service.operator_log import Event
from intake.service.quota import Quota
from intake.service.verified_cache import VerifiedCache
from intake.settings import Settings
from intake.store.cases.row_keys import RowKeys
from intake.store.engines import postgresql
from intake.store.engines.engine import Database, Transaction
from intake.store.errors import ConflictError, NotThereError, StoreError
from retention.errors import LostKeyError, RetentionError
from retention.files import read_regular
from retention.run import Job

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741  # an item
DROP_SECONDS = 3.0  # seconds that a withdrawal waits for other processes to drop the key. They check twice a second
_SECRET = 32  # bytes of the key for tokens
_DAY_SECONDS = 24 * 3600


def utc_now() -> dt.datetime:
    """Return the time of the machine's clock in UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass
class Service:
    """One open installation."""

    settings: Settings
    clock: Clock
    guard: ClockGuard
    parts: Installation
    job: Job
    secret: Secret
    writer: Writer
    quota: Quota
    backups: AutomaticBackups
    case_events: CaseEvents = field(default_factory=CaseEvents)
    verified: VerifiedCache = field(default_factory=VerifiedCache)
    argon2_pool: Argon2Pool = field(default_factory=Argon2Pool)
    delivery: Delivery = field(default_factory=Delivery)
    writes: int = 0  # of this process to anything but new cases, so that what is cached from the store is read again

    @classmethod
    def open(cls, settings: Settings, clock: Clock = utc_now, *, upgrade: bool = False, exclusive: bool = False) -> "Service":
        """Open store and key store, and refuse a pair that does not belong together.

        Args:
            settings: the operator's settings.
            clock: returns the time.
            upgrade: migrate the schema first, if it is of an earlier version.
            exclusive: open as a server, so that no second server opens an embedded store.

        Raises:
            StoreError, RetentionError: one of them cannot be opened, or they do not belong together.
        """
        parts = open_(settings, clock().astimezone(dt.UTC).date(), upgrade=upgrade, exclusive=exclusive)
        try:
            secret = _server_secret(settings)
            signing_key = SigningKey(derive(secret, Label.CERTIFICATE))
            job = Job(parts.key_store, parts.locks, parts.roots, parts.store, signing_key, settings.policy)
            guard = ClockGuard(clock, parts.store)
        except BaseException:
            parts.close()
            raise
        backups = AutomaticBackups(settings, parts.key_store, lambda: guard.clock_day.isoformat())
        return cls(settings, clock, guard, parts, job, secret, Writer(parts.database), Quota(settings.quota), backups)

    @property
    def database(self) -> Database:
        """The database, for work outside of requests and runs."""
        return self.parts.database

    @property
    def row_keys(self) -> RowKeys:
        """The keys that encrypt the store's rows."""
        return self.parts.row_keys

    @property
    def today(self) -> dt.date:
        """The day in UTC. It is never before the last run's, so that a clock set back shows no deleted case again.

        Raises:
            ClockError: the clock contradicts the known days.
        """
        return self.guard.today

    @property
    def clock_day(self) -> dt.date:
        """The clock's day in UTC, even if it contradicts the store. Runs check it themselves."""
        return self.guard.clock_day

    @property
    def seconds(self) -> int:
        """Seconds since 1970, for sessions and links only. Raises as `today`."""
        return self.guard.seconds

    @property
    def part_of_day(self) -> float:
        """The part of the UTC day that has passed, from 0 to 1. Raises as `today`."""
        return self.seconds % _DAY_SECONDS / _DAY_SECONDS

    async def read(self, what: Callable[[Transaction], T]) -> T:
        """Run `what` in a transaction of its own, off the event loop."""
        return await asyncio.to_thread(self._in_transaction, what)

    async def in_thread(self, what: Callable[[], T]) -> T:
        """Run `what`, which opens its own transactions, off the event loop. Raises as `write`."""
        try:
            return await asyncio.to_thread(what)
        except Exception as error:
            raise translated(error) from None
        finally:
            self.writes += 1

    async def write(self, what: Callable[[Transaction], T]) -> T:
        """Run `what` in a transaction, and return once it is durable.

        Raises:
            UnavailableError: the store or the key store failed. Nothing was stored.
        """
        try:
            return await self._put(separately, what)
        finally:
            self.writes += 1

    async def write_together(self, what: BatchWrite[I, T], item: I) -> T:
        """Write `item` by `what`, which receives all waiting items of its kind at once. Raises as `write`.

        Other processes on the store may do the same at the same time, so `what` must keep its guarantees (docs/adr/0044).
        """
        return await self._put(what, item, concurrent=True)

    async def _put(self, what: BatchWrite[I, T], item: I, *, concurrent: bool = False) -> T:
        try:
            return await asyncio.wrap_future(self.writer.put(what, item, concurrent=concurrent))
        except Exception as error:
            raise translated(error) from None

    def count_for_desk(self, tx: Transaction, member: str, size: int) -> None:
        """Count the bytes that a member writes, in the transaction that writes them. Raises as `Quota.take_for_desk`."""
        self.quota.take_for_desk(tx, self.today.isoformat(), member, size)

    def keys(self, tx: Transaction) -> KeyList:
        """Return the verified key list.

        Raises:
            ClosedError: no coordinator has enrolled yet.
        """
        return self.verified.keys(tx, self.today)

    async def destroy(self, day: str) -> bool:
        """Puncture a day's withdrawn leaves now. Return False if another copy or process may still decrypt them."""
        job = self.job
        try:
            await asyncio.to_thread(job.puncture, day)
            return await asyncio.to_thread(job.roots.dropped_by_all, job.store, DROP_SECONDS, day)
        except (RetentionError, StoreError):
            return False

    async def forget_older(self, purpose: str, generation: int) -> None:
        """Destroy the deletion keys of all generations below a committed one. After a failure, the next run does it."""
        with contextlib.suppress(RetentionError):
            await asyncio.to_thread(self.job.destroy_older, purpose, generation)

    async def destroy_retired(self) -> None:
        """Destroy the retired keys after a rotation or a departure. After a failure, the next run does it."""
        with contextlib.suppress(RetentionError, StoreError):
            await asyncio.to_thread(self.job.destroy_retired)

    def may_purge(self) -> bool:
        """Return whether this process's database login may create and drop days."""
        return not self.settings.database_url or self.database.run(postgresql.may_purge)

    def close(self) -> None:
        """Finish the writes that wait, then close the store."""
        self.argon2_pool.close()
        self.writer.close()
        self.parts.close()

    def _in_transaction(self, what: Callable[[Transaction], T]) -> T:
        try:
            try:
                return self.parts.database.run(what, read_only=True)
            except LostKeyError:
                # Another process punctured the day after this one had read it. The committed row names the key that exists now.
                return self.parts.database.run(what, read_only=True)
        except Exception as error:
            raise translated(error) from None


def translated(error: Exception) -> Exception:
    """Translate an error of the store, the key store or a format into one of this package."""
    if isinstance(error, ConflictError):
        return StaleError(str(error))
    if isinstance(error, NotThereError):
        return NotFoundError("this does not exist, or you may not see it. Nothing was changed")
    if isinstance(error, (StoreError, RetentionError, CryptoError)):
        operator_log.log(Event.UNAVAILABLE, error)
        return UnavailableError("the store failed. Nothing was stored. Try again later")
    return error


def _server_secret(settings: Settings) -> Secret:
    path = settings.secrets
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # a shared store does not create the folder
            descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(b64(os.urandom(_SECRET)))
        return Secret(unb64(read_regular(path, 4 * _SECRET).decode("ascii"), _SECRET))
    except (OSError, CryptoError, UnicodeDecodeError):
        raise StoreError(f"the server's own secret at {path.name} cannot be read. Check its owner and its content") from None
