"""Hard links of deletion keys: a live key stays whole, and a destroyed one survives under no name."""

import contextlib
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from retention.errors import KeyStoreError
from retention.key_stores import file as file_key_store
from retention.key_stores import key_files
from retention.key_stores.file import FileKeyStore

STORE, DAY, OTHER = "A" * 22, "day 2026-12-01", "day 2026-12-02"


@pytest.fixture
def key_store(tmp_path: Path) -> FileKeyStore:
    made = FileKeyStore(tmp_path / "key-store")
    made.bind(STORE)
    return made


class KilledError(BaseException):
    """The process was killed: nothing that follows is done."""


def killed_between_link_and_unlink(key_store: FileKeyStore, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a key in a process that dies once the key has its name. Return the name that is left."""
    link = os.link

    def last(source: Path, target: Path) -> None:
        link(source, target)
        monkeypatch.setattr(os, "fsync", killed)
        monkeypatch.setattr(Path, "unlink", killed)
        monkeypatch.setattr(file_key_store, "discard", killed, raising=False)

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", last)
        with pytest.raises(KilledError):
            key_store.make(DAY)
        monkeypatch.undo()
    (left,) = key_store.directory.glob("*.new")
    os.utime(left, (1, 1))  # long ago
    return left


def test_a_kill_between_link_and_unlink_costs_no_key_when_the_leftover_is_cleared(
    key_store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = killed_between_link_and_unlink(key_store, monkeypatch)
    key = key_store.key(DAY, 1).reveal()
    assert left.read_bytes() == key
    key_store.repair({DAY: 1})
    assert not list(key_store.directory.glob("*.new"))
    assert key_store.key(DAY, 1).reveal() == key
    assert (key_store.directory / "day.2026-12-01.1.key").stat().st_nlink == 1


def test_a_destroyed_key_survives_under_no_name_that_a_killed_process_left(
    key_store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = killed_between_link_and_unlink(key_store, monkeypatch)
    key = key_store.key(DAY, 1).reveal()
    os.link(left, key_store.directory.parent / "outside")
    assert len(key_store.destroy(DAY)) == 1
    assert not left.exists()
    assert key not in {path.read_bytes() for path in key_store.directory.parent.rglob("*") if path.is_file()}


def test_the_bytes_of_a_destroyed_key_are_overwritten_under_every_name(key_store: FileKeyStore) -> None:
    key_store.make(DAY)
    key = key_store.key(DAY, 1).reveal()
    backup = key_store.directory.parent / "hard-linked-backup"
    os.link(key_store.directory / "day.2026-12-01.1.key", backup)
    key_store.destroy(DAY)
    assert len(backup.read_bytes()) == len(key)
    assert backup.read_bytes() != key


def test_one_file_under_two_key_names_is_reported_and_neither_is_destroyed(key_store: FileKeyStore) -> None:
    key_store.make(DAY)
    os.link(key_store.directory / "day.2026-12-01.1.key", key_store.directory / "day.2026-12-02.1.key")
    with pytest.raises(KeyStoreError, match="hard link"):
        key_store.destroy(DAY)
    assert set(key_store.existing()) == {(DAY, 1), (OTHER, 1)}
    assert key_store.key(OTHER, 1).reveal() == key_store.key(DAY, 1).reveal()


def test_an_abandoned_half_written_file_is_overwritten_before_its_removal(key_store: FileKeyStore) -> None:
    left = key_store.directory / "day.2026-12-01.1.key.0123.new"
    left.write_bytes(b"k" * 32)
    os.utime(left, (1, 1))
    descriptor = os.open(left, os.O_RDONLY)  # reads the same bytes as the disk
    key_store.repair({})
    assert os.read(descriptor, 64) != b"k" * 32
    os.close(descriptor)
    assert not list(key_store.directory.glob("*.new"))


def test_a_writer_that_slept_while_its_file_was_cleared_makes_no_key_of_noise(
    key_store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def late(source: Path, target: Path) -> None:
        os.utime(source, (1, 1))
        key_store.repair({})
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(KeyStoreError, match="cannot be written"):
        key_store.make(DAY)
    assert set(key_store.existing()) == set()


def test_a_writer_that_wakes_while_its_file_is_overwritten_makes_no_key_of_noise(
    key_store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = key_store.directory / "day.2026-12-01.1.key.0123.new"
    left.write_bytes(b"k" * 32)
    os.utime(left, (1, 1))
    overwrite = key_files.overwrite

    def awake(file: BinaryIO) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.link(left, key_store.directory / "day.2026-12-01.1.key")
        overwrite(file)

    monkeypatch.setattr(key_files, "overwrite", awake)
    key_store.repair({})
    assert set(key_store.existing()) == set()


def test_a_key_that_was_not_used_is_overwritten_as_well(key_store: FileKeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    key_store.make(DAY)
    key, seen = key_store.key(DAY, 1), []
    unlink = Path.unlink

    def watched(self: Path, missing_ok: bool = False) -> None:
        seen.append(self.read_bytes())
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", watched)
    assert not key_store.put(DAY, 1, key)  # only part of a copy was written
    assert len(seen) == 1
    assert key.reveal() not in seen


def test_nothing_is_called_destroyed_before_the_directory_is_on_the_disk_without_it(
    key_store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_store.make(DAY)
    key_store.keep_copy(DAY, 1, b"sealed")
    file, folder = key_store.directory / "day.2026-12-01.1.key", key_store.directory
    before, link, steps = file.read_bytes(), folder.parent / "link", []
    inodes = {file.stat().st_ino: "key", folder.stat().st_ino: "directory"}
    os.link(file, link)
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        which = inodes[os.fstat(descriptor).st_ino]
        steps.append((which, file.exists(), file.with_suffix(".sealed").exists(), link.read_bytes() == before))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    key_store.destroy(DAY)
    # Write the noise while the name exists. Sync the directory once neither name is left.
    assert steps == [("key", True, True, False), ("directory", False, False, False)]


def test_the_copy_of_a_destroyed_key_is_deleted_with_it_even_if_the_process_is_killed(key_store: FileKeyStore) -> None:
    for purpose in (DAY, OTHER):
        key_store.make(purpose)
        key_store.keep_copy(purpose, 1, b"sealed")
    key_store.destroy(DAY)
    assert not (key_store.directory / "day.2026-12-01.1.sealed").exists()
    for path in (key_store.directory / "day.2026-12-01.1.sealed", key_store.directory / "day.2026-12-03.1.sealed"):
        # A process that was killed between the two steps leaves this. Or the key is lost, and a mirror may hold it.
        path.write_bytes(b"sealed")
    key_store.repair({OTHER: 1, "day 2026-12-03": 1})
    assert sorted(path.name for path in key_store.directory.glob("*.sealed")) == [
        "day.2026-12-02.1.sealed",
        "day.2026-12-03.1.sealed",
    ]
