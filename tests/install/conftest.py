"""Build the wheel and the sdist of this tree once for all workers."""

from pathlib import Path

import pytest

from tests.support.once import once
from tests.support.packaging import built, copied


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the wheel and the sdist of one build, by suffix."""
    folder = once(
        tmp_path_factory, "build", lambda folder: built(copied(folder / "source"), folder / "out", "--sdist", "--wheel")
    )
    return {path.suffix: path for path in (folder / "out").iterdir()}


@pytest.fixture(scope="session")
def wheel(first: dict[str, Path]) -> Path:
    """Return the wheel of that build."""
    return first[".whl"]
