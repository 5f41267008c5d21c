"""When a part of `make test` or `.ci/run` fails, the other parts still run."""

import os
import signal
import subprocess
import time
from pathlib import Path

from tests.support.patience import PATIENCE

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


def test_a_parallel_part_runs_at_the_same_time_and_its_output_stays_in_one_piece() -> None:
    done = parts("""
        slow() { echo first; until [ -f "$_output/done" ]; do sleep 0.05; done; echo last; }
        quick() { echo between; touch "$_output/done"; }
        beside slow slow; part quick quick; summary all:""")
    assert done.returncode == 0
    assert done.stdout.splitlines()[:3] == ["between", "first", "last"]


def test_a_parallel_part_that_fails_or_is_killed_is_named() -> None:
    done = parts("beside one false; beside two true; beside three kill -9 0; part four true; summary all:")
    assert done.returncode == 1
    assert "2 of 4 parts failed: one, three" in done.stdout


def heed_interruptions() -> None:
    """A process that was started in the background ignores SIGINT, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interruption_also_ends_the_parallel_parts(tmp_path: Path) -> None:
    script = (
        f"beside one sh -c 'echo $$ >{tmp_path}/started; exec sleep 300'; "
        f"part two sh -c 'touch {tmp_path}/second; exec sleep 300'; summary all:"
    )
    command = ["bash", "-uo", "pipefail", "-c", f". .ci/parts.sh\n{script}"]
    with subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, preexec_fn=heed_interruptions
    ) as running:
        while not (tmp_path / "second").exists() or not (tmp_path / "started").exists():
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(PATIENCE) == 130
    sleeping = Path(f"/proc/{(tmp_path / 'started').read_text().strip()}/stat")
    until = time.monotonic() + PATIENCE
    while sleeping.exists() and sleeping.read_text().split()[2] != "Z":
        assert time.monotonic() < until, "it still runs"
        time.sleep(0.05)
