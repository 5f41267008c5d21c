"""The state that a monitor reads, and what a run reports while another process holds the database."""

import datetime as dt
import os
import shutil

import pytest
from sqlalchemy import delete

from intake.store import schema
from intake.store.errors import BusyStoreError
from retention import run
from retention.errors import KeyStoreError, StepError
from retention.health import assess, damaged_keys, folder_problems
from retention.run import HELD, Outcome
from tests.support.world import TODAY, World

DAY = dt.timedelta(days=1)
SOON = TODAY + DAY


def test_upcoming_days_overdue_days_and_living_keys_are_reported(world: World) -> None:
    world.submit("milk", SOON)
    health = assess(world.key_store, world.store, TODAY)
    assert (health.coming, health.oldest, health.overdue) == ({SOON.isoformat(): 1}, None, ())
    assert (health.last_run, health.last_scrub, health.keys["epoch"]) == (TODAY.isoformat(), "clean", 2)
    late = assess(world.key_store, world.store, SOON + DAY)
    assert late.oldest == SOON.isoformat()
    assert late.overdue == (f"{SOON} should have been deleted and is not", f"the last deletion run was on {TODAY}")


def test_a_key_whose_day_was_deleted_from_the_store_is_overdue(world: World) -> None:
    world.job.run(SOON)
    world.key_store.make(f"day {SOON}")
    assert assess(world.key_store, world.store, SOON + DAY).overdue == (f"{SOON} should have been deleted and is not",)


def test_a_key_that_is_destroyed_while_they_are_read_is_not_called_damaged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = world.key_store.existing()
    world.key_store.destroy(f"day {SOON}")
    monkeypatch.setattr(type(world.key_store), "existing", lambda self: listed)
    assert (f"day {SOON}", 1) in listed
    assert list(damaged_keys(world.key_store)) == []


def test_a_damaged_key_is_named_and_the_others_are_read(world: World) -> None:
    (world.key_store.directory / f"day.{SOON}.1.key").write_bytes(b"short")
    assert list(damaged_keys(world.key_store)) == [f"the deletion key file day.{SOON}.1.key is damaged: 5 bytes, not 32"]


def test_a_whole_folder_has_no_problem(world: World) -> None:
    assert folder_problems(world.key_store, world.store, TODAY) == []


def test_a_folder_whose_keys_have_a_second_name_is_a_problem(world: World) -> None:
    os.link(world.key_store.directory / f"day.{SOON}.1.key", world.folder / "copy")
    (problem,) = folder_problems(world.key_store, world.store, TODAY)
    assert problem.startswith("1 of its deletion keys have more than one name (hard links)")


def test_a_folder_that_lacks_keys_is_a_problem(world: World) -> None:
    (world.key_store.directory / f"day.{SOON}.1.key").unlink()
    (problem,) = folder_problems(world.key_store, world.store, TODAY)
    assert problem.startswith("it lacks 1 of the ")


def test_a_folder_that_cannot_be_read_is_a_problem(world: World) -> None:
    (world.key_store.directory / "store").unlink()
    (world.key_store.directory / "store").mkdir()
    (problem,) = folder_problems(world.key_store, world.store, TODAY)
    assert "it does not say which store it belongs to" in problem


def test_a_run_that_left_something_is_overdue_once_the_next_days_run_left_it_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(world.store), "scrub", lambda self: "a reader holds it")
    assert world.job.run(TODAY).outcome is Outcome.NOT_SCRUBBED
    assert assess(world.key_store, world.store, TODAY).overdue == ()
    world.job.run(TODAY + DAY)
    assert "a reader holds it" in assess(world.key_store, world.store, TODAY + DAY).overdue[-1]


def test_every_run_since_the_first_left_something_and_the_first_day_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.database.transaction() as tx:
        tx.execute(delete(schema.certificates))
    monkeypatch.setattr(type(world.store), "scrub", lambda self: "a reader holds it")
    world.job.run(TODAY)
    world.job.run(TODAY + DAY)
    assert f"since {TODAY.isoformat()}" in assess(world.key_store, world.store, TODAY + DAY).overdue[-1]


def test_between_midnight_and_the_nightly_run_nothing_is_overdue(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(type(world.store), "scrub", lambda self: "a reader holds it")
        world.job.run(TODAY)
    assert assess(world.key_store, world.store, TODAY + DAY).overdue == ()
    world.job.run(TODAY + DAY)
    assert assess(world.key_store, world.store, TODAY + DAY).overdue == ()


def test_a_replica_that_keeps_ciphertext_under_destroyed_keys_is_an_outcome_and_no_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(world.store), "scrub", lambda self: HELD)
    report = world.job.run(TODAY)
    assert (report.outcome, report.left) == (Outcome.HELD, ())
    world.job.run(TODAY + DAY)
    assert assess(world.key_store, world.store, TODAY + DAY).overdue == ()


def test_an_unreadable_key_store_is_reported_as_overdue(world: World) -> None:
    shutil.rmtree(world.folder / "key-store")
    assert len(assess(world.key_store, world.store, TODAY).overdue) == 1


def test_a_process_that_keeps_a_root_makes_the_run_report_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "DROP_SECONDS", 0.1)
    world.submit("milk", SOON)
    case, _ = world.submit("bread", SOON + 20 * DAY)
    world.withdraw(case)
    other = World.open(world.folder, world.members, url=world.url)
    held = {record.day: record for record in other.store.days()}
    for day in (SOON, SOON + 20 * DAY):
        other.roots.root(held[day.isoformat()])
    for _ in range(2):  # the second run reports it again, although the rows were deleted
        report = world.job.run(SOON)
        assert report.outcome is Outcome.NOT_SCRUBBED
        assert len(report.left) == 1
        assert "memory: end it" in report.left[0]
    other.roots.drop_destroyed()
    other.roots.drop_destroyed()
    other.close()
    assert world.job.run(SOON).outcome is Outcome.CLEAN


def test_a_process_that_lost_its_shared_locks_drops_every_root(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    record = next(iter(world.store.days()))
    world.roots.root(record)
    monkeypatch.setattr(type(world.job.locks), "lost", lambda self: True)
    world.roots.drop_destroyed()
    assert world.roots._opened == {}


def test_a_store_that_forgets_a_puncture_costs_no_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case, key = world.submit("bread", SOON)
    location = world.withdraw(case)
    monkeypatch.setattr(type(world.store), "commit_puncture", lambda *_: None)
    with pytest.raises(KeyStoreError, match="no key was destroyed"):
        world.job.puncture(location.day)
    assert (f"day {location.day}", 1) in world.key_store.existing()
    assert key


def test_a_day_that_another_process_made_meanwhile_is_not_made_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = TODAY + 200 * DAY
    looks = [list(world.store.days())]
    world.store.add_day(world.roots.new(first.isoformat()))
    real = type(world.store).days
    monkeypatch.setattr(type(world.store), "days", lambda self: looks.pop() if looks else real(self))
    world.roots.make_ahead(world.store, first, first, lambda: None)
    assert len([record for record in real(world.store) if record.day == first.isoformat()]) == 1


def test_a_busy_store_is_a_step_to_be_done_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:

    def busy(*_: object, **__: object) -> None:
        raise BusyStoreError("x")

    monkeypatch.setattr(type(world.database), "run", busy)
    with pytest.raises(StepError, match="others are using"):
        world.store.days()
