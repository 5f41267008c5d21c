"""Two processes store submissions in one PostgreSQL at the same time. Each guarantee of ADR 44 is attacked by itself.

A process is a `World` of its own on the same database and key store. `beside` leaves a transaction open, as a slow one does.
"""

import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from crypto.dayroot import LeafDraw
from intake.errors import FullError
from intake.service.quota import SHARE_PERCENT, Quota, Share
from intake.settings import QuotaSettings
from intake.store import schema
from intake.store.cases import submissions, usage, used_tokens
from intake.store.cases.row_sealer import RowSealer
from intake.store.cases.submissions import Duplicate, Outcome, Stored, Submission
from intake.store.engines.engine import Transaction, savepoint
from intake.store.errors import ConflictError, Refused
from intake.store.members import notices
from tests.support.patience import PATIENCE
from tests.support.postgres import Cluster
from tests.support.world import TODAY, World

T = TypeVar("T")
DAY = TODAY.isoformat()
SOON = TODAY + dt.timedelta(days=30)
WAIT = 1.0  # seconds after which a write that has not ended is waiting for a lock


@pytest.fixture
def two(tmp_path: Path, cluster: Cluster, ready_postgresql: World) -> Iterator[tuple[World, World]]:
    """Open two processes on one store."""
    shutil.copytree(ready_postgresql.folder, tmp_path / "var")
    url = cluster.new(like=ready_postgresql.url)
    worlds = [World.open(tmp_path / "var", dict(ready_postgresql.members), url=url) for _ in range(2)]
    yield worlds[0], worlds[1]
    for world in worlds:
        world.close()
    cluster.drop()


def submit(world: World, tx: Transaction, *new: Submission) -> list[Outcome]:
    return submissions.submit(tx, world.row_keys, new, TODAY)


def stored(world: World, *new: Submission) -> list[Outcome]:
    """Store cases as the writing thread does, in a transaction that is repeated after a conflict."""

    def write(tx: Transaction) -> list[Outcome]:
        world.database.take_turn(tx, concurrent=True)
        return submit(world, tx, *new)

    return world.database.run(write, concurrent=True)


def some(world: World, count: int, expires: dt.date = SOON) -> list[Submission]:
    return [world.submission("milk", expires)[0] for _ in range(count)]


def beside(world: World, first: Callable[[Transaction], object], other: Callable[[], T]) -> tuple[bool, T]:
    """Run `other` in a thread while the transaction of `first` is open. Return whether it waited for it, and its result."""
    with ThreadPoolExecutor(1) as thread:
        with world.database.transaction(concurrent=True) as tx:
            first(tx)
            future: Future[T] = thread.submit(other)
            until = time.monotonic() + WAIT
            while not future.done() and time.monotonic() < until:
                time.sleep(0.01)
            waited = not future.done()
        return waited, future.result(PATIENCE)


def test_two_processes_store_cases_without_waiting_for_each_other(two: tuple[World, World]) -> None:
    here, there = two
    first, second = some(here, 4), some(there, 4)

    def begin(tx: Transaction) -> None:
        here.database.take_turn(tx, concurrent=True)
        assert submit(here, tx, *first) == [Stored()] * 4

    stored(here, *some(here, 1))  # counts a block of leaves, which another process would wait for
    stored(there, *some(there, 1))
    assert beside(here, begin, lambda: stored(there, *second)) == (False, [Stored()] * 4)


def test_any_other_write_waits_for_the_submissions_and_they_wait_for_it(two: tuple[World, World]) -> None:
    here, there = two

    def other() -> None:
        there.database.run(lambda tx: there.database.take_turn(tx))

    waited, _ = beside(here, lambda tx: here.database.take_turn(tx, concurrent=True), other)
    assert waited
    waited, _ = beside(here, lambda tx: here.database.take_turn(tx), lambda: stored(there, *some(there, 1)))
    assert waited


def test_a_stream_of_submissions_does_not_keep_another_write_waiting(two: tuple[World, World]) -> None:
    here, there = two
    with ThreadPoolExecutor(2) as threads, here.database.transaction(concurrent=True) as tx:
        here.database.take_turn(tx, concurrent=True)
        other = threads.submit(there.database.run, there.database.take_turn)
        time.sleep(WAIT)
        late = threads.submit(stored, there, *some(there, 1))  # begins later, so it must not end earlier
        time.sleep(WAIT)
        assert not other.done()
        assert not late.done()
    assert other.result(20) is None
    assert late.result(20) == [Stored()]


def outcome_of_twin(two: tuple[World, World], name: str) -> Outcome:
    """Store a case while another process stores one with the same value of `name` on the next day. Return its outcome."""
    here, there = two
    (mine,), (theirs,) = some(here, 1), some(there, 1, SOON + dt.timedelta(days=1))
    twin = replace(theirs, **{name: getattr(mine, name)})
    waited, (outcome,) = beside(here, lambda tx: submit(here, tx, mine), lambda: stored(there, twin))
    assert waited
    return outcome


def test_one_case_id_is_stored_once_even_on_two_days(two: tuple[World, World]) -> None:
    outcome = outcome_of_twin(two, "case")
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.reason, ConflictError)


def test_the_same_request_at_two_processes_at_once_is_stored_once_and_acknowledged_twice(two: tuple[World, World]) -> None:
    here, there = two
    (mine,) = some(here, 1)
    assert beside(here, lambda tx: submit(here, tx, mine), lambda: stored(there, mine)) == (True, [Duplicate()])


def test_one_receipt_opens_one_case_even_on_two_days(two: tuple[World, World]) -> None:
    assert isinstance(outcome_of_twin(two, "lookup"), Refused)


def test_the_same_cases_in_another_order_do_not_lock_both_processes(two: tuple[World, World]) -> None:
    here, there = two
    new = some(here, 20)
    began = time.monotonic()
    with ThreadPoolExecutor(2) as threads:
        results = [threads.submit(stored, here, *new), threads.submit(stored, there, *reversed(new))]
        outcomes = [result.result(20) for result in results]
    assert sorted(outcomes, key=repr) == [[Duplicate()] * 20, [Stored()] * 20]
    assert time.monotonic() - began < 5


def test_two_processes_never_take_one_leaf(two: tuple[World, World], monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = two

    def in_order(draw: LeafDraw) -> list[int]:
        first, missing = draw._drawn, draw._count - len(draw.leaves)
        draw._drawn += missing
        return list(range(first, first + missing))

    for world in two:
        stored(world, *some(world, 1, SOON))  # counts a block of leaves, which another process would wait for
    monkeypatch.setattr(LeafDraw, "candidates", in_order)
    first, second = some(here, 8), some(there, 8)
    assert beside(here, lambda tx: submit(here, tx, *first), lambda: stored(there, *second)) == (False, [Stored()] * 8)
    with here.database.transaction(read_only=True) as tx:
        leaves = list(tx.scalars(select(schema.cases.c.leaf)))
    assert len(set(leaves)) == len(leaves) == 18


def test_a_day_whose_deletion_begins_waits_for_the_case_and_takes_no_more(two: tuple[World, World]) -> None:
    here, there = two
    day = SOON.isoformat()
    stored(here, *some(here, 1))  # counts a block of leaves, which a run would wait for in any case
    waited, _ = beside(here, lambda tx: submit(here, tx, *some(here, 1)), lambda: there.store.begin_purge(day))
    assert waited
    (outcome,) = stored(here, *some(here, 1))
    assert isinstance(outcome, Refused)
    assert "Nothing was stored" in str(outcome.reason)


def test_a_case_that_waits_for_the_deletion_of_its_day_is_refused(two: tuple[World, World]) -> None:
    here, there = two
    day = SOON.isoformat()

    def begin(tx: Transaction) -> None:
        tx.execute(select(schema.days).where(schema.days.c.day == day).with_for_update())
        tx.execute(schema.days.update().where(schema.days.c.day == day).values(purging=True))

    waited, (outcome,) = beside(here, begin, lambda: stored(there, *some(there, 1)))
    assert waited
    assert isinstance(outcome, Refused)


def test_a_leaf_that_is_punctured_while_a_case_takes_it_is_not_taken(
    two: tuple[World, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    withdrawn, _ = there.submit("milk", SOON)
    here.submit("milk", SOON)  # opens the day's root before the puncture
    leaf = there.withdraw(withdrawn).leaf
    real, drawn, calls = RowSealer._claimed, LeafDraw.candidates, list[str]()

    def puncture_first(sealer: RowSealer, candidates: dict[str, list[int]]) -> dict[str, list[int]]:
        calls.append("")
        if len(calls) == 1:
            there.job.puncture(SOON.isoformat())
        return real(sealer, candidates)

    def the_leaf_first(draw: LeafDraw) -> list[int]:
        more = drawn(draw)
        return [leaf, *more] if more and draw._root.covers(leaf) else more

    monkeypatch.setattr(RowSealer, "_claimed", puncture_first)
    monkeypatch.setattr(LeafDraw, "candidates", the_leaf_first)
    new, key = here.submission("bread", SOON)
    assert stored(here, new) == [Stored()]
    assert len(calls) > 1  # it was tried again with the new root
    assert there.read(new.case, key) == "bread"


def test_a_root_is_read_with_its_own_generation(two: tuple[World, World]) -> None:
    here, there = two
    case, _ = there.submit("milk", SOON)
    with here.database.transaction() as tx:
        generation = tx.scalar(select(schema.days.c.generation).where(schema.days.c.day == SOON.isoformat()))
    assert generation is not None
    there.withdraw(case)
    there.job.puncture(SOON.isoformat())
    with here.database.transaction() as tx:
        here.row_keys.root_of(tx, SOON.isoformat(), generation)


def test_one_token_is_redeemed_once(two: tuple[World, World]) -> None:
    here, there = two

    def redeem() -> str:
        with there.database.transaction(concurrent=True) as tx:
            try:
                with savepoint(tx):
                    used_tokens.redeem_all(tx, ["offer"], TODAY)
            except ConflictError:
                return "refused"
        return "redeemed twice"

    assert beside(here, lambda tx: used_tokens.redeem_all(tx, ["offer"], TODAY), redeem) == (True, "refused")


def test_processes_exceed_a_share_by_one_batch_each_at_most(two: tuple[World, World]) -> None:
    here, there = two
    quotas = [Quota(QuotaSettings(total_mib=1000, day_mib=10)) for _ in two]
    room, batch = 10 * 2**20 * SHARE_PERCENT[Share.REQUESTS] // 100, [2**20]

    def fill(world: World, quota: Quota) -> list[Exception | None]:
        with world.database.transaction(concurrent=True) as tx:
            return quota.take(tx, DAY, batch, Share.REQUESTS)

    for _ in range(5):
        assert fill(here, quotas[0]) == [None]
    waited, taken = beside(here, lambda tx: quotas[0].take(tx, DAY, batch, Share.REQUESTS), lambda: fill(there, quotas[1]))
    assert (waited, taken) == (False, [None])  # neither sees what the other is about to commit
    for world, quota in zip(two, quotas, strict=True):
        assert isinstance(fill(world, quota)[0], FullError)
    with here.database.transaction() as tx:
        assert usage.size(tx, DAY, Share.REQUESTS) == room + sum(batch)


def test_a_process_behind_midnight_does_not_delete_the_count_of_the_new_day(two: tuple[World, World]) -> None:
    here, there = two
    tomorrow = (TODAY + dt.timedelta(days=1)).isoformat()
    with here.database.transaction(concurrent=True) as tx:
        usage.add(tx, tomorrow, Share.REQUESTS, "here", 2**20)
    with there.database.transaction(concurrent=True) as tx:
        usage.add(tx, DAY, Share.REQUESTS, "there", 2**20)
    with here.database.transaction(concurrent=True) as tx:
        assert usage.size(tx, tomorrow, Share.REQUESTS) == 2**20


def test_a_member_is_marked_for_a_notice_by_two_processes_at_once(two: tuple[World, World]) -> None:
    here, there = two
    members = sorted(here.members)

    def mark() -> None:
        there.database.run(lambda tx: notices.mark(tx, reversed(members)), concurrent=True)

    beside(here, lambda tx: notices.mark(tx, members), mark)
    with here.database.transaction() as tx:
        assert notices.take_due(tx) == members


def test_the_count_of_leaves_is_at_most_a_block_too_high_for_each_process(two: tuple[World, World]) -> None:
    for world in two:
        for _ in range(3):
            stored(world, *some(world, 5))
    with two[0].database.transaction() as tx:
        counted = tx.scalar(select(schema.days.c.leaves_taken).where(schema.days.c.day == SOON.isoformat()))
        assert tx.scalar(select(func.count()).select_from(schema.cases)) == 30
    assert counted is not None
    assert 30 <= counted <= 2 * 256
