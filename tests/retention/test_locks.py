"""Locks among processes as files: waiting, not waiting, shared, replaced, and on a disk that fails."""

import os
import threading
from pathlib import Path

import pytest

from retention.errors import KeyStoreError
from retention.key_stores import locks
from retention.key_stores.locks import FileLocks


def test_a_lock_has_one_holder_and_its_file_is_removed_afterwards(tmp_path: Path) -> None:
    mine, other = FileLocks(tmp_path), FileLocks(tmp_path)
    with mine.exclusive("day 2026-12-01"):
        assert [path.name for path in tmp_path.iterdir()] == ["day.2026-12-01.lock"]
        with other.attempt("day 2026-12-01") as alone:
            assert not alone
        with other.attempt("day 2026-12-02") as alone:
            assert alone
    assert list(tmp_path.iterdir()) == []
    assert not mine.lost()


def test_many_threads_never_hold_one_lock_together_while_its_file_is_replaced(tmp_path: Path) -> None:
    inside: list[int] = []
    worst: list[int] = []

    def work() -> None:
        for _ in range(40):
            with FileLocks(tmp_path).exclusive("run"):
                inside.append(1)
                worst.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(worst), max(worst)) == (240, 1)


def test_a_shared_lock_is_visible_until_its_release(tmp_path: Path) -> None:
    mine, other = FileLocks(tmp_path), FileLocks(tmp_path)
    release_first, release_second = mine.share("held x 1"), other.share("held x 1")
    assert not other.nobody_shares("held x 1")
    release_first()
    assert not mine.nobody_shares("held x 1")
    release_second()
    assert mine.nobody_shares("held x 1")


def test_a_lock_file_that_was_replaced_while_waiting_is_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bool] = []

    def is_still(path: Path, descriptor: int) -> bool:
        if not looked:
            path.unlink()
        looked.append(same := still(path, descriptor))
        return same

    still = locks._is_still
    monkeypatch.setattr(locks, "_is_still", is_still)
    with FileLocks(tmp_path).exclusive("run"):
        assert looked == [False, True]


def test_a_disk_that_fails_is_an_error_and_nothing_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyStoreError, match="cannot be written"), FileLocks(tmp_path / "none").exclusive("run"):
        pass

    def fails(descriptor: int, how: int) -> None:
        raise OSError(5, "Input/output error")

    before = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr("fcntl.flock", fails)
    with pytest.raises(KeyStoreError, match="Input/output"), FileLocks(tmp_path).exclusive("run"):
        pass
    assert len(os.listdir("/proc/self/fd")) == before
