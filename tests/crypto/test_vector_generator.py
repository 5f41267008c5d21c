"""The program that makes the vectors (`make vectors`), so that a moved module does not break it unseen."""

from pathlib import Path

import pytest

from tests.vectors import generate, stored, world


def test_the_generator_makes_a_file_for_each_vector_of_the_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {path.name for folder in (world.HERE, stored.FOLDER) for path in folder.glob("*.json")}
    monkeypatch.setattr(world, "HERE", tmp_path)
    monkeypatch.setattr(stored, "FOLDER", tmp_path / "store")

    generate.main()

    assert {path.name for path in tmp_path.rglob("*.json")} == tree
