"""`intake key-store fill | list` with folders that are empty, incomplete, or of another installation."""

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from intake.cli.main import app
from intake.service.service import Service, utc_now
from intake.settings import read
from tests.support.postgres import Cluster


def intake(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        return 2, str(result.exception)
    return result.exit_code, result.stdout


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*")}


def keys(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in tree(folder).items() if name.endswith((".key", ".sealed"))}


@pytest.fixture
def folders(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path]:
    """Return the first folder and a mirror of an installation, both complete."""
    monkeypatch.setenv("INTAKE_KEY_STORE_MIRRORS", str(tmp_path / "second" / "key-store"))
    service = Service.open(read(), upgrade=True)
    service.job.run(service.today)
    service.close()
    first, mirror = Path(environment["INTAKE_KEY_STORE"]), tmp_path / "second" / "key-store"
    assert keys(first) == keys(mirror) != {}
    return first, mirror


def test_a_fill_with_an_empty_first_folder_destroys_nothing_and_names_both(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    before = tree(mirror)
    shutil.rmtree(first)
    first.mkdir()
    code, said = intake("key-store", "fill")
    assert code == 2
    assert str(first) in said
    assert str(mirror) in said
    assert "--first-from-mirrors" in said
    assert tree(mirror) == before
    assert tree(first) == {}  # the command does not take a mount point for its disk


def test_an_empty_or_missing_first_folder_is_filled_from_the_mirror_once_confirmed(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    before = keys(first)
    for empty in (True, False):
        shutil.rmtree(first)
        if empty:
            first.mkdir()
        assert intake("retention", "run")[0] == 2  # the command refuses and makes no key store there
        assert not first.exists() or tree(first) == {}
        code, said = intake("key-store", "fill", "--first-from-mirrors")
        assert (code, "hold every deletion key" in said) == (0, True)
        assert keys(first) == keys(mirror) == before
        assert intake("retention", "run")[0] == 0


def test_a_first_folder_that_lost_keys_gets_them_back_but_no_destroyed_key(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    before = keys(first)
    stale = mirror / "epoch.AAAAAAAAAAAAAAAAAAAAAA.BBBB.1.key"  # the run destroyed it while the mirror was away
    stale.write_bytes(b"k" * 32)
    for name in list(before)[::3]:
        (first / name).unlink()
    assert intake("key-store", "fill")[0] == 2
    assert intake("key-store", "fill", "--first-from-mirrors")[0] == 0
    assert keys(first) == before
    assert stale.exists()  # a fill adds keys; the next run removes this one
    assert intake("retention", "run")[0] == 0
    assert keys(mirror) == keys(first) == before


def test_keys_that_are_in_no_folder_are_counted_and_all_others_copied(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    lost = sorted(first.glob("day.*.key"))[3]
    for folder in folders:
        (folder / lost.name).unlink()
    rest = keys(mirror)
    shutil.rmtree(first)
    code, said = intake("key-store", "fill", "--first-from-mirrors")
    assert (code, "1 of the deletion keys" in said) == (2, True)
    assert {name: keys(first)[name] for name in rest if name.endswith(".key")} == {
        name: data for name, data in rest.items() if name.endswith(".key")
    }


def give_one_key_two_values(first: Path, mirror: Path) -> str:
    """Write different bytes under the name of one deletion key; return the name."""
    name = sorted(first.glob("day.*.key"))[3].name
    (first / name).unlink()
    (mirror / name).write_bytes(b"k" * 32)
    shutil.copy(mirror / name, first / name)
    (first / name).write_bytes(b"x" * 32)
    return name


def test_a_run_reports_a_deletion_key_that_differs_between_folders(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    name = give_one_key_two_values(first, mirror)
    result = intake("retention", "run")
    assert (result[0], "different deletion keys" in result[1].replace("\n", " ")) == (1, True)
    assert (mirror / name).read_bytes() == b"k" * 32


@pytest.mark.parametrize("of_another_store", [False, True], ids=["keys that differ", "keys that differ, of another store"])
def test_a_fill_refuses_a_folder_with_other_keys_and_changes_nothing(
    of_another_store: bool, folders: tuple[Path, Path]
) -> None:
    first, mirror = folders
    give_one_key_two_values(first, mirror)
    if of_another_store:
        (mirror / "store").write_text("B" * 22)
    before = tree(first), tree(mirror)
    for option in ([], ["--first-from-mirrors"]):
        code, said = intake("key-store", "fill", *option)
        assert (code, str(mirror) in said) == (2, True)
        assert (tree(first), tree(mirror)) == before


def test_a_first_folder_is_filled_for_a_shared_store_too(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, cluster: Cluster
) -> None:
    monkeypatch.setenv("INTAKE_DATABASE_URL", cluster.new())
    first, mirror = request.getfixturevalue("folders")
    shutil.rmtree(first)
    assert intake("key-store", "fill")[0] == 2
    assert intake("key-store", "fill", "--first-from-mirrors")[0] == 0
    assert keys(first) == keys(mirror)
    assert intake("retention", "run")[0] == 0


def test_listing_a_missing_key_store_is_an_error_and_not_an_empty_list(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    assert "day" in intake("key-store", "list")[1]
    shutil.rmtree(mirror)
    (first / "store").write_text("B" * 22)
    assert intake("key-store", "list")[0] == 2


def test_a_fill_does_not_wait_for_a_run(folders: tuple[Path, Path]) -> None:
    service = Service.open(read())
    with service.job.locks.attempt("run") as alone:
        assert alone
        assert "a deletion run is in progress" in intake("key-store", "fill")[1]
    service.close()
    assert utc_now()


def test_the_doctor_names_the_missing_keys_of_each_folder_and_a_remedy(folders: tuple[Path, Path], tmp_path: Path) -> None:
    first, mirror = folders
    report = json.loads(intake("doctor", "--json")[1])
    assert not any("deletion keys" in message for folder in folders for message in report[str(folder)])
    names = sorted(first.glob("day.*.key"))
    names[0].unlink()
    os.link(names[1], tmp_path / "snapshot.key")
    shutil.rmtree(mirror)
    report = json.loads(intake("doctor", "--json")[1])
    mine = " ".join(report[str(first)])
    assert "it lacks 1 of the" in mine
    assert "1 of its deletion keys have more than one name" in mine
    assert "--first-from-mirrors" in mine
    assert "it does not belong to a store" in " ".join(report[str(mirror)])
    assert report[str(mirror)][-1].endswith("intake key-store fill")
    mirror.mkdir()
    (mirror / "store").write_text("B" * 22)
    assert "not of" in " ".join(json.loads(intake("doctor", "--json")[1])[str(mirror)])
    (mirror / "store").unlink()
    (mirror / "store").mkdir()
    assert "does not say" in " ".join(json.loads(intake("doctor", "--json")[1])[str(mirror)])


def test_a_restore_deletes_nothing_whose_key_a_mirror_holds(
    folders: tuple[Path, Path], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, mirror = folders
    key, backup = str(tmp_path / "key.txt"), str(tmp_path / "backup.age")
    assert intake("backup", backup, "--to", intake("backup", "--new-key", key)[1].strip())[0] == 0
    store = Path(environment["INTAKE_DATA"]) / "store.db"
    store.rename(tmp_path / "lost.db")
    sorted(first.glob("day.*.key"))[0].unlink()
    code, said = intake("restore", backup, "--identity", key)
    assert (code, str(mirror) in said, store.exists()) == (2, True, False)
    monkeypatch.setenv("INTAKE_KEY_STORE", str(mirror))
    monkeypatch.setenv("INTAKE_KEY_STORE_MIRRORS", str(first))
    code, said = intake("restore", backup, "--identity", key)
    assert (code, "lost their deletion key" in said) == (0, False)
    assert intake("retention", "run")[0] == 0
    assert keys(first) == keys(mirror)
