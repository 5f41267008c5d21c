"""Deletion runs, punctures and the key store, on a real store: what a thief can open before and after."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from crypto import certificate
from crypto.encoding import new_id
from crypto.errors import PuncturedError
from intake.store import schema
from intake.store.errors import NotThereError
from retention import policy
from retention.days import DayRoots
from retention.errors import BusyError, ClockError, ForeignStoreError, KeyStoreError, LostKeyError, OlderStoreError, StepError
from retention.key_stores import file
from retention.key_stores.file import FileKeyStore
from retention.policy import Policy
from retention.run import Outcome, Punctured
from tests.support.world import TODAY, World

DAY = dt.timedelta(days=1)
SOON = TODAY + 3 * DAY


def keys_of(world: World) -> list[str]:
    return sorted(path.name for path in (world.folder / "key-store").iterdir())


def punctures(world: World, day: str) -> Punctured:
    return world.job.puncture(day)


def test_stolen_before_the_purge_nothing_opens_with_the_day_keys_from_after_it(world: World, tmp_path: Path) -> None:
    case, key = world.submit("canary", SOON)
    other, other_key = world.submit("neighbour", SOON + DAY)
    thief = world.stolen(tmp_path / "stolen")
    report = world.job.run(SOON, clock_is_right=True)
    assert report.outcome is Outcome.CLEAN
    assert (report.cases, report.days) == (1, tuple((TODAY + n * DAY).isoformat() for n in (1, 2, 3)))
    with pytest.raises(NotThereError):
        world.read(case, key, SOON)
    assert world.read(other, other_key, SOON) == "neighbour"
    # The control: with the day keys from before, all of it opens.
    before = thief.open()
    assert before.read(case, key) == "canary"
    record = next(record for record in before.store.days() if record.day == SOON.isoformat())
    before.close()
    with pytest.raises(OlderStoreError):
        thief.open(world.folder / "key-store")
    # The same without the check: the deletion key was destroyed.
    with pytest.raises(LostKeyError):
        world.roots.root(record)


def test_a_withdrawn_case_is_unreadable_in_a_copy_from_before_and_its_neighbours_are_not_touched(
    world: World, tmp_path: Path
) -> None:
    submitted = [world.submit(f"words {n}", SOON) for n in range(60 if world.cluster else 300)]
    thief = world.stolen(tmp_path / "stolen")
    old = {record.day: record for record in world.store.days()}[SOON.isoformat()]
    case, key = submitted[7]
    location = world.withdraw(case)
    assert world.store.waiting_punctures() == {location.day: {location.leaf}}
    done = punctures(world, location.day)
    assert (done.leaves, len(done.keys)) == (1, 1)
    assert world.roots.dropped_by_all(world.store, 1.0)
    assert world.store.waiting_punctures() == {}
    with pytest.raises(NotThereError):
        world.read(case, key)
    for n, (other, other_key) in enumerate(submitted):
        if n != 7:
            assert world.read(other, other_key) == f"words {n}"
    with pytest.raises(LostKeyError):
        world.roots.root(old)
    now = {record.day: record for record in world.store.days()}[SOON.isoformat()]
    with pytest.raises(PuncturedError):
        world.roots.root(now).evaluate(location.leaf)
    # A server started on the older copy refuses and touches no key.
    keys = keys_of(world)
    with pytest.raises(OlderStoreError):
        thief.open(world.folder / "key-store")
    assert keys_of(world) == keys
    # The control: with the key store from before, the copy opens it.
    control = thief.open()
    assert control.read(case, key) == "words 7"
    # The copy with the current root from the key store, as a restore does: it opens all neighbours and not this case.
    generation = max(number for purpose, number in world.key_store.existing() if purpose == f"day {location.day}")
    newest = world.key_store.copy_of(f"day {location.day}", generation)
    with control.database.transaction() as tx:
        tx.execute(update(schema.days).where(schema.days.c.day == location.day).values(generation=generation))
        tx.execute(update(schema.day_roots).where(schema.day_roots.c.day == location.day).values(root=newest))
    control.close()
    restored = thief.open(world.folder / "key-store")
    for n, (other, other_key) in enumerate(submitted):
        if n != 7:
            assert restored.read(other, other_key) == f"words {n}"
    with pytest.raises(PuncturedError):
        restored.read(case, key)
    restored.close()


def test_a_server_on_an_empty_or_foreign_store_refuses_and_touches_no_key(world: World, tmp_path: Path) -> None:
    keys = keys_of(world)
    with pytest.raises(ForeignStoreError, match=world.store.store_id):
        World.open(tmp_path / "empty", key_store=world.folder / "key-store", url=world.cluster.new() if world.cluster else "")
    assert keys_of(world) == keys
    (world.folder / "key-store" / "store").unlink()
    with pytest.raises(ForeignStoreError, match="unknown"):
        world.key_store.bind(new_id())


def test_a_run_cut_short_between_the_key_and_the_rows_is_finished_by_the_next(world: World) -> None:
    world.submit("canary", SOON)
    world.store.begin_purge(SOON.isoformat())
    world.roots.destroy(SOON.isoformat())
    folder, members = world.folder, world.members
    world.close()
    again = World.open(folder, members, url=world.url)
    report = again.job.run(TODAY)
    assert SOON.isoformat() in report.days
    assert report.cases == 1
    again.close()


def test_a_puncture_cut_short_between_commit_and_destroy_is_finished_by_the_next_run(world: World) -> None:
    case, _ = world.submit("canary", SOON)
    location = world.withdraw(case)
    record = next(r for r in world.store.days() if r.day == location.day)
    world.store.commit_puncture(world.roots.punctured(record, {location.leaf}), record.generation, {location.leaf})
    assert list(world.key_store.generations(f"day {location.day}")) == [1, 2]
    report = world.job.run(TODAY)
    assert list(world.key_store.generations(f"day {location.day}")) == [2]
    assert len(report.keys) == 1


def test_a_puncture_cut_short_before_its_commit_is_done_again_above_the_unnamed_key(world: World) -> None:
    case, _ = world.submit("canary", SOON)
    location = world.withdraw(case)
    record = next(r for r in world.store.days() if r.day == location.day)
    world.roots.punctured(record, {location.leaf})
    report = world.job.run(TODAY)
    assert report.withdrawn == 1
    assert list(world.key_store.generations(f"day {location.day}")) == [3]


def test_two_processes_cannot_both_commit_a_puncture(world: World) -> None:
    record = next(iter(world.store.days()))
    after = world.roots.punctured(record, {1})
    world.store.commit_puncture(after, record.generation, set())
    with pytest.raises(StepError):
        world.store.commit_puncture(after, record.generation, set())


def test_a_puncture_that_another_process_committed_still_destroys_the_old_key(world: World) -> None:
    record = next(iter(world.store.days()))
    world.store.commit_puncture(world.roots.punctured(record, {1}), record.generation, set())
    punctured = punctures(world, record.day)
    assert (punctured.leaves, len(punctured.keys)) == (0, 1)
    assert list(world.key_store.generations(f"day {record.day}")) == [2]


def test_only_the_keys_below_a_committed_generation_are_destroyed(world: World) -> None:
    purpose = f"day {SOON}"
    world.key_store.make(purpose)
    world.key_store.make(purpose)
    world.job.destroy_older(purpose, 2)
    assert list(world.key_store.generations(purpose)) == [2, 3]


def test_a_run_during_another_run_does_nothing(world: World) -> None:
    other = World.open(world.folder, world.members, url=world.url)
    with other.job.locks.attempt("run") as acquired, pytest.raises(BusyError, match="This one did nothing"):
        world.job.run(SOON, clock_is_right=True)
    other.close()
    assert acquired
    assert (f"day {SOON}", 1) in world.key_store.existing()


def test_a_store_that_cannot_be_written_does_not_keep_a_key_from_being_destroyed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StepError("the disk is full")

    monkeypatch.setattr(type(world.store), "begin_purge", fails)
    report = world.job.run(SOON, clock_is_right=True)
    assert (report.outcome, report.left) == (Outcome.NOT_SCRUBBED, ("the disk is full",))
    assert (f"day {SOON}", 1) not in world.key_store.existing()


def test_nothing_is_punctured_on_a_deleted_day(world: World) -> None:
    assert punctures(world, "2026-01-01") == Punctured()


def test_an_expired_case_is_inaccessible_from_midnight_without_a_run(world: World) -> None:
    case, key = world.submit("canary", SOON)
    assert world.read(case, key, SOON - DAY) == "canary"
    with pytest.raises(NotThereError):
        world.read(case, key, SOON)


@pytest.mark.parametrize("day", [TODAY - 2 * DAY, TODAY + 3 * DAY])
def test_a_clock_that_contradicts_the_last_run_is_refused_until_a_person_speaks(world: World, day: dt.date) -> None:
    with pytest.raises(ClockError, match=TODAY.isoformat()):
        world.job.run(day)
    assert world.job.run(day, clock_is_right=True).outcome is Outcome.CLEAN


def test_a_root_held_from_before_a_puncture_is_dropped(world: World) -> None:
    record = next(iter(world.store.days()))
    world.roots.destroy_older(record)
    world.roots.root(record)
    after = world.roots.punctured(record, {1})
    world.store.commit_puncture(after, record.generation, set())
    world.roots.root(after)
    assert len(world.roots.destroy_older(after)) == 1


def test_a_root_that_is_opened_again_is_not_held_under_its_older_generation(world: World) -> None:
    """Otherwise a process that punctured could not know that every process has dropped the old root."""
    record = next(iter(world.store.days()))
    world.roots.root(record)
    assert not world.job.locks.nobody_shares(f"held {record.day} {record.generation}")
    with_other_roots = DayRoots(world.key_store, world.job.locks, world.store.store_id)  # another process punctures
    after = with_other_roots.punctured(record, {1})
    world.store.commit_puncture(after, record.generation, set())
    with_other_roots.drop_all()
    world.roots.root(after)
    assert world.job.locks.nobody_shares(f"held {record.day} {record.generation}")
    assert not world.job.locks.nobody_shares(f"held {after.day} {after.generation}")
    assert world.roots.dropped_by_all(world.store, 0)


def test_a_clock_within_bounds_is_believed(world: World) -> None:
    world.job.run(TODAY + 2 * DAY)
    world.job.run(TODAY + DAY)


def test_certificates_form_a_signed_chain(world: World) -> None:
    first = world.store.last_certificate()
    world.submit("canary", SOON)
    world.job.run(SOON, clock_is_right=True)
    second = world.store.last_certificate()
    assert first is not None
    assert second is not None
    assert certificate.read(second).number == 1
    assert certificate.read(second).cases == 1
    assert certificate.read(second).previous


RULES = Policy(default_days=30, maximum_days=90, closed_days=7)


def test_a_requesters_date_is_at_most_the_policys_maximum_away() -> None:
    assert RULES.latest(TODAY) == TODAY + 91 * DAY
    assert [days for days in (0, 1, 90, 91) if RULES.allows(days)] == [1, 90]


def test_closing_shortens_a_case_and_never_moves_it_past_its_requesters_date() -> None:
    assert RULES.after_closing(TODAY + 2 * DAY, TODAY) == TODAY + 2 * DAY
    assert RULES.after_closing(TODAY + 20 * DAY, TODAY) == TODAY + 8 * DAY


def test_a_case_has_expired_on_its_day_and_not_before() -> None:
    assert policy.expired(TODAY, TODAY)
    assert not policy.expired(TODAY + DAY, TODAY)


def test_only_their_owner_can_use_deletion_keys(world: World) -> None:
    folder = world.folder / "key-store"
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.glob("*.key"):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.stat().st_size == 32


def test_backup_programs_are_asked_to_skip_the_key_store(world: World) -> None:
    tag = world.folder / "key-store" / "CACHEDIR.TAG"
    assert tag.read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_a_damaged_day_key_file_is_named(world: World) -> None:
    path = next((world.folder / "key-store").glob("day.*.key"))
    path.write_bytes(b"short")
    with pytest.raises(KeyStoreError, match="damaged"):
        world.key_store.key(path.name.rsplit(".", 2)[0].replace(".", " "), 1)


def fail(*_: object, **__: object) -> None:
    raise OSError(5, "Input/output error")


@pytest.mark.parametrize(
    ("target", "action"),
    [
        ("fsync", lambda key_store: key_store.make("day 2026-12-01")),
        ("fsync", lambda key_store: key_store.destroy("day 2026-11-21")),
        ("listdir", lambda key_store: key_store.existing()),
    ],
)
def test_a_failing_disk_is_an_error_and_never_a_false_purged(
    world: World, monkeypatch: pytest.MonkeyPatch, target: str, action: Callable[[FileKeyStore], object]
) -> None:
    monkeypatch.setattr(os, target, fail)
    with pytest.raises(KeyStoreError, match="Input/output error"):
        action(world.key_store)


@pytest.mark.parametrize("name", ["file", "none"])
def test_a_key_store_that_is_a_file_or_is_missing_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyStoreError, match="cannot be read"):
        FileKeyStore(tmp_path / name).existing()


def test_a_key_store_in_place_of_a_file_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyStoreError):
        FileKeyStore(tmp_path / "file").bind("store")


def test_a_key_store_that_cannot_say_whose_it_is_is_an_error(tmp_path: Path) -> None:
    key_store = FileKeyStore(tmp_path / "key-store")
    assert key_store.bound_to() is None
    (tmp_path / "key-store" / "store").mkdir(parents=True)
    with pytest.raises(KeyStoreError):
        key_store.bound_to()


def test_a_deletion_key_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "read_regular", fail)
    with pytest.raises(KeyStoreError):
        FileKeyStore(tmp_path / "key-store").key("day 2026-12-01", 1)


def test_a_journal_that_a_killed_process_left_without_a_header_is_taken_over(world: World) -> None:
    """SQLite writes the header before the journal counts. If it is killed in between, no reader removes the file."""
    path = world.database.path
    if path is None:
        pytest.skip("PostgreSQL has no such file")
    journal = path.with_name(path.name + "-journal")
    journal.write_bytes(bytes(512))
    assert world.store.scrub() == "clean"
    assert not journal.exists()
