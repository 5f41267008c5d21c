"""`intake keeper fill | list`: what they do with folders that are empty, half, foreign."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from intake.cli.main import app
from intake.service import Service, utc_now
from intake.settings import read


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
    """The first folder and a mirror of an installation, both complete."""
    monkeypatch.setenv("INTAKE_KEEPER_MIRRORS", str(tmp_path / "second" / "keeper"))
    service = Service.open(read(), upgrade=True)
    service.job.run(service.today)
    service.close()
    first, mirror = Path(environment["INTAKE_KEEPER"]), tmp_path / "second" / "keeper"
    assert keys(first) == keys(mirror) != {}
    return first, mirror


def test_a_fill_with_an_empty_first_folder_destroys_nothing_and_names_both(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    before = tree(mirror)
    shutil.rmtree(first)
    first.mkdir()
    code, said = intake("keeper", "fill")
    assert code == 2
    assert str(first) in said
    assert str(mirror) in said
    assert "--first-from-mirrors" in said
    assert tree(mirror) == before
    assert tree(first) == {}  # a mount point without its disk is not taken for the disk


def test_an_empty_or_missing_first_folder_is_filled_from_the_mirror_on_a_persons_word(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    before = keys(first)
    for empty in (True, False):
        shutil.rmtree(first)
        if empty:
            first.mkdir()
        assert intake("retention", "run")[0] == 2  # refused, and no store begins there
        assert not first.exists() or tree(first) == {}
        code, said = intake("keeper", "fill", "--first-from-mirrors")
        assert (code, "hold every lock key" in said) == (0, True)
        assert keys(first) == keys(mirror) == before
        assert intake("retention", "run")[0] == 0


def test_a_half_first_folder_takes_back_what_it_lost_and_nothing_that_was_destroyed(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    before = keys(first)
    stale = mirror / "epoch.AAAAAAAAAAAAAAAAAAAAAA.BBBB.1.key"  # destroyed while the mirror was away
    stale.write_bytes(b"k" * 32)
    for name in list(before)[::3]:
        (first / name).unlink()
    assert intake("keeper", "fill")[0] == 2
    assert intake("keeper", "fill", "--first-from-mirrors")[0] == 0
    assert keys(first) == before
    assert stale.exists()  # a fill adds; the next run removes it
    assert intake("retention", "run")[0] == 0
    assert keys(mirror) == keys(first) == before


def test_keys_that_are_in_no_folder_are_counted_and_all_others_copied(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    lost = sorted(first.glob("day.*.key"))[3]
    for folder in folders:
        (folder / lost.name).unlink()
    rest = keys(mirror)
    shutil.rmtree(first)
    code, said = intake("keeper", "fill", "--first-from-mirrors")
    assert (code, "1 of the lock keys" in said) == (2, True)
    assert {name: keys(first)[name] for name in rest if name.endswith(".key")} == {
        name: data for name, data in rest.items() if name.endswith(".key")
    }


def test_a_fill_refuses_folders_of_another_store_and_keys_that_differ(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    name = sorted(first.glob("day.*.key"))[3].name
    (first / name).unlink()
    (mirror / name).write_bytes(b"k" * 32)
    shutil.copy(mirror / name, first / name)
    (first / name).write_bytes(b"x" * 32)
    told = intake("retention", "run")
    assert (told[0], "different lock keys" in told[1].replace("\n", " ")) == (1, True)
    assert (mirror / name).read_bytes() == b"k" * 32
    (mirror / "store").write_text("B" * 22)
    before = tree(first), tree(mirror)
    for option in ([], ["--first-from-mirrors"]):
        code, said = intake("keeper", "fill", *option)
        assert (code, str(mirror) in said) == (2, True)
        assert (tree(first), tree(mirror)) == before


def test_a_list_of_a_keeper_that_is_away_is_an_error_and_not_an_empty_one(folders: tuple[Path, Path]) -> None:
    first, mirror = folders
    assert "day" in intake("keeper", "list")[1]
    shutil.rmtree(mirror)
    (first / "store").write_text("B" * 22)
    assert intake("keeper", "list")[0] == 2


def test_a_fill_waits_for_no_run(folders: tuple[Path, Path]) -> None:
    service = Service.open(read())
    with service.job.locks.attempt("run") as alone:
        assert alone
        assert "a purge run is under way" in intake("keeper", "fill")[1]
    service.close()
    assert utc_now()
