"""Several processes on one store and one key store: punctures, runs, kills. Each engine; real files, real SIGKILLs."""

import datetime as dt
import multiprocessing
import os
import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from crypto.age import Identity
from crypto.errors import PuncturedError
from intake.store.cases import cases
from intake.store.deletion.purge_store import PurgeStore
from intake.store.errors import BusyStoreError, NotThereError
from retention import days
from retention.errors import BusyError, LostKeyError
from retention.key_stores.file import FileKeyStore
from retention.ports import DayRecord
from retention.run import Outcome, Punctured
from tests.support.patience import PATIENCE
from tests.support.world import TODAY, World, reopen

DAY = dt.timedelta(days=1)
SOON = TODAY + 3 * DAY


@contextmanager
def another(world: World, today: dt.date = TODAY) -> Iterator[World]:
    """Open a second process on the same store and key store: its own connections, files and cached roots."""
    opened = World.open(world.folder, world.members, url=world.url, today=today)
    try:
        yield opened
    finally:
        opened.close()


def punctured(world: World, day: str) -> Punctured:
    return world.job.puncture(day)


def test_a_root_cached_in_another_process_opens_nothing_after_the_withdrawal_was_answered(world: World) -> None:
    case, key = world.submit("canary", SOON)
    kept, kept_key = world.submit("neighbour", SOON)
    with another(world) as other:
        assert other.read(case, key) == "canary"  # that process now caches the root
        location = world.withdraw(case)
        punctured(world, location.day)
        # While another process still caches the root, no server reports the withdrawal as done.
        assert not world.roots.dropped_by_all(world.store, 0.2, location.day)
        assert punctured(world, location.day).leaves == 0
        assert not world.roots.dropped_by_all(world.store, 0.2, location.day)
        other.roots.drop_destroyed()
        assert world.roots.dropped_by_all(world.store, 1, location.day)
        # A puncture without remaining work does not wait, although both processes cache the current root.
        assert other.read(kept, kept_key) == world.read(kept, kept_key) == "neighbour"
        began = time.monotonic()
        punctured(world, location.day)
        assert world.roots.dropped_by_all(world.store, 5, location.day)
        assert time.monotonic() - began < 1
        with pytest.raises(NotThereError):
            other.read(case, key)
        with other.database.transaction() as tx, pytest.raises(PuncturedError):
            other.row_keys.root(tx, location.day).evaluate(location.leaf)
        assert other.read(kept, kept_key) == "neighbour"


def test_a_process_that_starts_at_each_step_of_anothers_puncture_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, kept_key = world.submit("neighbour", SOON)
    steps: list[str] = []

    def start(step: str) -> None:
        with another(world) as other:
            assert other.read(kept, kept_key) == "neighbour"
        steps.append(step)

    def around(owner: type, name: str) -> None:
        was: Callable[..., Any] = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            monkeypatch.setattr(owner, name, was)  # the other process runs without this wrapper
            start(f"before {name}")
            done = was(*args, **kwargs)
            start(f"after {name}")
            return done

        monkeypatch.setattr(owner, name, wrapped)

    for owner, name in (
        (FileKeyStore, "make"),
        (FileKeyStore, "keep_copy"),
        (PurgeStore, "commit_puncture"),
        (FileKeyStore, "remove"),
    ):
        case, _ = world.submit("canary", SOON)
        location = world.withdraw(case)
        around(owner, name)
        assert punctured(world, location.day).leaves == 1
    assert len(steps) == 8
    assert world.read(kept, kept_key) == "neighbour"


def test_two_processes_puncturing_the_same_day_at_once_both_succeed(world: World) -> None:
    submitted = [world.submit(f"{n}", SOON) for n in range(12)]
    with another(world) as other:

        def take_back(n: int) -> Punctured:
            mine = (world, other)[n % 2]
            location = mine.withdraw(submitted[n][0])
            done = punctured(mine, location.day)
            mine.roots.drop_destroyed()
            return done

        with ThreadPoolExecutor(8) as threads:
            done = list(threads.map(take_back, range(8)))
        assert sum(puncture.leaves for puncture in done) == 8
        for mine in (world, other):
            for n in range(8, 12):
                assert mine.read(*submitted[n]) == f"{n}"
            for n in range(8):
                with pytest.raises(NotThereError):
                    mine.read(*submitted[n])
    assert len({generation for purpose, generation in world.key_store.existing() if purpose == f"day {SOON}"}) == 1


def test_two_processes_submitting_and_making_days_ahead_at_once_lose_nothing(world: World) -> None:
    with another(world) as other:
        with ThreadPoolExecutor(8) as threads:
            both = (world, other)
            submitted = list(threads.map(lambda n: retried(lambda: both[n % 2].submit(f"{n}", SOON)), range(24)))
            ahead = list(threads.map(lambda mine: ran(mine, TODAY + DAY), both))
        assert sorted(ahead) == ["busy", "clean"] or ahead == ["clean", "clean"]
        for n, case in enumerate(submitted):
            assert both[(n + 1) % 2].read(*case) == f"{n}"
        days = [record.day for record in world.store.days()]
        assert len(days) == len(set(days))


def retried(what: Callable[[], tuple[str, Identity]]) -> tuple[str, Identity]:
    """Try again on conflicts with other processes, as the service does."""

    while True:
        try:
            return what()
        except BusyStoreError:
            time.sleep(random.random() / 20)


def ran(world: World, today: dt.date) -> str:
    try:
        return world.job.run(today).scrub
    except BusyError:
        return "busy"


def test_exactly_one_of_two_processes_purges_and_the_other_takes_over_when_it_dies(world: World) -> None:
    world.submit("canary", SOON)
    begun = multiprocessing.get_context("fork").Event()
    holder = in_child(world, lambda mine: hold_the_lease(mine, begun))
    assert begun.wait(PATIENCE)
    with pytest.raises(BusyError):
        world.job.run(SOON, clock_is_right=True)
    assert world.store.counts() == {SOON.isoformat(): 1}
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            report = world.job.run(SOON, clock_is_right=True)
            break
        except BusyError:
            assert time.monotonic() < until
            time.sleep(0.05)
    assert (report.outcome, report.cases) == (Outcome.CLEAN, 1)


def hold_the_lease(world: World, begun: Any) -> None:
    with world.job.locks.attempt("run") as alone:
        assert alone
        begun.set()
        time.sleep(60)


def in_child(world: World, what: Callable[[World], None]) -> int:
    """Start a real process with its own connections; return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        mine = World.open(world.folder, world.members, url=world.url)
        mine.job = world.job.__class__(
            mine.key_store, mine.job.locks, mine.roots, mine.store, world.job.signing_key, world.job.policy
        )
        what(mine)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


_STEPS = (
    (FileKeyStore, ("repair", "make", "keep_copy", "remove")),
    (PurgeStore, ("begin_purge", "_add_tombstones", "_drop_partitions", "_drop_some", "_forget_day", "commit_puncture",
                  "forget_retired", "scrub", "finish_run", "add_day")),
    (days.DayRoots, ("destroy", "destroy_older")),
)  # fmt: skip


def dying_after(step: int) -> None:
    """Make this process die after that many steps of a run."""
    left = [step]

    def mortal(was: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            done = was(*args, **kwargs)
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return wrapped

    for owner, names in _STEPS:
        for name in names:
            setattr(owner, name, mortal(getattr(owner, name)))


def run_at(mine: World, today: dt.date) -> None:
    mine.job.run(today, clock_is_right=True)


def due(world: World, today: dt.date) -> list[str]:
    """Prepare one thing of each kind for the next run: a day with two cases, and a withdrawn case."""
    gone = [world.submit("canary", today + DAY, today)[0] for _ in range(2)]
    case, _ = world.submit("canary", today + 20 * DAY, today)
    world.withdraw(case, today)
    return [*gone, case]


def ends_clean(world: World, today: dt.date, gone: list[str], live: list[tuple[str, Identity]]) -> None:
    report = world.job.run(today, clock_is_right=True)
    assert report.outcome is Outcome.CLEAN, report.left
    assert all(day > today.isoformat() for day in world.store.counts())
    assert world.store.waiting_punctures() == {}
    committed = world.store.committed()
    assert dict(world.key_store.existing()) == committed
    for case in gone:
        with world.database.transaction() as tx, pytest.raises(NotThereError):
            cases.find(tx, case, today)
    for case, key in live:
        assert world.read(case, key, today) == "live"


def test_sigkill_after_each_step_of_a_run_the_next_ends_clean_and_nothing_live_is_lost(world: World) -> None:
    live = [world.submit("live", TODAY + 80 * DAY), world.submit("live", TODAY + 20 * DAY + 40 * DAY)]
    today, step, killed = TODAY, 1, 0
    while True:
        gone = due(world, today)
        world.close()
        today += DAY

        def dies(mine: World, step: int = step, today: dt.date = today) -> None:
            dying_after(step)
            run_at(mine, today)

        _, status = os.waitpid(in_child(world, dies), 0)
        reopen(world, today)
        ends_clean(world, today, gone, live)
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        killed += 1
        step += 1
    assert killed >= 10


def test_sigkill_fifty_times_at_random_the_next_run_ends_clean_and_nothing_live_is_lost(world: World) -> None:
    live = [world.submit("live", TODAY + 85 * DAY)]
    today, chance, killed, longest = TODAY, random.Random(4), 0, 0.1
    for n in range(50):
        gone = due(world, today) if n % 2 else []
        world.close()
        today += DAY
        child = in_child(world, lambda mine, today=today: run_at(mine, today))  # type: ignore[misc]
        time.sleep(chance.uniform(0.0, longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        longest *= 1.02 if os.WIFSIGNALED(status) else 0.8  # about as long as a run takes on this machine
        reopen(world, today)
        ends_clean(world, today, gone, live)
    assert killed >= 40


def test_a_key_destroyed_between_two_reads_is_reported_as_lost_and_not_as_wrong(world: World) -> None:
    record = next(iter(world.store.days()))
    world.roots.destroy(record.day)
    with pytest.raises(LostKeyError):
        world.roots.root(DayRecord(record.day, record.generation, record.sealed_root))
