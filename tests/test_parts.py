"""A part of `make test` or of `.ci/run` that fails does not keep the others from running."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def parts(script: str) -> "subprocess.CompletedProcess[str]":
    command = ["bash", "-uo", "pipefail", "-c", f". .ci/parts.sh\n{script}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_after_a_part_has_failed_the_others_run_and_the_failure_is_named() -> None:
    done = parts("part one false; part two echo ran; part three false; summary all:")
    assert done.returncode == 1
    assert "ran" in done.stdout.splitlines()
    assert "2 of 3 parts failed: one, three" in done.stdout


def test_when_no_part_fails_the_summary_succeeds() -> None:
    done = parts("part one true; part two true; summary all:")
    assert done.returncode == 0
    assert "failed" not in done.stdout.lower()
