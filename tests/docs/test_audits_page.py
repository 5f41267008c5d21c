"""Each test, vector, mutant and model fault that docs/evidence/audits.md names exists and belongs to its row."""

import re
from pathlib import Path

import pytest

from tests.model.faults import FAULTS
from tests.mutants.run import CLIENT, Mutant, is_test_file, read

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors"
CLIENT_TESTS = CLIENT / "src" / "tests"
ROW = re.compile(r"^\| (\d+[a-h]?|F) \|(.*)\|$", re.MULTILINE)
FIRST, SECOND = [
    [(number, *(cell.strip() for cell in rest.split("|"))) for number, rest in ROW.findall(part)]
    for part in (ROOT / "docs" / "evidence" / "audits.md").read_text("utf-8").split("\n## ")[1:]
]
ROWS = [*FIRST, *SECOND]
PUT_BACK = re.compile(r"(?P<mutants>`[^`]+`(?:, `[^`]+`)*)(?:\. Model: (?P<model>`[^`]+`(?:, `[^`]+`)*))?(?:\. |$)")
OF_A_VECTOR = re.compile(r"tests/crypto/test_(?P<store>store_)?vectors\.py::test_\w+\[(?P<name>.+)\]")
MUTANTS = {mutant.name: mutant for mutant in read()}


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def put_back(cell: str) -> tuple[list[str], list[str]]:
    """Return the mutants and the model's faults of a cell."""
    match = PUT_BACK.match(cell)
    assert match is not None, cell
    return named(match["mutants"]), named(match["model"] or "")


def tried_with(mutant: Mutant) -> set[str]:
    """Return the mutant's tests as the page names them."""
    tests = set()
    for test in mutant.tests:
        if vector := OF_A_VECTOR.fullmatch(test):
            tests.add(f"store/{vector['name']}" if vector["store"] else vector["name"])
        elif is_test_file(test):
            tests.add((CLIENT_TESTS / test).as_posix())
        else:
            tests.add(test.partition("[")[0])
    return tests


def test_the_page_has_each_fault_of_both_audits() -> None:
    assert {re.sub(r"(?<=9)[a-h]", "", number) for number, *_ in FIRST} == {*map(str, range(1, 20)), "5b", "F"}
    assert {re.sub(r"(?<=20)[a-f]", "", number) for number, *_ in SECOND} == set(map(str, range(1, 21)))


@pytest.mark.parametrize(("_number", "_fault", "tests", "vectors", "cell"), ROWS)
def test_every_name_in_a_row_exists(_number: str, _fault: str, tests: str, vectors: str, cell: str) -> None:
    for test in named(tests):
        path, _, name = test.partition("::")
        text = (ROOT / path).read_text("utf-8")
        assert is_test_file(path) or f"def {name}(" in text, test
    assert [name for name in named(vectors) if not (VECTORS / f"{name}.json").exists()] == []
    mutants, model = put_back(cell)
    assert set(mutants) <= MUTANTS.keys()
    assert set(model) <= FAULTS.keys()


@pytest.mark.parametrize(("_number", "_fault", "tests", "vectors", "cell"), ROWS)
def test_each_mutant_of_a_row_is_tried_with_a_test_of_that_row(
    _number: str, _fault: str, tests: str, vectors: str, cell: str
) -> None:
    shown = {*named(tests), *named(vectors)}
    assert [name for name in put_back(cell)[0] if not tried_with(MUTANTS[name]) & shown] == []
