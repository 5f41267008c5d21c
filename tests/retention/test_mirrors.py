"""A key store in several folders: keys are destroyed in all of them, and a mirror that was unavailable restores none."""

import datetime as dt
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from crypto.secret import Secret
from intake.store.cases import cases, expiry
from intake.store.cases.row_keys import RowKeys
from retention.days import DayRoots
from retention.errors import BusyError, ForeignStoreError, KeyStoreError, LostKeyError, MirrorUnavailableError
from retention.key_stores import fill as filling
from retention.key_stores.file import FileKeyStore
from retention.key_stores.locks import FileLocks
from retention.key_stores.mirrors import MirroredKeyStore
from retention.key_stores.pkcs11 import Pkcs11KeyStore
from retention.ports import DayRecord
from retention.run import Outcome
from tests.support.world import TODAY, World

STORE, DAY = "A" * 22, "day 2026-12-01"


def key_store_at(folder: Path) -> MirroredKeyStore:
    return MirroredKeyStore(FileKeyStore(folder / "first"), [FileKeyStore(folder / "second"), FileKeyStore(folder / "third")])


@pytest.fixture
def key_store(tmp_path: Path) -> MirroredKeyStore:
    made = key_store_at(tmp_path)
    made.bind(STORE)
    return made


class Named:
    """The part of a store that names the required keys."""

    def __init__(self, committed: dict[str, int]) -> None:
        self.store_id = STORE
        self._committed = committed

    def days(self) -> list[DayRecord]:
        return []

    def committed(self) -> dict[str, int]:
        return dict(self._committed)


def fill(key_store: MirroredKeyStore, committed: dict[str, int] | None = None, *, first_from_mirrors: bool = False) -> None:
    store = Named({DAY: 1} if committed is None else committed)
    locks = FileLocks(key_store.first.directory)
    filling.fill(key_store, locks, store, TODAY, first_from_mirrors=first_from_mirrors)  # type: ignore[arg-type]


def keys_in(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.key")}


def pull(folder: Path, name: str) -> Path:
    """Move a folder away, as if its disk were unmounted: the mount point exists and is empty."""
    away = folder / f"{name}-away"
    shutil.move(folder / name, away)
    (folder / name).mkdir()
    return away


def put_back(folder: Path, name: str) -> None:
    shutil.rmtree(folder / name)
    shutil.move(folder / f"{name}-away", folder / name)


def test_a_key_is_made_and_destroyed_in_all(key_store: MirroredKeyStore, tmp_path: Path) -> None:
    assert key_store.make(DAY) == 1
    key_store.keep_copy(DAY, 1, b"sealed")
    for name in ("first", "second", "third"):
        assert keys_in(tmp_path / name) == {"day.2026-12-01.1.key"}
        assert (tmp_path / name / "day.2026-12-01.1.sealed").read_bytes() == b"sealed"
    assert key_store.copy_of(DAY, 1) == b"sealed"
    assert len(key_store.destroy(DAY)) == 1
    assert [keys_in(tmp_path / name) for name in ("first", "second", "third")] == [set(), set(), set()]
    assert key_store.repair({}) == []


def test_while_a_mirror_is_away_nothing_counts_as_destroyed_and_it_is_when_it_is_back(
    key_store: MirroredKeyStore, tmp_path: Path
) -> None:
    key_store.make(DAY)
    pull(tmp_path, "second")
    with pytest.raises(KeyStoreError, match="second is not available"):
        key_store.destroy(DAY)
    assert keys_in(tmp_path / "first") == keys_in(tmp_path / "third") == set()
    assert "second" in "".join(key_store.repair({}))
    put_back(tmp_path, "second")
    assert keys_in(tmp_path / "second") == {"day.2026-12-01.1.key"}
    assert key_store.repair({}) == []
    assert keys_in(tmp_path / "second") == set()


def test_a_key_that_was_made_while_a_mirror_was_away_is_copied_to_it_when_it_is_back(
    key_store: MirroredKeyStore, tmp_path: Path
) -> None:
    pull(tmp_path, "second")
    assert key_store.make(DAY) == 1
    assert keys_in(tmp_path / "second") == set()  # nothing is written where the disk should be
    put_back(tmp_path, "second")
    assert key_store.repair({DAY: 1}) == []
    assert keys_in(tmp_path / "second") == {"day.2026-12-01.1.key"}
    assert key_store.key(DAY, 1).reveal() == (tmp_path / "second" / "day.2026-12-01.1.key").read_bytes()


def test_a_mirror_is_never_refilled_with_a_lower_generation(key_store: MirroredKeyStore, tmp_path: Path) -> None:
    key_store.make(DAY)
    key_store.make(DAY)
    (tmp_path / "second" / "day.2026-12-01.1.key").unlink()  # destroyed there, and the first was killed before it did
    assert key_store.repair({DAY: 2}) == []
    assert keys_in(tmp_path / "second") == {"day.2026-12-01.2.key"}


def test_a_key_that_the_first_directory_lost_is_reported_and_not_destroyed_elsewhere(
    key_store: MirroredKeyStore, tmp_path: Path
) -> None:
    key_store.make(DAY)
    (tmp_path / "first" / "day.2026-12-01.1.key").unlink()
    assert "has lost" in "".join(key_store.repair({DAY: 1}))
    assert keys_in(tmp_path / "second") == {"day.2026-12-01.1.key"}


def test_the_first_directory_away_is_read_from_a_mirror_and_destroys_nothing(
    key_store: MirroredKeyStore, tmp_path: Path
) -> None:
    key_store.make(DAY)
    key = key_store.key(DAY, 1).reveal()
    pull(tmp_path, "first")
    assert key_store.key(DAY, 1).reveal() == key
    assert set(key_store.existing()) == {(DAY, 1)}
    with pytest.raises(LostKeyError):
        key_store.key(DAY, 9)
    for action in (lambda: key_store.destroy(DAY), lambda: key_store.make(DAY)):
        with pytest.raises(KeyStoreError, match="first is not available"):
            action()
    assert keys_in(tmp_path / "second") == {"day.2026-12-01.1.key"}
    pull(tmp_path, "second")
    pull(tmp_path, "third")
    for look in (lambda: key_store.key(DAY, 1), key_store.existing):
        with pytest.raises(KeyStoreError):
            look()


def test_an_empty_folder_becomes_a_mirror_only_once_confirmed(key_store: MirroredKeyStore, tmp_path: Path) -> None:
    key_store.make(DAY)
    key_store.keep_copy(DAY, 1, b"sealed")
    more = MirroredKeyStore(FileKeyStore(tmp_path / "first"), [FileKeyStore(tmp_path / "fourth")])
    more.bind(STORE)
    assert "fourth" in "".join(more.repair({}))
    assert not (tmp_path / "fourth").exists()
    fill(more)
    assert keys_in(tmp_path / "fourth") == {"day.2026-12-01.1.key"}
    assert (tmp_path / "fourth" / "day.2026-12-01.1.sealed").read_bytes() == b"sealed"
    assert more.repair({}) == []
    other = MirroredKeyStore(FileKeyStore(tmp_path / "first"), [FileKeyStore(tmp_path / "fifth")])
    FileKeyStore(tmp_path / "fifth").bind("B" * 22)
    other.expect(STORE)
    with pytest.raises(ForeignStoreError):
        fill(other)
    assert "fifth" in "".join(other.repair({}))


def test_a_folder_of_another_store_is_not_taken_even_before_it_holds_a_key(tmp_path: Path) -> None:
    FileKeyStore(tmp_path / "key-store").bind("B" * 22)
    with pytest.raises(ForeignStoreError, match="B" * 22):
        FileKeyStore(tmp_path / "key-store").bind(STORE)
    assert FileKeyStore(tmp_path / "key-store").bound_to() == "B" * 22


def test_half_written_files_of_processes_that_died_are_destroyed(tmp_path: Path) -> None:
    key_store = FileKeyStore(tmp_path / "key-store")
    key_store.bind(STORE)
    old, young = tmp_path / "key-store" / "a.1.key.x.new", tmp_path / "key-store" / "b.1.key.x.new"
    for path in (old, young):
        path.write_bytes(b"k" * 32)
    os.utime(old, (1, 1))
    assert key_store.repair({}) == []
    assert (old.exists(), young.exists()) == (False, True)


def test_a_key_is_never_written_in_place_of_another(tmp_path: Path) -> None:
    key_store = FileKeyStore(tmp_path / "key-store")
    key_store.bind(STORE)
    key_store.make(DAY)
    key = key_store.key(DAY, 1)
    assert not key_store.put(DAY, 1, key)
    assert key_store.make(DAY) == 2
    assert key_store.key(DAY, 1).reveal() == key.reveal()
    assert key_store.remove(DAY, 7) == ""


def test_keys_destroyed_before_a_mirror_failed_are_reported(key_store: MirroredKeyStore, tmp_path: Path) -> None:
    key_store.make(DAY)
    pull(tmp_path, "third")
    with pytest.raises(MirrorUnavailableError) as caught:
        key_store.destroy(DAY)
    assert len(caught.value.destroyed) == 1
    assert keys_in(tmp_path / "second") == set()


def test_a_key_destroyed_while_it_is_copied_to_a_mirror_does_not_live_on_there(
    key_store: MirroredKeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_store.make(DAY)
    (tmp_path / "second" / "day.2026-12-01.1.key").unlink()
    first = FileKeyStore(tmp_path / "first")
    put = FileKeyStore.put

    def slow(self: FileKeyStore, purpose: str, generation: int, key: Secret) -> bool:
        first.destroy(purpose)  # another process destroys it first
        return put(self, purpose, generation, key)

    monkeypatch.setattr(FileKeyStore, "put", slow)
    assert key_store.repair({}) == []
    assert keys_in(tmp_path / "second") == set()
    monkeypatch.setattr(FileKeyStore, "put", put)
    key_store.make(DAY)
    (tmp_path / "second" / "day.2026-12-01.1.key").unlink()

    def gone(self: FileKeyStore, purpose: str, generation: int) -> Secret:
        raise LostKeyError("gone")

    monkeypatch.setattr(FileKeyStore, "key", gone)
    key_store.repair({})
    assert keys_in(tmp_path / "second") == set()


def test_a_file_that_its_writer_finishes_meanwhile_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key_store = FileKeyStore(tmp_path / "key-store")
    key_store.bind(STORE)
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [tmp_path / "key-store" / "gone.new"])
    assert key_store.repair({}) == []


def test_a_purge_while_a_mirror_is_away_drops_the_rows_and_destroys_there_when_it_is_back(tmp_path: Path) -> None:
    made = World.open(tmp_path / "var")
    mirrored = MirroredKeyStore(made.key_store, [FileKeyStore(tmp_path / "second")])
    FileKeyStore(tmp_path / "second").bind(made.store.store_id)
    mirrored.bind(made.store.store_id)
    roots = DayRoots(mirrored, made.job.locks, made.store.store_id)
    job = replace(made.job, key_store=mirrored, roots=roots)
    job.run(TODAY)
    soon = TODAY + dt.timedelta(days=1)
    pull(tmp_path, "second")
    report = job.run(soon)
    assert (report.outcome, report.days) == (Outcome.NOT_SCRUBBED, (soon.isoformat(),))
    assert len(report.keys) == 1  # and the certificate names what was destroyed
    assert soon.isoformat() not in {record.day for record in made.store.days()}
    put_back(tmp_path, "second")
    assert f"day.{soon}.1.key" in keys_in(tmp_path / "second")
    assert job.run(soon).outcome is Outcome.CLEAN
    assert f"day.{soon}.1.key" not in keys_in(tmp_path / "second")
    made.close()


def test_a_new_key_is_numbered_above_those_that_the_first_directory_has_lost(
    key_store: MirroredKeyStore, tmp_path: Path
) -> None:
    key_store.make(DAY)
    key_store.make(DAY)
    for path in (tmp_path / "first").glob("*.key"):
        path.unlink()
    assert key_store.make(DAY) == 3
    for name in ("first", "second", "third"):
        assert (tmp_path / name / "day.2026-12-01.3.key").read_bytes() == key_store.key(DAY, 3).reveal()


def test_two_keys_of_one_number_are_never_both_used(
    key_store: MirroredKeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = FileKeyStore(tmp_path / "second")
    other.make(DAY)
    monkeypatch.setattr(MirroredKeyStore, "_mounted", lambda self: [other])
    monkeypatch.setattr(other, "generations", lambda purpose: [])  # looked before the other had made it
    with pytest.raises(KeyStoreError, match="holds another deletion key for day"):
        key_store.make(DAY)


def test_a_key_that_only_the_first_directory_lost_can_be_restored(key_store: MirroredKeyStore, tmp_path: Path) -> None:
    key_store.make(DAY)
    (tmp_path / "first" / "day.2026-12-01.1.key").unlink()
    with pytest.raises(KeyStoreError, match="intake key-store fill --first-from-mirrors"):
        key_store.key(DAY, 1)
    (tmp_path / "second" / "day.2026-12-01.1.key").unlink()
    (tmp_path / "third" / "day.2026-12-01.1.key").unlink()
    with pytest.raises(LostKeyError):
        key_store.key(DAY, 1)


def test_a_case_that_moves_while_a_deletion_key_is_away_gives_up_no_grant(world: World, tmp_path: Path) -> None:
    if world.cluster:
        pytest.skip("the key store's folders are the same on both engines")
    case, _ = world.submit("canary", TODAY + dt.timedelta(days=3))
    first = world.folder / "key-store"
    shutil.copytree(first, tmp_path / "second", ignore=shutil.ignore_patterns("*.lock"))
    mirrored = MirroredKeyStore(world.key_store, [FileKeyStore(tmp_path / "second")])
    mirrored.bind(world.store.store_id)
    for path in first.glob("epoch.*.key"):
        path.unlink()
    row_keys = RowKeys(world.store.store_id, mirrored, world.roots)
    with world.database.transaction() as tx:
        stored = cases.find(tx, case, TODAY)
        with pytest.raises(KeyStoreError, match="--first-from-mirrors"):
            expiry.move(tx, row_keys, stored, (TODAY + dt.timedelta(days=2)).isoformat())


def test_a_damaged_key_does_not_stop_other_keys_and_copies_from_being_mirrored(
    key_store: MirroredKeyStore, tmp_path: Path
) -> None:
    other = "day 2026-12-02"
    for purpose in (DAY, other):
        key_store.make(purpose)
        key_store.keep_copy(purpose, 1, b"sealed")
    (tmp_path / "first" / "day.2026-12-01.1.key").write_bytes(b"short")
    for path in (tmp_path / "second").glob("day.*"):
        path.unlink()
    (tmp_path / "third" / "day.2026-12-02.1.sealed").unlink()
    assert set(key_store.repair({DAY: 1, other: 1})) == {
        "the deletion key file day.2026-12-01.1.key is damaged: 5 bytes, not 32"
    }
    assert keys_in(tmp_path / "second") == {"day.2026-12-02.1.key"}
    assert (tmp_path / "third" / "day.2026-12-02.1.sealed").read_bytes() == b"sealed"
    assert (tmp_path / "third" / "day.2026-12-01.1.key").stat().st_size == 32  # the good copy is left alone


def test_an_empty_first_directory_is_not_bound_while_a_mirror_belongs_to_the_store(
    key_store: MirroredKeyStore, tmp_path: Path
) -> None:
    pull(tmp_path, "first")
    with pytest.raises(KeyStoreError, match="Nothing was changed"):
        key_store_at(tmp_path).bind(STORE)
    assert list((tmp_path / "first").iterdir()) == []
    shutil.rmtree(tmp_path / "second")
    FileKeyStore(tmp_path / "second").bind("B" * 22)
    with pytest.raises(ForeignStoreError, match="second"):
        key_store_at(tmp_path).bind(STORE)
    assert list((tmp_path / "first").iterdir()) == []


def test_a_fill_that_waits_for_its_lock_does_not_restore_a_key_destroyed_meanwhile(
    key_store: MirroredKeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_store.make(DAY)
    (tmp_path / "first" / "day.2026-12-01.1.key").unlink()
    looks = iter([{DAY: 1}, {}, {}, {}])
    monkeypatch.setattr(Named, "committed", lambda self: next(looks))
    fill(key_store, first_from_mirrors=True)
    assert keys_in(tmp_path / "first") == set()


def test_a_first_folder_that_is_away_lacks_every_key_that_a_mirror_holds(key_store: MirroredKeyStore, tmp_path: Path) -> None:
    key_store.make(DAY)
    pull(tmp_path, "first")
    message = key_store.held_by_mirrors({DAY: 1})
    assert f"{tmp_path / 'first'} lacks 1 of the 1 deletion keys" in message
    assert f"{tmp_path / 'second'} holds 1 of them" in message


def test_folders_that_hold_different_keys_of_one_generation_are_reported_and_neither_is_changed(
    key_store: MirroredKeyStore, tmp_path: Path
) -> None:
    key_store.make(DAY)
    path = tmp_path / "second" / "day.2026-12-01.1.key"
    path.write_bytes(b"k" * 32)
    key = key_store.key(DAY, 1).reveal()
    with pytest.raises(KeyStoreError, match="hold different deletion keys for day of one generation"):
        fill(key_store)
    assert (path.read_bytes(), key_store.key(DAY, 1).reveal()) == (b"k" * 32, key)


def test_no_folder_is_filled_during_a_deletion_run(key_store: MirroredKeyStore, tmp_path: Path) -> None:
    key_store.make(DAY)
    shutil.rmtree(tmp_path / "second")
    with (
        FileLocks(key_store.first.directory).attempt("run") as acquired,
        pytest.raises(BusyError, match="No key was copied"),
    ):
        fill(key_store)
    assert acquired
    assert keys_in(tmp_path / "second") == set()


def test_a_mirror_that_has_a_newer_key_than_a_backup_names_is_found(key_store: MirroredKeyStore, tmp_path: Path) -> None:
    key_store.make(DAY)
    key_store.make(DAY)
    assert key_store.mirror_with({DAY: 1}) == tmp_path / "second"
    assert key_store.mirror_with({DAY: 3, "day 2026-12-02": 1}) is None
    for unmirrored in (FileKeyStore(tmp_path / "first"), Pkcs11KeyStore("", "", Secret(b""), FileKeyStore(tmp_path))):
        assert unmirrored.mirror_with({DAY: 1}) is None
        assert unmirrored.held_by_mirrors({DAY: 1}) == ""
