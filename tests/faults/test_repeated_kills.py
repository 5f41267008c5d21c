"""A test kills the server again and again while people send. `make faults` does it for longer."""

from pathlib import Path

import pytest

from tests.faults.repeated_kills import run_kill_test


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_sigkill_at_random_points_loses_nothing_acknowledged_and_stores_nothing_twice(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("cluster").new() if engine == "postgresql" else ""
    outcome = run_kill_test(tmp_path, url, kills=2, seed=7)
    assert outcome.acknowledged > 0
    assert (outcome.lost, outcome.twice, outcome.damaged) == (0, 0, "")
