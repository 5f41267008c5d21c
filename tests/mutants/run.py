"""Mutants: lines that the tests must protect, each with a change and the tests that must then fail.

The list is `mutants.toml`. Nothing ever changes the work tree: each worker has a copy of it.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("mutants.toml")
CLIENT = Path("intake/client")
SECONDS = 600  # for the tests of one mutant; a mutant that hangs counts as killed
ALL_SECONDS = 3600  # for the tests of all mutants, without a change


class Outcome(Enum):
    """The result of a mutant. The last two are faults of the tests or of the list."""

    KILLED = "killed"
    SURVIVED = "SURVIVED"
    BROKEN = "BROKEN"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file.

    Attributes:
        old: text that occurs exactly once in the file.
        new: its replacement.
        tests: pytest's names; for the client, the vectors that must turn red, or a file of its tests: `net/clocks.test.ts`.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def of_client(self) -> bool:
        """Return whether it is TypeScript."""
        return self.file.endswith(".ts")

    def applied(self, text: str) -> str:
        """Return the file's text with the change.

        Raises:
            ValueError: the line was changed or moved, or the change does nothing. Bring the list up to date.
        """
        if text.count(self.old) != 1 or self.old == self.new:
            raise ValueError(f"{self.name}: the text occurs {text.count(self.old)} times in {self.file}, not once")
        return text.replace(self.old, self.new)


def read(path: Path = LIST) -> list[Mutant]:
    """The list."""
    return [Mutant(**{**table, "tests": tuple(table["tests"])}) for table in tomllib.loads(path.read_text("utf-8"))["mutant"]]


@contextmanager
def copy_of_tree(folder: Path) -> Iterator[Path]:
    """Copy everything that git would keep, with the installed packages and the built client of the work tree."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / CLIENT / "node_modules").symlink_to(ROOT / CLIENT / "node_modules")
    shutil.copytree(ROOT / CLIENT / "dist" / "site", folder / CLIENT / "dist" / "site")  # what a server of the tests serves
    yield folder


def try_one(mutant: Mutant, tree: Path) -> tuple[Outcome, str]:
    """Apply a mutant to a copy of the tree, run its tests, and revert it."""
    file = tree / mutant.file
    whole = file.read_text("utf-8")
    try:
        file.write_text(mutant.applied(whole), "utf-8")
    except ValueError as error:
        return Outcome.BROKEN, str(error)
    try:
        return (vectors if mutant.of_client else tests)(mutant.tests, tree, SECONDS)
    except subprocess.TimeoutExpired:
        return Outcome.KILLED, "its tests do not end"
    finally:
        file.write_text(whole, "utf-8")


def tests(names: tuple[str, ...], tree: Path, seconds: int) -> tuple[Outcome, str]:
    """Run tests of pytest in a copy of the tree.

    Raises:
        TimeoutExpired: They take longer than `seconds`.
    """
    # No compiled files: within one second, two texts of one length would look the same.
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *names]
    done = run(command, tree, environment, seconds)
    outcome = {0: Outcome.SURVIVED, 1: Outcome.KILLED}.get(done.returncode, Outcome.BROKEN)
    return outcome, done.stdout[-2000:]


def vectors(names: tuple[str, ...], tree: Path, seconds: int) -> tuple[Outcome, str]:
    """Build the client's tests in a copy of the tree and run those vectors and files of tests. Raises like `tests`."""
    built = run(["node", "build.mjs", "--tests"], tree / CLIENT, dict(os.environ))
    if built.returncode:
        return Outcome.BROKEN, built.stderr[-2000:]
    bundles = [Path(name).with_suffix(".mjs").name for name in names if is_test_file(name)]
    patterns = [f"--test-name-pattern=^{name}\\.json$" for name in names if not is_test_file(name)]
    runs: list[tuple[list[str], str, int]] = [([], bundle, 0) for bundle in bundles]
    if patterns:
        runs.append((patterns, "vectors.test.mjs", len(patterns)))
    outcome, said = Outcome.SURVIVED, ""
    for wanted, bundle, expected in runs:
        environment = {**os.environ, "VECTORS": str(tree / "tests" / "vectors")}
        command = ["node", "--test-reporter=tap", *wanted, f"dist/tests/{bundle}"]
        done = run(command, tree / CLIENT, environment, seconds)
        ran = sum(int(line.rsplit(" ", 1)[1]) for line in done.stdout.splitlines() if line.startswith(("# pass", "# fail")))
        if not ran or ran != (expected or ran):  # no vector has this name, or the bundle does not load
            return Outcome.BROKEN, (done.stderr or done.stdout)[-2000:]
        outcome, said = (Outcome.KILLED if done.returncode else outcome), said + done.stdout
    return outcome, said[-2000:]


def is_test_file(name: str) -> bool:
    """Return whether a client's test is a file of tests and not a vector."""
    return name.endswith(".test.ts")


def run(
    command: list[str], folder: Path, environment: dict[str, str], seconds: int = SECONDS
) -> "subprocess.CompletedProcess[str]":
    """Run a command and capture its output. Raises `TimeoutExpired`."""
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace", timeout=seconds, check=False
    )
