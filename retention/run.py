"""A purge run: what has expired goes, what was withdrawn or closed is punctured, and a certificate is left.

Each step may be killed and run again; one run at a time, among all processes. A step that fails does not stop the others.
A run that left anything says what: it reports failure, never a false "purged".
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from crypto import certificate
from crypto.certificate import Certificate
from crypto.labels import Label
from crypto.signing import SigningKey, labelled_hash
from retention import clock, policy
from retention.days import DayRoots, make_ahead, purpose_of
from retention.errors import BusyError, KeyStoreError, MirrorAwayError, RetentionError
from retention.ports import DayRecord, KeyStore, Locks, Purged, RetentionStore

DROP_SECONDS = 5.0  # a process drops a destroyed root within half a second; one that does not in this time hangs
CLEAN = "clean"


class Outcome(IntEnum):
    """The exit status that a scheduler sees."""

    CLEAN = 0
    NOT_SCRUBBED = 1
    REFUSED = 2


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, and what it could not do yet."""

    day: str
    days: tuple[str, ...]
    cases: int
    withdrawn: int
    keys: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def scrub(self) -> str:
        """`clean`, or what is left and why."""
        return "; ".join(self.left) or CLEAN

    @property
    def outcome(self) -> Outcome:
        """Clean only if nothing of what went is left anywhere that the run can know of."""
        return Outcome.NOT_SCRUBBED if self.left else Outcome.CLEAN


@dataclass
class _Doing:
    """What a run has done so far."""

    purged: list[Purged] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def step(self, do: Callable[[], Purged]) -> bool:
        """Do a step; one that fails is noted and does not stop the others."""
        try:
            self.purged.append(do())
        except RetentionError as error:
            self.left.append(str(error))
            return False
        return True


@dataclass(frozen=True, slots=True)
class Job:
    """All that a run needs; `progress` is told each step in words without content."""

    key_store: KeyStore
    locks: Locks
    roots: DayRoots
    store: RetentionStore
    signing_key: SigningKey
    policy: policy.Policy
    progress: Callable[[str], None] = lambda step: None

    def expired_days(self, today: dt.date) -> list[DayRecord]:
        """Days whose cases are gone in effect and not yet purged."""
        return [d for d in self.store.days() if d.purging or policy.expired(dt.date.fromisoformat(d.day), today)]

    def run(self, today: dt.date, *, clock_is_right: bool = False) -> Report:
        """Do all that is due.

        Raises:
            ClockError: as `clock.check`; nothing was done.
            BusyError: another run is under way; nothing was done.
            RetentionError: the store or the keeper cannot even be read; nothing was done.
        """
        with self.locks.attempt("run") as alone:
            if not alone:
                raise BusyError("another run is under way; this one did nothing")
            if not clock_is_right:
                clock.check(today, self.store.known_days())
            return self._run(today)

    def _run(self, today: dt.date) -> Report:
        done = _Doing(left=list(self.key_store.settle(self.store.committed())))
        for record in self.expired_days(today):
            if done.step(lambda record=record: self._purge(record, today, done.left)):  # type: ignore[misc]
                done.days.append(record.day)
        for day in self.store.waiting_punctures():
            done.step(lambda day=day: self._puncture(day))  # type: ignore[misc]
        done.step(lambda: self._make_ahead(today))
        done.step(self._clean_up)
        done.step(lambda: self._wait(done.left))
        done.step(lambda: self._scrub(done.left))
        report = self._report(done, today)
        # Without its certificate a run is not done: the next one does it again.
        done.step(lambda: self._certify(report))
        return self._report(done, today)

    def _report(self, done: _Doing, today: dt.date) -> Report:
        return Report(
            day=today.isoformat(),
            days=tuple(done.days),
            cases=sum(step.cases for step in done.purged),
            withdrawn=sum(step.withdrawn for step in done.purged),
            keys=tuple(key for step in done.purged for key in step.keys),
            left=tuple(dict.fromkeys(done.left)),
        )

    def _make_ahead(self, today: dt.date) -> Purged:
        # A clock a little behind does not make a day anew that was purged.
        newest = max(today, dt.date.fromisoformat(self.store.last_run() or today.isoformat()))
        first, last = newest + dt.timedelta(days=1), self.policy.latest(newest) + dt.timedelta(days=1)
        make_ahead(self.locks, self.roots, self.store, first, last, lambda: self.progress("day keys made ahead"))
        return Purged()

    def _purge(self, record: DayRecord, today: dt.date, left: list[str]) -> Purged:
        with self.locks.exclusive(purpose_of(record.day)):
            try:
                self.store.begin_purge(record.day)
            except RetentionError as error:
                # Whoever keeps the store from being written must not keep the key from being destroyed.
                left.append(str(error))
            self.progress(f"{record.day}: destroying its key")
            try:
                keys = self.roots.forget(record.day)
            except MirrorAwayError as error:
                # Destroyed where it could be; the mirror is brought up to date when it is back. The rows go now.
                keys = error.destroyed
                left.append(str(error))
            cases = self.store.drop_day(record.day, today.isoformat(), lambda n: self.progress(f"{record.day}: {n} cases"))
        return Purged(cases=cases, keys=tuple(keys))

    def _wait(self, left: list[str]) -> Purged:
        if not self.roots.dropped_by_all(self.store, DROP_SECONDS):
            left.append("a server that does not answer still holds what was destroyed in its memory: end it")
        return Purged()

    def _puncture(self, day: str) -> Purged:
        done = puncture(self.key_store, self.locks, self.roots, self.store, day)
        self.progress(f"{day}: {done.leaves} closed, moved or withdrawn")
        return Purged(withdrawn=done.leaves, keys=done.keys)

    def _clean_up(self) -> Purged:
        """Destroy generations below the committed ones, left by a process that was killed between commit and destroy."""
        keys: list[str] = []
        committed = self.store.committed()
        older = {found for found, generation in self.key_store.living() if generation < committed.get(found, 0)}
        for purpose in sorted(older):
            with self.locks.exclusive(purpose):
                keys += self.key_store.destroy(purpose, below=self.store.committed().get(purpose, 0))
        return Purged(keys=(*keys, *destroy_retired(self.key_store, self.locks, self.store)))

    def _scrub(self, left: list[str]) -> Purged:
        found = self.store.scrub()
        if found != CLEAN:
            left.append(found)
        return Purged()

    def _certify(self, report: Report) -> Purged:
        before = self.store.last_certificate()
        number = certificate.read(before).number + 1 if before is not None else 0
        text, signature = certificate.sign(
            Certificate(
                format=Label.CERTIFICATE.value,
                store=self.store.store_id,
                number=number,
                previous=labelled_hash(Label.CERTIFICATE, before) if before is not None else "",
                day=report.day,
                days=list(report.days),
                cases=report.cases,
                withdrawn=report.withdrawn,
                keys=list(report.keys),
                scrub=report.scrub,
            ),
            self.signing_key,
        )
        self.store.finish_run(report.day, text, signature)
        return Purged()


def destroy_retired(key_store: KeyStore, locks: Locks, store: RetentionStore) -> tuple[str, ...]:
    """Destroy the lock keys that nothing needs any more: of epochs after a rotation, of people who left.

    Raises:
        KeyStoreError: one could not be destroyed; it still waits, and the next run goes on.
    """
    keys: list[str] = []
    for purpose in store.retired():
        with locks.exclusive(purpose):
            keys += key_store.destroy(purpose)
            store.forget_retired(purpose)
    return tuple(keys)


@dataclass(frozen=True, slots=True)
class Punctured:
    """How many leaves went, and which keys were destroyed."""

    leaves: int = 0
    keys: tuple[str, ...] = ()


def puncture(key_store: KeyStore, locks: Locks, roots: DayRoots, store: RetentionStore, day: str) -> Punctured:
    """Make all that waits on a day unreadable everywhere, at once; its other cases are not touched.

    Those that wait together share one puncture. Who finds theirs done by another still sees to it that the old key is gone.
    That other processes drop the old root is waited for afterwards: `DayRoots.dropped_by_all`.

    Raises:
        KeyStoreError: the old lock key could not be destroyed. The new root is committed; the next run finishes.
    """
    with locks.exclusive(purpose_of(day)):
        record = store.day(day)
        if record is None or record.purging:
            return Punctured()
        leaves = store.waiting_punctures().get(day, set())
        if leaves:
            after = roots.punctured(record, leaves)
            store.commit_puncture(after, record.generation, leaves)
            record = store.day(day)
            if record is None or record.generation != after.generation:
                raise KeyStoreError("the store did not keep a puncture; no key was destroyed")
        return Punctured(len(leaves), tuple(roots.settle(record)))
