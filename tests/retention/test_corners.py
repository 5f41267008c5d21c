"""Rare states of the key stores, the day roots and the search that no longer test reaches."""

import datetime as dt
import os
from pathlib import Path

import pytest

from crypto.secret import Secret
from retention import files, matching, scan
from retention.errors import ForeignStoreError, KeyStoreError
from retention.key_stores import filesystem
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


def test_a_value_that_the_kernel_does_not_report_is_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path / "8:1"
    (device / "dm").mkdir(parents=True)
    (device / "dm" / "uuid").mkdir()  # cannot be read
    mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw"
    mount = filesystem.mount_of(Path("/x"), mounts, tmp_path)
    assert mount is not None
    assert not mount.encrypted

    def refused(self: Path, encoding: str) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refused)
    assert filesystem.mount_of(tmp_path) is None


@pytest.fixture
def odd_files(tmp_path: Path) -> Path:
    """A folder with a file, a pipe and two links."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/")
    (tmp_path / "lost").symlink_to("none")
    (tmp_path / "file").write_bytes(b"ab" * 10)
    return tmp_path


def test_pipes_and_links_are_skipped_in_a_search_and_reported(odd_files: Path) -> None:
    left: dict[Path, str] = {}
    assert list(scan.files([odd_files], left.__setitem__)) == [odd_files / "file"]
    assert left == {
        odd_files / "pipe": "it is a named pipe",
        odd_files / "link": "it is a symbolic link",
        odd_files / "lost": "it is a symbolic link",
    }


def test_a_search_that_may_skip_nothing_refuses_a_link(odd_files: Path) -> None:
    with pytest.raises(OSError, match="it is a symbolic link"):
        list(scan.files([odd_files]))


def test_one_byte_is_enough_to_search_for_and_none_finds_nothing(odd_files: Path) -> None:
    read: list[int] = []
    left: dict[Path, str] = {}
    assert len(list(scan.scan([odd_files], {"a": [b"a"]}, read.append, left.__setitem__))) == 10
    assert list(scan.scan([odd_files], {}, read.append)) == []
    assert (scan.probes(b""), scan.probes(b"short")) == ([], [b"short"])


def test_a_match_within_the_overlap_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "WINDOW", 8)
    (tmp_path / "file").write_bytes(b"12345678" * 3)
    read: list[int] = []
    matches = list(scan.scan([tmp_path], {"x": [b"78", b"5678"]}, read.append))
    assert sorted((match.offset) for match in matches) == [4, 6, 12, 14, 20, 22]


def test_a_puncture_between_two_reads_of_a_start_is_not_taken_for_an_older_store(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = [[f"day {next(iter(world.store.days())).day}"], []]
    monkeypatch.setattr(matching, "missing_keys", lambda *_: looks.pop(0))
    matching.check_belonging(world.key_store, world.job.locks, world.store, TODAY)
    assert looks == []


def test_a_file_that_is_removed_during_a_search_is_skipped(tmp_path: Path) -> None:
    for name in ("first", "second", "third"):
        (tmp_path / name).write_bytes(b"canary")
    matches = list(scan.scan([tmp_path], {"x": [b"canary"]}, lambda read: (tmp_path / "second").unlink(missing_ok=True)))
    assert [match.path.name for match in matches] == ["first", "third"]


def test_a_file_that_is_removed_between_the_listing_and_the_reading_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "files", lambda paths, skipped: iter([tmp_path / "gone"]))
    assert list(scan.scan([tmp_path], {"x": [b"canary"]}, lambda read: None)) == []


@pytest.mark.parametrize("listed", [True, False])
def test_a_path_that_was_named_and_is_missing_is_never_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: bool
) -> None:
    gone = tmp_path / "gone"
    if listed:
        monkeypatch.setattr(scan, "files", lambda paths, skipped: iter([gone]))  # removed before it was read
    with pytest.raises(FileNotFoundError):
        list(scan.scan([gone], {"x": [b"canary"]}, lambda read: None))


def test_a_folder_of_keys_that_does_not_say_whose_they_are_is_refused(world: World) -> None:
    world.submit("milk", TODAY + dt.timedelta(days=3))
    (world.folder / "key-store" / "store").unlink()
    with pytest.raises(ForeignStoreError, match="No key was touched"):
        matching.check_belonging(FileKeyStore(world.folder / "key-store"), world.job.locks, world.store, TODAY)


def test_a_file_replaced_between_check_and_opening_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"12345")
    honest = (tmp_path / "file").stat()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", lambda *_, **__: honest)
        with pytest.raises(OSError, match="a named pipe, not a file"):
            files.open_regular(tmp_path / "pipe")
    with pytest.raises(OSError, match="larger than 4 bytes"):
        files.read_regular(tmp_path / "file", 4)
    assert scan.size(tmp_path / "none") == 0


def test_a_path_that_fails_during_a_search_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"canary")
    left: dict[Path, str] = {}

    def fails(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", fails)
        assert list(scan.files([tmp_path / "folder"], left.__setitem__)) == []
    with monkeypatch.context() as patch:
        patch.setattr(scan, "open_regular", fails)
        assert list(scan.scan([tmp_path / "file"], {"x": [b"canary"]}, lambda read: None, left.__setitem__)) == []
    assert left == dict.fromkeys([tmp_path / "folder", tmp_path / "file"], "Permission denied")
