"""Reading regular files, and no other kind, up to a bound."""

import os
import tracemalloc
from pathlib import Path

import pytest

from retention.files import open_regular, read_regular


def test_a_small_file_takes_little_memory_however_large_its_bound_is(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"x" * 65)
    tracemalloc.start()
    try:
        assert read_regular(tmp_path / "small", 256 * 2**20) == b"x" * 65
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 200_000])
def test_a_file_as_large_as_its_bound_is_read_and_one_byte_more_is_refused(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    assert read_regular(tmp_path / "file", size) == b"x" * size
    (tmp_path / "file").write_bytes(b"x" * (size + 1))
    with pytest.raises(OSError, match="larger than"):
        read_regular(tmp_path / "file", size)


def test_a_file_replaced_by_a_pipe_between_check_and_opening_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    honest = (tmp_path / "file").stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: honest)
    with pytest.raises(OSError, match="a named pipe, not a file"):
        open_regular(tmp_path / "pipe")
