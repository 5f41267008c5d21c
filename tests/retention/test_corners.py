"""Rare states of the key stores and the day roots that no longer test reaches."""

import datetime as dt
from pathlib import Path

import pytest

from crypto.secret import Secret
from retention import matching
from retention.errors import ForeignStoreError, KeyStoreError
from retention.key_stores.file import FileKeyStore
from retention.key_stores.mirrors import MirroredKeyStore
from tests.support.world import TODAY, World

DAY = "day 2026-12-01"


def test_a_number_that_another_process_was_faster_to_take_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_store = FileKeyStore(tmp_path)
    key_store.bind("A" * 22)
    key_store.put(DAY, 1, Secret(b"k" * 32))
    monkeypatch.setattr(FileKeyStore, "generations", lambda self, purpose: [])  # looked before the other had made it
    assert key_store.make(DAY) == 2


def test_a_failing_mirror_is_reported_and_a_mirror_keeps_the_key_it_had_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_store = MirroredKeyStore(FileKeyStore(tmp_path / "first"), [FileKeyStore(tmp_path / "second")])
    key_store.bind("A" * 22)
    key_store.make(DAY)
    existing, looks = FileKeyStore.existing, [0]

    def late(self: FileKeyStore) -> object:
        looks[0] += 1
        return set() if self.directory.name == "first" and looks[0] == 2 else existing(self)

    with monkeypatch.context() as patch:
        patch.setattr(FileKeyStore, "existing", late)
        assert key_store.repair({}) == []
    assert (tmp_path / "second" / "day.2026-12-01.1.key").exists()

    def fails(self: FileKeyStore, committed: object) -> list[str]:
        if self.directory.name == "second":
            raise KeyStoreError("the disk fails")
        return []

    monkeypatch.setattr(FileKeyStore, "repair", fails)
    assert key_store.repair({}) == ["the disk fails"]


def test_only_roots_with_a_destroyed_key_are_dropped(world: World) -> None:
    first, second, *_ = world.store.days()
    world.roots.root(first)
    world.roots.root(second)
    world.key_store.destroy(f"day {first.day}")
    world.roots.drop_destroyed()
    assert set(world.roots._opened) == {second.day}
    there = dt.date.fromisoformat(second.day)
    world.roots.make_ahead(world.store, there, there, lambda: None)
    assert len({record.day for record in world.store.days()}) == len(world.store.days())
    assert second.day > TODAY.isoformat()


def test_a_puncture_between_two_reads_of_a_start_is_not_taken_for_an_older_store(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = [[f"day {next(iter(world.store.days())).day}"], []]
    monkeypatch.setattr(matching, "missing_keys", lambda *_: looks.pop(0))
    matching.check_belonging(world.key_store, world.job.locks, world.store, TODAY)
    assert looks == []


def test_a_folder_of_keys_that_does_not_say_whose_they_are_is_refused(world: World) -> None:
    world.submit("milk", TODAY + dt.timedelta(days=3))
    (world.folder / "key-store" / "store").unlink()
    with pytest.raises(ForeignStoreError, match="No key was touched"):
        matching.check_belonging(FileKeyStore(world.folder / "key-store"), world.job.locks, world.store, TODAY)
