"""Every parser over the stored corpus, and some seconds of atheris beyond it. `make fuzz` takes longer."""

import subprocess
import sys

import pytest

from tests.fuzz.__main__ import CORPUS
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_of_the_corpus_breaks_a_parser(name: str) -> None:
    kept = list((CORPUS / name).iterdir())
    assert kept
    for path in kept:
        TARGETS[name](path.read_bytes())


@pytest.fixture(scope="module")
def report() -> str:
    """Fuzz all parsers for two seconds each. One process does it, because it instruments the imports for longer."""
    done = subprocess.run([sys.executable, "-m", "tests.fuzz", *TARGETS, "2"], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.skipif(sys.platform != "linux" or sys.version_info >= (3, 14), reason="atheris runs on Linux, up to Python 3.13")
@pytest.mark.parametrize("name", TARGETS)
def test_a_short_fuzz_breaks_no_parser(report: str, name: str) -> None:
    line = next((line for line in report.splitlines() if line.startswith(f"{name}: ")), report)
    assert "nothing broken" in line, report
    assert int(line.split(": ")[1].split(" ")[0]) > 50, "it ran"
