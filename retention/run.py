"""The deletion run: deletes expired days, punctures withdrawn and closed cases, and signs a certificate.

* Every step may be killed and repeated. One run at a time, among all processes.
* A step that fails does not stop the others.
* A run that could not finish reports what is left. It never reports a deletion that did not happen.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum

from crypto import certificate
from crypto.certificate import Certificate
from crypto.labels import Label
from crypto.signing import SigningKey, labelled_hash
from retention import clock, policy
from retention.days import DayRoots, day_purpose
from retention.errors import BusyError, KeyStoreError, MirrorUnavailableError, RetentionError
from retention.ports import DayRecord, KeyStore, Locks, RetentionStore

DROP_SECONDS = 5.0  # a healthy process drops a destroyed root within half a second
CLEAN = "clean"
HELD = "kept by a replica, a slot or an archive, encrypted under destroyed keys"


class Outcome(IntEnum):
    """The exit status of a run."""

    CLEAN = 0
    NOT_SCRUBBED = 1
    REFUSED = 2
    HELD = 3  # done: what a replica or an archive still keeps is encrypted under destroyed keys


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a run: what it deleted, and what it could not delete yet."""

    day: str
    days: tuple[str, ...]
    cases: int
    withdrawn: int
    keys: tuple[str, ...]
    left: tuple[str, ...]
    held: bool = False

    @property
    def scrub(self) -> str:
        """`clean`, `HELD`, or what is left and why."""
        return "; ".join(self.left) or (HELD if self.held else CLEAN)

    @property
    def outcome(self) -> Outcome:
        """Clean only if the run knows of nothing that is left anywhere."""
        if self.left:
            return Outcome.NOT_SCRUBBED
        return Outcome.HELD if self.held else Outcome.CLEAN


@dataclass(slots=True)
class _Run:
    """One run so far."""

    today: dt.date
    days: list[str] = field(default_factory=list)
    cases: int = 0
    withdrawn: int = 0
    keys: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    held: bool = False

    @contextmanager
    def step(self) -> Iterator[None]:
        """Note the error of a step that fails, so that the run continues with the next one."""
        try:
            yield
        except RetentionError as error:
            self.left.append(str(error))

    def report(self) -> Report:
        """Return the report of the steps so far."""
        left = tuple(dict.fromkeys(self.left))
        return Report(self.today.isoformat(), tuple(self.days), self.cases, self.withdrawn, tuple(self.keys), left, self.held)


@dataclass(frozen=True, slots=True)
class Punctured:
    """How many leaves a puncture removed, and the fingerprints of the keys that it destroyed."""

    leaves: int = 0
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Deletes from one store and its key store. `progress` receives a text for each step, without content of cases."""

    key_store: KeyStore
    locks: Locks
    roots: DayRoots
    store: RetentionStore
    signing_key: SigningKey
    policy: policy.Policy
    progress: Callable[[str], None] = lambda step: None

    def expired_days(self, today: dt.date) -> list[DayRecord]:
        """Return the days that have expired and are not deleted yet."""
        return [
            record for record in self.store.days() if record.purging or policy.expired(dt.date.fromisoformat(record.day), today)
        ]

    def run(self, today: dt.date, *, clock_is_right: bool = False) -> Report:
        """Delete everything that is due.

        Args:
            today: the current day, in UTC.
            clock_is_right: an operator has checked the clock, so do not compare it with the known days.

        Raises:
            ClockError: see `clock.check`. Nothing was done.
            BusyError: another run is in progress. Nothing was done.
            RetentionError: the store or the key store cannot be read. Nothing was done.
        """
        with self.locks.attempt("run") as acquired:
            if not acquired:
                raise BusyError("another deletion run is in progress. This one did nothing")
            if not clock_is_right:
                clock.check(today, self.store.known_days())
            return self._run(_Run(today))

    def puncture(self, day: str) -> Punctured:
        """Make every case of a day that waits for deletion unreadable in every copy. Other cases are not affected.

        Cases that wait together share one puncture. The old key is destroyed even if another process has committed the
        puncture. Other processes may still hold the old root: the caller waits for them with `DayRoots.dropped_by_all`.

        Raises:
            KeyStoreError: the old deletion key could not be destroyed. The new root is committed; the next run continues.
        """
        with self.locks.exclusive(day_purpose(day)):
            record = self.store.day(day)
            if record is None or record.purging:
                return Punctured()
            leaves = self.store.waiting_punctures().get(day, set())
            if leaves:
                after = self.roots.punctured(record, leaves)
                self.store.commit_puncture(after, record.generation, leaves)
                record = self.store.day(day)
                if record is None or record.generation != after.generation:
                    raise KeyStoreError("the store did not keep a puncture; no key was destroyed")
            return Punctured(len(leaves), tuple(self.roots.destroy_older(record)))

    def destroy_older(self, purpose: str, generation: int) -> None:
        """Destroy the deletion keys of a purpose below a committed generation.

        Raises:
            KeyStoreError: a key could not be destroyed. The next run destroys it.
        """
        with self.locks.exclusive(purpose):
            self.key_store.destroy(purpose, below=generation)

    def destroy_retired(self) -> tuple[str, ...]:
        """Destroy the deletion keys that nothing needs: of epochs after a rotation, and of members who left.

        Returns:
            The fingerprints of the destroyed keys.

        Raises:
            KeyStoreError: a key could not be destroyed. It stays recorded, and the next run continues.
        """
        keys: list[str] = []
        for purpose in self.store.retired():
            with self.locks.exclusive(purpose):
                keys += self.key_store.destroy(purpose)
                self.store.forget_retired(purpose)
        return tuple(keys)

    def _run(self, run: _Run) -> Report:
        run.left += self.key_store.repair(self.store.committed())
        for record in self.expired_days(run.today):
            with run.step():
                self._delete_day(run, record)
        for day in self.store.waiting_punctures():
            with run.step():
                self._puncture(run, day)
        with run.step():
            self._make_ahead(run.today)
        with run.step():
            self._destroy_unneeded(run)
        with run.step():
            self._wait_for_other_processes(run)
        if not run.left:  # until a run is clean, an operator may have to return to the version before an upgrade
            with run.step():
                self.store.remove_copies(run.today.isoformat())
        with run.step():
            self._scrub(run)
        report = run.report()
        # A run without its certificate is not finished. The next run repeats it.
        with run.step():
            self._certify(report)
        return run.report()

    def _delete_day(self, run: _Run, record: DayRecord) -> None:
        day = record.day
        with self.locks.exclusive(day_purpose(day)):
            try:
                self.store.begin_purge(day)
            except RetentionError as error:
                # A store that cannot be written must not keep the key from being destroyed.
                run.left.append(str(error))
            self.progress(f"{day}: destroying its key")
            try:
                keys = self.roots.destroy(day)
            except MirrorUnavailableError as error:
                # A later run updates the missing mirror. Delete the rows now.
                keys = error.destroyed
                run.left.append(str(error))
            cases = self.store.drop_day(day, run.today.isoformat(), lambda count: self.progress(f"{day}: {count} cases"))
        run.days.append(day)
        run.cases += cases
        run.keys += keys

    def _puncture(self, run: _Run, day: str) -> None:
        punctured = self.puncture(day)
        self.progress(f"{day}: {punctured.leaves} closed, moved or withdrawn")
        run.withdrawn += punctured.leaves
        run.keys += punctured.keys

    def _make_ahead(self, today: dt.date) -> None:
        # A clock that is a little behind must not make a day again that was deleted.
        newest = max(today, dt.date.fromisoformat(self.store.last_run() or today.isoformat()))
        first, last = newest + dt.timedelta(days=1), self.policy.latest(newest) + dt.timedelta(days=1)
        self.roots.make_ahead(self.store, first, last, lambda: self.progress("day keys made ahead"))

    def _destroy_unneeded(self, run: _Run) -> None:
        # A process that was killed between commit and destroy has left generations below the committed ones.
        keys: list[str] = []
        committed = self.store.committed()
        older = {purpose for purpose, generation in self.key_store.existing() if generation < committed.get(purpose, 0)}
        for purpose in sorted(older):
            with self.locks.exclusive(purpose):
                keys += self.key_store.destroy(purpose, below=self.store.committed().get(purpose, 0))
        run.keys += (*keys, *self.destroy_retired())

    def _wait_for_other_processes(self, run: _Run) -> None:
        if not self.roots.dropped_by_all(self.store, DROP_SECONDS):
            run.left.append("a server process that does not respond still holds destroyed day roots in memory: end it")

    def _scrub(self, run: _Run) -> None:
        result = self.store.scrub()
        if result == HELD:
            run.held = True
        elif result != CLEAN:
            run.left.append(result)

    def _certify(self, report: Report) -> None:
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
