"""The list of mutants matches the code, and the runner tells killed mutants from survivors. `make mutants` runs all of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutants.run import CLIENT, ROOT, Mutant, Outcome, copy_of_tree, is_test_file, read, try_one

MUTANTS = read()
FEWEST = 40
PYTHON, VECTOR = "a row that opens under another leaf", "client: a key of small order"
WHOLE_FILE = "client: a day is signed although the clocks differ"
CLIENT_TESTS = ROOT / CLIENT / "src" / "tests"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with copy_of_tree(tmp_path_factory.mktemp("mutants")) as copy:
        yield copy


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_listed_line_is_in_its_file(mutant: Mutant) -> None:
    mutant.applied((ROOT / mutant.file).read_text("utf-8"))
    assert mutant.tests
    for name in mutant.tests:
        if mutant.of_client:
            file = CLIENT_TESTS / name if is_test_file(name) else ROOT / "tests" / "vectors" / f"{name}.json"
            assert file.exists()
        else:
            path, _, test = name.partition("::")
            assert f"def {test.partition('[')[0]}(" in (ROOT / path).read_text("utf-8")


def test_the_list_is_long_enough_and_names_each_once() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= FEWEST
    assert len({(mutant.file, mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS)
    for part in ("crypto/", "retention/", "intake/store/", "intake/client/"):
        assert any(mutant.file.startswith(part) for mutant in MUTANTS)


@pytest.mark.parametrize("name", [PYTHON, VECTOR, WHOLE_FILE])
def test_a_lost_line_is_noticed_a_harmless_change_is_not_and_the_work_tree_stays_as_it_was(tree: Path, name: str) -> None:
    mutant = next(listed for listed in MUTANTS if listed.name == name)
    before = (ROOT / mutant.file).read_text("utf-8")
    outcome, output = try_one(mutant, tree)
    assert outcome is Outcome.KILLED, output
    harmless = replace(mutant, new=f"{mutant.old} ")
    outcome, output = try_one(harmless, tree)
    assert outcome is Outcome.SURVIVED, output
    assert (ROOT / mutant.file).read_text("utf-8") == (tree / mutant.file).read_text("utf-8") == before


def test_a_moved_line_and_a_missing_test_are_reported(tree: Path) -> None:
    mutant = next(listed for listed in MUTANTS if listed.name == PYTHON)
    for wrong in (replace(mutant, old="no such line"), replace(mutant, old="\n"), replace(mutant, tests=("tests/none.py",))):
        outcome, output = try_one(wrong, tree)
        assert outcome is Outcome.BROKEN
        assert output
