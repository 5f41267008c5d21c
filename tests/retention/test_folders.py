"""A folder of secrets that other accounts may write in is refused as it is. tests/faults/test_modes.py runs whole commands."""

from pathlib import Path

import pytest

from retention import folders
from retention.errors import KeyStoreError


def test_a_folder_that_others_may_write_in_is_refused_and_its_mode_stays(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(KeyStoreError, match=r"may be written by others \(mode 0777\)\. Nothing was changed"):
        folders.make_private(folder)
    assert folder.stat().st_mode & 0o777 == 0o777


def test_a_file_that_others_may_read_is_made_private_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    (folder / "a").touch(mode=0o644)
    assert folders.make_private(folder) == [f"{folder / 'a'} could be used by others (mode 0644): it is 0600 now"]
    assert (folder / "a").stat().st_mode & 0o777 == 0o600
