"""`make fuzz`: `python -m tests.model --seconds N` searches; `--faults` puts each fault back and finds it."""

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.faults import FAULTS, put_back
from tests.model.machine import GroupMachine
from tests.model.oracle import Violation
from tests.model.steps import GUARANTEES

EXAMPLES, STEPS = 15, 60
FEW = 8  # runs of a seed, where what matters is to look at the clock between seeds


def search(
    number: int, guarantees: Iterable[str] = GUARANTEES, *, examples: int = EXAMPLES, steps: int = STEPS, shrink: bool = True
) -> Violation | None:
    """Run one seed. Return the violation, printed with the steps that lead to it, or None."""

    class Machine(GroupMachine):
        promised = frozenset(guarantees)

    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate], print_blob=False, report_multiple_bugs=False,
        verbosity=Verbosity.normal if shrink else Verbosity.quiet,
    )  # fmt: skip
    try:
        run_state_machine_as_test(seed(number)(Machine), settings=chosen)
    except Violation as violation:
        return violation
    return None


@dataclass(frozen=True)
class Found:
    """How a fault was found: after how many seconds of processor time and how many steps, and with which seed."""

    seconds: float
    steps: int
    seed: int


def find(name: str, seconds: float, first: int | None = None) -> Found | None:
    """Put a fault back and search; None if the machine does not find it within `seconds` of processor time.

    Args:
        first: the seed to begin with; else the one at which the fault is known to be found soon.
    """
    began, before = time.process_time(), GroupMachine.steps
    with put_back(name) as fault:
        for number in range(fault.seed if first is None else first, 1 << 30):
            violation = search(number, fault.guarantees, examples=FEW, shrink=False)
            spent = time.process_time() - began
            if violation is not None:
                return Found(spent, GroupMachine.steps - before, number)
            if spent > seconds:
                return None
    raise AssertionError


def find_all(seconds: float, first: int | None, names: Sequence[str]) -> int:
    """Each fault in its turn, as a table; 1 if one is not found in time."""
    missed = 0
    print("| fault | what it is | seconds of processor time | steps | seed |\n| --- | --- | --- | --- | --- |")
    for name in names or FAULTS:
        result = find(name, seconds, first)
        missed += result is None
        cells = f"{result.seconds:.0f} | {result.steps} | {result.seed}" if result else "NOT FOUND | – | –"
        print(f"| `{name}` | {FAULTS[name].what} | {cells} |", flush=True)
    return int(missed > 0)


def main() -> int:
    """Search for `--seconds`; return 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.model")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, help="search this seed alone, again")
    parser.add_argument("--quick", action="store_true", help="do not look for the shortest run")
    parser.add_argument("--guarantee", action="append", choices=sorted(GUARANTEES))
    parser.add_argument("--faults", action="store_true", help="put each fault back, and find it within five minutes")
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), default=[], help="with --faults: this one alone")
    parser.add_argument("--from", dest="first", type=int, help="with --faults: the seed to begin with, instead of a known one")
    given = parser.parse_args()
    if given.faults:
        return find_all(300, given.first, given.fault)
    began, number = time.monotonic(), 0
    seeds = [given.seed] if given.seed is not None else range(1 << 30)
    for number in seeds:
        violation = search(number, given.guarantee or GUARANTEES, shrink=not given.quick)
        if violation is not None:
            for line in getattr(violation, "__notes__", []):
                print(line)
            print(f"seed {number}, after {time.monotonic() - began:.0f} s: {violation}")
            return 1
        if time.monotonic() - began > given.seconds:
            break
    print(f"model: {number + 1} seeds of {EXAMPLES} runs in {time.monotonic() - began:.0f} s, no guarantee broken")
    return 0


if __name__ == "__main__":
    sys.exit(main())
