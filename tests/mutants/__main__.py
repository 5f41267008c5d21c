"""`make mutants`: apply every mutant of the list, two at a time, and fail if one turns no test red.

`python -m tests.mutants NAME…` tries some of them. All tests run without a change first, because otherwise a failure says
nothing. After `make test` has passed on the same tree, `--tested` leaves that out.
"""

import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.run import ALL_SECONDS, Mutant, Outcome, copy_of_tree, read, tests, try_one, vectors

WORKERS = 2


def main(names: list[str]) -> int:
    """Try the mutants of these names, or all; return 1 if one survived or no longer fits the code."""
    tested = "--tested" in names
    names = [name for name in names if name != "--tested"]
    mutants = [mutant for mutant in read() if not names or mutant.name in names]
    if not mutants or {mutant.name for mutant in mutants} < set(names):
        print("no mutant of this name")
        return 1
    trees: SimpleQueue[Path] = SimpleQueue()
    counts: Counter[Outcome] = Counter()
    with ExitStack() as stack:
        for _ in range(WORKERS):
            trees.put(stack.enter_context(copy_of_tree(Path(stack.enter_context(tempfile.TemporaryDirectory())))))
        if not tested and (output := unchanged(mutants, trees)):
            print(f"the tests fail without any change:\n{output}")
            return 1

        def try_next(mutant: Mutant) -> tuple[Mutant, Outcome, str]:
            tree = trees.get()
            try:
                return mutant, *try_one(mutant, tree)
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(WORKERS) as pool:
            for number, (mutant, outcome, output) in enumerate(pool.map(try_next, mutants), 1):
                counts[outcome] += 1
                print(f"{number:3}/{len(mutants)}  {outcome.value:8}  {mutant.name}  ({mutant.file})", flush=True)
                if outcome is Outcome.BROKEN:
                    print(f"         {output}", flush=True)
    left = f", {counts[Outcome.BROKEN]} that no longer fit the code or its tests" if counts[Outcome.BROKEN] else ""
    print(f"{counts[Outcome.KILLED]} killed, {counts[Outcome.SURVIVED]} survived{left}")
    return int(counts[Outcome.KILLED] != len(mutants))


def unchanged(mutants: list[Mutant], trees: "SimpleQueue[Path]") -> str:
    """Run every named test without any change; return what failed."""
    tree = trees.get()
    try:
        for of_client, runs in ((False, tests), (True, vectors)):
            named = tuple(sorted({name for mutant in mutants if mutant.of_client is of_client for name in mutant.tests}))
            if named:
                outcome, output = runs(named, tree, ALL_SECONDS)
                if outcome is not Outcome.SURVIVED:
                    return output or "a test fails"
    finally:
        trees.put(tree)
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
