"""`make fuzz`: `python -m tests.model --seconds N` searches; `--faults` puts each fault back and finds it."""

import argparse
import sys
import time
from collections.abc import Iterable

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.faults import FAULTS, put_back
from tests.model.machine import GUARANTEES, GroupMachine
from tests.model.oracle import Violation

EXAMPLES, STEPS = 15, 60
FEW = 8  # runs of a seed, where what matters is to look at the clock between seeds


def search(
    number: int, guarantees: Iterable[str] = GUARANTEES, *, examples: int = EXAMPLES, steps: int = STEPS, shrink: bool = True
) -> Violation | None:
    """One seed's worth of runs: the violation that they found, printed with the steps that lead to it; None if none."""

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


def find(name: str, seconds: float) -> float | None:
    """Put a fault back; after how many seconds the machine finds it, None if it does not."""
    began = time.monotonic()
    with put_back(name) as fault:
        for number in range(fault.seed, 1 << 30):
            if search(number, fault.guarantees, examples=FEW, shrink=False) is not None:
                return time.monotonic() - began
            if time.monotonic() - began > seconds:
                return None
    raise AssertionError


def find_all(seconds: float) -> int:
    """Each fault in its turn; 1 if one is not found in time."""
    missed = 0
    for name, fault in FAULTS.items():
        took = find(name, seconds)
        missed += took is None
        print(f"{name}: {'NOT FOUND' if took is None else f'found after {took:.0f} s'} ({fault.what})", flush=True)
    return int(missed > 0)


def main() -> int:
    """Search for `--seconds`; 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.model")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, help="search this seed alone, again")
    parser.add_argument("--quick", action="store_true", help="do not look for the shortest run")
    parser.add_argument("--guarantee", action="append", choices=sorted(GUARANTEES))
    parser.add_argument("--faults", action="store_true", help="put each fault back, and find it within five minutes")
    given = parser.parse_args()
    if given.faults:
        return find_all(300)
    began, number = time.monotonic(), 0
    seeds = [given.seed] if given.seed is not None else range(1 << 30)
    for number in seeds:
        found = search(number, given.guarantee or GUARANTEES, shrink=not given.quick)
        if found is not None:
            for line in getattr(found, "__notes__", []):
                print(line)
            print(f"seed {number}, after {time.monotonic() - began:.0f} s: {found}")
            return 1
        if time.monotonic() - began > given.seconds:
            break
    print(f"model: {number + 1} seeds of {EXAMPLES} runs in {time.monotonic() - began:.0f} s, no guarantee broken")
    return 0


if __name__ == "__main__":
    sys.exit(main())
