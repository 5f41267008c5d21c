"""Rights of other accounts on folders and files of secrets. tests/faults/test_modes.py runs whole commands."""

import os
import stat
from pathlib import Path

import pytest

from retention import folders
from retention.errors import KeyStoreError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A private folder with one file that others may read."""
    (tmp_path / "keys").mkdir(mode=0o700)
    (tmp_path / "keys" / "a").touch(mode=0o644)
    return tmp_path / "keys"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def gone(*_: object, **__: object) -> None:
    raise FileNotFoundError


def test_a_folder_that_others_may_write_in_is_refused_and_its_mode_stays(folder: Path) -> None:
    folder.chmod(0o777)
    with pytest.raises(KeyStoreError, match=r"may be written by others \(mode 0777\)\. Nothing was changed"):
        folders.make_private(folder)
    assert (mode(folder), mode(folder / "a")) == (0o777, 0o644)


def test_a_folder_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = folder.stat().st_uid + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with pytest.raises(KeyStoreError, match="belongs to another user"):
        folders.make_private(folder)
    command = f"chown {other} {folder} && chmod 700 {folder}"
    assert folders.weaknesses(folder)[0] == f"the folder {folder} belongs to another user. Type: {command}"


def test_a_file_that_others_may_read_is_made_private_and_named(folder: Path) -> None:
    assert folders.make_private(folder) == [f"{folder / 'a'} could be used by others (mode 0644): it is 0600 now"]
    assert mode(folder / "a") == 0o600


def test_a_report_of_weaknesses_names_them_and_changes_nothing(folder: Path) -> None:
    folder.chmod(0o755)
    assert folders.weaknesses(folder) == [
        f"{folder} may be used by others (mode 0755). Type: chmod 700 {folder}",
        f"{folder / 'a'} may be used by others (mode 0644). Type: chmod 600 {folder / 'a'}",
    ]
    assert (mode(folder), mode(folder / "a")) == (0o755, 0o644)


def test_a_folder_that_does_not_exist_has_no_weakness_and_is_not_made(tmp_path: Path) -> None:
    assert (folders.weaknesses(tmp_path / "none"), folders.make_private(tmp_path / "none")) == ([], [])
    assert not (tmp_path / "none").exists()


def test_a_link_and_a_folder_below_keep_their_modes(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.touch(mode=0o644)
    (folder / "link").symlink_to(outside)
    (folder / "below").mkdir(mode=0o755)
    folders.make_private(folder)
    assert (mode(outside), mode(folder / "below")) == (0o644, 0o755)


def test_a_file_that_is_removed_before_its_mode_is_changed_is_skipped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "chmod", gone)
    assert folders.make_private(folder) == []


def test_a_file_that_is_removed_before_its_mode_is_read_is_skipped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    class Scan:
        """The entries of a folder, whose files are removed once they are listed."""

        def __enter__(self) -> object:
            with scandir(folder) as entries:
                listed = list(entries)
            (folder / "a").unlink()
            return listed

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", lambda _: Scan())
    assert folders.weaknesses(folder) == []


def test_a_mode_that_cannot_be_changed_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refused)
    with pytest.raises(KeyStoreError, match=r"may be used by others \(mode 0644\), and that cannot be changed"):
        folders.make_private(folder)


def test_a_secret_that_others_may_read_is_named_with_its_remedy(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.touch(mode=0o644)
    assert folders.weakness_of(key) == f"{key} may be used by others (mode 0644). Type: chmod 600 {key}"


def test_a_secret_that_does_not_exist_has_no_weakness(tmp_path: Path) -> None:
    assert folders.weakness_of(tmp_path / "none") == ""


def test_a_folder_has_no_weakness_as_a_secret(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert folders.weakness_of(tmp_path) == ""


ROOT, OPERATOR, OTHER = 0, 1000, 1001  # accounts, and their groups


def weakness_for(account: int, rights: int, owner: int, group: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what an account reads of a secret with these rights, owner and group. Only root can make such a file."""
    status = os.stat_result((stat.S_IFREG | rights, 0, 0, 1, owner, group, 0, 0, 0, 0))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", lambda _: status)
        patched.setattr(os, "geteuid", lambda: account)
        patched.setattr(os, "getegid", lambda: account)
        patched.setattr(os, "getgroups", lambda: [account])
        return folders.weakness_of(Path("key"))


@pytest.mark.parametrize("owner", [ROOT, OPERATOR])
def test_a_secret_that_only_its_owner_may_use_has_no_weakness(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert weakness_for(owner, 0o600, owner, owner, monkeypatch) == ""


def test_a_group_may_read_a_secret_of_root(monkeypatch: pytest.MonkeyPatch) -> None:
    assert weakness_for(OPERATOR, 0o640, ROOT, OPERATOR, monkeypatch) == ""


def test_a_group_may_not_write_a_secret_of_root(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "mode 0660" in weakness_for(OPERATOR, 0o660, ROOT, OPERATOR, monkeypatch)


def test_a_group_may_not_read_a_secret_of_another_account(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "mode 0640" in weakness_for(OPERATOR, 0o640, OPERATOR, OTHER, monkeypatch)


@pytest.mark.parametrize("account", [ROOT, OPERATOR])
def test_the_remedy_for_a_secret_of_root_keeps_the_group_that_reads_it(account: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert weakness_for(account, 0o644, ROOT, OPERATOR, monkeypatch).endswith("Type: chmod 640 key")


@pytest.mark.parametrize("owner", [ROOT, OTHER])
def test_the_remedy_for_a_secret_of_another_account_gives_it_to_its_reader(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    remedy = f"Type as root: chown {OPERATOR} key && chmod 600 key"
    assert weakness_for(OPERATOR, 0o644, owner, owner, monkeypatch).endswith(remedy)


def test_the_remedy_for_an_owner_takes_the_rights_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert weakness_for(OPERATOR, 0o644, OPERATOR, OPERATOR, monkeypatch).endswith("Type: chmod 600 key")


@pytest.mark.parametrize("owner", [ROOT, OTHER])
def test_the_remedy_for_root_leaves_a_secret_to_its_owner_alone(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert weakness_for(ROOT, 0o644, owner, owner, monkeypatch).endswith("Type: chmod 600 key")
