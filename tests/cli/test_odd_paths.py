"""Each command in folders whose names mean something to a shell, an address, a format or a terminal."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import commands
from tests.support.commands import Done

# A `:x:` is the code of a picture in texts that rich prints.
NAMES = [
    "a#b", "a?b", "a%41b", "a b", "żółw", "a'b", 'a"b', "-x", "a[red]b", "a\\b", "$HOME", "a;b&c", "a{b}", "a:x:b", "~",
    "%(x)s",
    "a\nb",
    "a[/red]b",
]  # fmt: skip
MARK = "zz-mark"  # the last part of each path
QUOTED = set("'\"\\%$\n")  # shells, units, JSON and TOML write these in another way
NUMBERS = re.compile(r"\d{4}-\d\d-\d\d|[0-9a-f]{12,}|[A-Za-z0-9_-]{20,}")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return commands.make_installation(tmp_path_factory.mktemp("made"))


def written(folder: Path) -> list[str]:
    """Return every file below a folder, without the random parts of names."""
    return sorted(NUMBERS.sub("N", str(path.relative_to(folder))) for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def plain(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Done], list[str]]:
    """Run every command in a folder of a plain name. Return the answers and the files afterwards."""
    here = tmp_path_factory.mktemp("plain") / MARK
    return commands.run_all(made, here), written(here)


def difference(plain: Done, odd: Done, name: str) -> list[str]:
    """Return what is wrong with a command's answer in a folder of an odd name."""
    said, expected = odd.out + odd.err, plain.out + plain.err
    wrong = [f"says {word}" for word in ("Traceback", "internal error", "Errno") if word in said]
    wrong += [f"exits with {odd.code} instead of {plain.code}"] if odd.code != plain.code else []
    whole = MARK if QUOTED & set(name) else f"/{name}/{MARK}"  # other names are printed as they are
    wrong += [] if said.count(whole) == expected.count(MARK) else ["names other paths"]
    return [f"{odd.command}: {', '.join(wrong)}: {said[-300:]} instead of {expected[-300:]}"] if wrong else []


@pytest.mark.parametrize("name", NAMES)
def test_each_command_works_in_a_folder_of_any_name_and_writes_nothing_beside_it(
    name: str, made: Path, plain: tuple[dict[str, Done], list[str]], tmp_path: Path
) -> None:
    here = tmp_path / name / MARK
    here.parent.mkdir(parents=True)
    done, (expected, files) = commands.run_all(made, here), plain
    found = [wrong for command, answer in done.items() for wrong in difference(expected[command], answer, name)]
    assert not found, "\n" + "\n".join(found)
    assert [path.name for folder in (tmp_path, here.parent) for path in folder.iterdir()] == [name.partition("/")[0], MARK]
    if ":" not in name:
        assert written(here) == files


def linked(here: Path) -> str:
    (here.parent / "link").symlink_to(here)
    return str(here.parent / "link")


WAYS: dict[str, Callable[[Path], str]] = {
    "with a slash at the end": lambda here: f"{here}/",
    "with two slashes": lambda here: f"{here.parent}//{here.name}",
    "by a link": linked,
    "from another folder": lambda here: f"{here.parent}/other/../{here.name}",
    "from the working directory": lambda here: here.name,
    "as an option begins": lambda here: f"./-x/{here.name}",
}


@pytest.mark.parametrize("way", WAYS)
def test_each_command_works_in_a_folder_that_is_named_in_another_way(
    way: str, made: Path, plain: tuple[dict[str, Done], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / ("-x" if way == "as an option begins" else "") / MARK
    here.parent.mkdir(exist_ok=True)
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    done, (expected, files) = commands.run_all(made, here, WAYS[way](here)), plain
    wrong = {command: answer for command, answer in done.items() if answer.code != expected[command].code}
    assert not wrong
    assert written(here) == files


def test_a_setting_that_begins_as_an_option_is_a_folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(made, tmp_path / "-x")
    monkeypatch.chdir(tmp_path)
    for command in ("status", "retention run", "doctor"):
        assert commands.run(command, made, tmp_path, commands.settings_of("-x")).code in (0, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["-x"]
