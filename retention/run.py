"""A purge run: what has expired goes, what was withdrawn or closed is punctured, and a certificate is left.

Each step may be killed and run again. A run that could not scrub says so: it reports failure, never a false "purged".
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from crypto import certificate
from crypto.certificate import Certificate
from crypto.labels import Label
from crypto.signing import SigningKey, labelled_hash
from retention import policy
from retention.days import DayRoots, make_ahead, purpose_of
from retention.errors import ClockError
from retention.ports import DayRecord, Keeper, Purged, RetentionStore

MAX_BEHIND = dt.timedelta(days=1)
MAX_AHEAD = dt.timedelta(days=2)


class Outcome(IntEnum):
    """The exit status that a scheduler sees."""

    CLEAN = 0
    NOT_SCRUBBED = 1
    REFUSED = 2


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did."""

    day: str
    days: tuple[str, ...]
    cases: int
    withdrawn: int
    keys: tuple[str, ...]
    scrub: str

    @property
    def outcome(self) -> Outcome:
        """Clean only if nothing of what went is left in the engine's files."""
        return Outcome.CLEAN if self.scrub == "clean" else Outcome.NOT_SCRUBBED


@dataclass(frozen=True, slots=True)
class Job:
    """All that a run needs; `progress` is told each step in words without content."""

    keeper: Keeper
    roots: DayRoots
    store: RetentionStore
    signing_key: SigningKey
    policy: policy.Policy
    progress: Callable[[str], None] = lambda step: None

    def check_clock(self, today: dt.date) -> None:
        """Refuse to run on a clock that contradicts the last run.

        Raises:
            ClockError: more than a day behind it, or more than two days after it.
        """
        last = self.store.last_run()
        if last is None:
            return
        gap = today - dt.date.fromisoformat(last)
        if gap < -MAX_BEHIND or gap > MAX_AHEAD:
            raise ClockError(
                f"the clock says {today}, the last run was on {last}. If the clock is right, run again with "
                "--the-clock-is-right."
            )

    def expired_days(self, today: dt.date) -> list[DayRecord]:
        """Days whose cases are gone in effect and not yet purged."""
        return [d for d in self.store.days() if d.purging or policy.expired(dt.date.fromisoformat(d.day), today)]

    def run(self, today: dt.date, *, clock_is_right: bool = False) -> Report:
        """Do all that is due.

        Raises:
            ClockError: see `check_clock`; nothing was done.
            KeeperError: a key could not be destroyed; what was done stays done, the next run goes on.
        """
        if not clock_is_right:
            self.check_clock(today)
        expired = self.expired_days(today)
        done = [self._purge(record, today) for record in expired]
        done += [self._puncture(day, leaves) for day, leaves in self.store.waiting_punctures().items()]
        done.append(Purged(keys=self._clean_up()))
        report = Report(
            day=today.isoformat(),
            days=tuple(record.day for record in expired),
            cases=sum(step.cases for step in done),
            withdrawn=sum(step.withdrawn for step in done),
            keys=tuple(key for step in done for key in step.keys),
            scrub=self.store.scrub(),
        )
        self._certify(report)
        make_ahead(
            self.keeper,
            self.roots,
            self.store,
            today + dt.timedelta(days=1),
            self.policy.latest(today) + dt.timedelta(days=1),
            lambda: self.progress("day keys made ahead"),
        )
        return report

    def _purge(self, record: DayRecord, today: dt.date) -> Purged:
        with self.keeper.lock(purpose_of(record.day)):
            self.store.begin_purge(record.day)
            keys = self.roots.forget(record.day)
            cases = self.store.drop_day(record.day, today.isoformat())
        self.progress(f"{record.day}: {cases} cases")
        return Purged(cases=cases, keys=tuple(keys))

    def _puncture(self, day: str, leaves: set[int]) -> Purged:
        keys = puncture(self.keeper, self.roots, self.store, day, leaves)
        self.progress(f"{day}: {len(leaves)} closed or moved")
        return Purged(withdrawn=len(leaves), keys=keys)

    def _clean_up(self) -> tuple[str, ...]:
        """Destroy generations below the committed ones, left by a process that was killed between commit and destroy."""
        keys: list[str] = []
        for purpose, generation in self.store.committed().items():
            with self.keeper.lock(purpose):
                keys += self.keeper.destroy(purpose, below=generation)
        return (*keys, *destroy_retired(self.keeper, self.store))

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


def destroy_retired(keeper: Keeper, store: RetentionStore) -> tuple[str, ...]:
    """Destroy the lock keys that nothing needs any more: of epochs after a rotation, of people who left.

    Raises:
        KeeperError: one could not be destroyed; it still waits, and the next run goes on.
    """
    keys: list[str] = []
    for purpose in store.retired():
        with keeper.lock(purpose):
            keys += keeper.destroy(purpose)
            store.forget_retired(purpose)
    return tuple(keys)


def puncture(keeper: Keeper, roots: DayRoots, store: RetentionStore, day: str, leaves: set[int]) -> tuple[str, ...]:
    """Make `leaves` of a day unreadable everywhere, at once; its other cases are not touched.

    Raises:
        KeeperError: the old lock key could not be destroyed. The new root is committed; the next run finishes.
    """
    with keeper.lock(purpose_of(day)):
        for record in store.days():
            if record.day == day and not record.purging:
                after = roots.punctured(record, leaves)
                store.commit_puncture(after, leaves)
                return tuple(roots.settle(after))
    return ()
