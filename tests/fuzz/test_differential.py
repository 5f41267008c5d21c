"""Both implementations over the same objects, for ten seconds. `make fuzz` takes longer."""

import subprocess
import sys
from collections.abc import Callable
from random import Random

import pytest

from tests.fuzz import differential
from tests.fuzz.choices import Made
from tests.fuzz.differential import Browser, differ, made_from, outcome
from tests.fuzz.objects import MAKERS, ascii_digits, json_text

SECONDS = 10


@pytest.fixture(scope="module", autouse=True)
def browser_code() -> None:
    """The client's code as Node runs it, built for this test: the site's build does not contain it."""
    subprocess.run(["node", "build.mjs", "--tests"], cwd=differential.ROOT / "intake/client", check=True)


def test_both_implementations_accept_and_read_the_same() -> None:
    command = [sys.executable, "-m", "tests.fuzz.differential", str(SECONDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no differences" in done.stdout
    assert int(done.stdout.split(" ")[1]) > len(MAKERS), "it ran"


def test_a_difference_is_reported() -> None:
    """A reader that decides differently is found. Here one accepts what the browser refuses."""
    with Browser() as browser:
        browser.send(("day", {"text": "0000-01-01"}))
        theirs = browser.outcome()
    assert theirs == {"refused": "encoding", "reason": "not a day"}
    assert not differ(outcome(("day", {"text": "0000-01-01"})), theirs)
    assert differ({"output": "0000-01-01"}, theirs)
    assert differ({"broken": "ValueError"}, theirs)
    assert differ({"output": "1"}, {"output": "2"})


@pytest.mark.parametrize("maker", dict.fromkeys(MAKERS), ids=lambda maker: maker.__name__)
def test_every_generator_makes_accepted_and_refused_inputs(maker: Callable[[Random], Made]) -> None:
    """Objects that are all refused at once would compare nothing."""
    decided = {"refused" in outcome(maker(Random(seed))) for seed in range(60)}
    assert decided == ({False} if maker is ascii_digits else {True, False})


def test_an_object_depends_only_on_its_seed() -> None:
    seed, made = next(made_from(MAKERS.index(json_text)))  # this object depends on the seed alone
    assert made == MAKERS[seed % len(MAKERS)](Random(seed))
