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


@pytest.mark.skipif(sys.platform != "linux" or sys.version_info >= (3, 14), reason="atheris runs on Linux, up to Python 3.13")
@pytest.mark.parametrize("name", TARGETS)
def test_a_short_fuzz_breaks_no_parser(name: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz", name, "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing broken" in done.stdout
    assert int(done.stdout.split(": ")[1].split(" ")[0]) > 50, "it ran"
