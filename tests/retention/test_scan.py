"""The search of raw files: what is found, what is skipped, and what is reported as skipped."""

import base64
import os
from pathlib import Path

import pytest

from retention import scan


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


def test_a_link_to_something_that_is_searched_anyway_is_neither_followed_nor_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"canary")
    (tmp_path / "link").symlink_to("file")
    assert list(scan.files([tmp_path])) == [tmp_path / "file"]


def test_a_folder_without_files_is_reported(tmp_path: Path) -> None:
    left: dict[Path, str] = {}
    assert list(scan.files([tmp_path], left.__setitem__)) == []
    assert left == {tmp_path: "it is a folder without files"}


def test_one_byte_is_enough_to_search_for(odd_files: Path) -> None:
    left: dict[Path, str] = {}
    matches = list(scan.scan([odd_files], {"a": [b"a"]}, lambda read: None, left.__setitem__))
    assert [match.offset for match in matches] == list(range(0, 20, 2))


def test_a_search_for_nothing_finds_nothing(odd_files: Path) -> None:
    assert list(scan.scan([odd_files], {}, lambda read: None)) == []


def test_a_blob_shorter_than_a_probe_is_its_own_probe() -> None:
    assert (scan.probes(b""), scan.probes(b"short")) == ([], [b"short"])


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param("the canary’s song".encode(), id="UTF-8"),
        pytest.param("the canary’s song".encode("utf-16-le"), id="UTF-16, little-endian"),
        pytest.param("the canary’s song".encode("utf-16-be"), id="UTF-16, big-endian"),
        pytest.param("the canary’s song".encode().hex().encode(), id="hexadecimal"),
        pytest.param("the canary’s song".encode().hex().upper().encode(), id="hexadecimal, upper case"),
        *(
            pytest.param(base64.b64encode(b"." * shift + "canary’s song".encode() + b".."), id=f"base64 from offset {shift}")
            for shift in range(3)
        ),
    ],
)
def test_a_text_is_found_in_each_encoding_that_a_file_may_have(tmp_path: Path, stored: bytes) -> None:
    (tmp_path / "file").write_bytes(b"before" + stored + b"after")
    wanted = {"the canary": scan.encodings_of("canary’s song")}
    assert {match.what for match in scan.scan([tmp_path], wanted, lambda read: None)} == {"the canary"}


def test_no_piece_is_so_short_that_chance_would_find_it() -> None:
    assert min(map(len, scan.encodings_of("ab"))) == 4


def test_the_size_of_a_file_is_known_before_its_search(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(300))
    assert scan.size(tmp_path / "file") == 300


def test_a_file_that_cannot_be_opened_has_no_size(tmp_path: Path) -> None:
    assert scan.size(tmp_path / "none") == 0


def test_a_match_within_the_overlap_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "WINDOW", 8)
    (tmp_path / "file").write_bytes(b"12345678" * 3)
    read: list[int] = []
    matches = list(scan.scan([tmp_path], {"x": [b"78", b"5678"]}, read.append))
    assert sorted((match.offset) for match in matches) == [4, 6, 12, 14, 20, 22]


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


def fails(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    left: dict[Path, str] = {}
    monkeypatch.setattr(Path, "iterdir", fails)
    assert list(scan.files([tmp_path / "folder"], left.__setitem__)) == []
    assert left == {tmp_path / "folder": "Permission denied"}


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"canary")
    left: dict[Path, str] = {}
    monkeypatch.setattr(scan, "open_regular", fails)
    assert list(scan.scan([tmp_path / "file"], {"x": [b"canary"]}, lambda read: None, left.__setitem__)) == []
    assert left == {tmp_path / "file": "Permission denied"}
