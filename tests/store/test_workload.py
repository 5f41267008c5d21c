"""Counts of many cases that the group sees: counting in steps gives the same numbers."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import update

from crypto.encoding import new_id
from intake.service import verified_cache
from intake.service.verified_cache import VerifiedCache
from intake.store import schema
from intake.store.cases import submissions
from intake.store.members import workload
from intake.store.members.workload import Departed
from tests.support.world import TODAY, World

DAY = dt.timedelta(days=1)


def many(world: World, count: int) -> None:
    """Store `count` cases for each of two days, held by both members."""
    like, _ = world.submission("milk", TODAY + 5 * DAY)
    for day in (5, 9):
        submission = replace(like, expires=(TODAY + day * DAY).isoformat())
        some = [replace(submission, case=new_id(), lookup=new_id()) for _ in range(count)]
        with world.database.transaction() as tx:
            submissions.submit(tx, world.row_keys, some, TODAY)


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_counting_in_steps_misses_no_case_and_counts_none_twice(
    world: World, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workload, "STEP", step)
    monkeypatch.setattr(verified_cache, "MAX_STEP_SECONDS", 60)  # a machine under load may need more than the default
    many(world, 4)
    first, second = world.members
    with world.database.transaction() as tx:
        tx.execute(update(schema.cases).where(schema.cases.c.day == (TODAY + 9 * DAY).isoformat()).values(open=False))
        later = TODAY + 3 * DAY
        tally = VerifiedCache().tally(tx, later)
        assert tally.open == {first: 4, second: 4}
        assert tally.holders == {frozenset(world.members): 8}
        assert (tally.waiting, tally.waiting_by) == (4, {first: 4, second: 4})
        assert tally.sole_holder() == {}
        assert tally.departed([first]) == Departed(by_colleagues=8)
        assert tally.departed([]) == Departed(lost=8)
        # Cases that expired today count for nobody.
        assert VerifiedCache().tally(tx, TODAY + 5 * DAY).holders == {frozenset(world.members): 4}


def test_a_large_store_is_counted_again_step_by_step_while_it_changes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload, "STEP", 3)
    monkeypatch.setattr(verified_cache, "MAX_STEP_SECONDS", 60)  # a machine under load may need more than the default
    many(world, 4)
    known, first = VerifiedCache(), next(iter(world.members))
    with world.database.transaction() as tx:
        assert known.tally(tx, TODAY).open[first] == 8
        known.assigned(list(world.members))
        assert known.tally(tx, TODAY).open[first] == 9, "what was assigned meanwhile counts"
        tx.execute(update(schema.cases).values(open=False))
        for _ in range(3):
            assert known.tally(tx, TODAY, now=True)
        assert known.tally(tx, TODAY).open[first] == 0
