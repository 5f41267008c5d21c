"""The same objects to both implementations: `python -m tests.fuzz.differential SECONDS [SEED]`.

A difference in what is accepted or read is a defect. A host could show one thing to the browser and another to the terminal, or
close a group's form with an entry that one of the two refuses. Reasons may differ if an object breaks several rules.
Differences
are written to var/fuzz/ and reported with their seed.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from crypto.errors import CryptoError, SizeError
from tests.fuzz.choices import Made
from tests.fuzz.objects import MAKERS
from tests.support.operations import OPERATIONS, WHOLE

ROOT = Path(__file__).parents[2]
BROWSER = ROOT / "intake/client/dist/differential.mjs"
BATCH = 32  # objects sent ahead, so that both implementations work at the same time
ALL = {**OPERATIONS, **WHOLE}
Outcome = dict[str, Any]


class Browser:
    """The client's code in Node, which answers each line with a line."""

    def __enter__(self) -> "Browser":
        self._node = subprocess.Popen(
            ["node", str(BROWSER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._node.stdin
        assert self._node.stdout
        self._node.stdin.close()
        self._node.stdout.close()
        self._node.wait(10)

    def send(self, made: Made) -> None:
        """Send an object. `outcome` returns the answers in order."""
        assert self._node.stdin
        self._node.stdin.write(json.dumps({"operation": made[0], "input": made[1]}) + "\n")
        self._node.stdin.flush()

    def outcome(self) -> Outcome:
        """The next answer."""
        assert self._node.stdout
        return dict(json.loads(self._node.stdout.readline()))


def outcome(made: Made) -> Outcome:
    """Return what Python makes of an object."""
    try:
        return {"output": json.loads(json.dumps(ALL[made[0]](made[1])))}
    except CryptoError as error:
        return {"refused": error.layer, "reason": error.reason}
    except Exception as error:  # whatever it is, it is a difference
        return {"broken": f"{type(error).__name__}: {error}"}


def differ(first: Outcome, other: Outcome) -> bool:
    """Return whether two readers decided differently. Broken is never the same as refused."""
    if "broken" in first or "broken" in other:
        return True
    return ("refused" in first) != ("refused" in other) or first.get("output") != other.get("output")


def made_from(seed: int) -> Iterator[tuple[int, Made]]:
    """Objects without end, each with the seed that makes it alone."""
    while True:
        random = Random(seed)
        with contextlib.suppress(SizeError):  # larger than a sheet: nobody could have encrypted it
            yield seed, MAKERS[seed % len(MAKERS)](random)
        seed += 1


def main(seconds: float, seed: int) -> int:
    """Compare for this many seconds; return 1 if an outcome differs."""
    until, counts, broken = time.monotonic() + seconds, Counter[str](), 0
    objects = made_from(seed)
    with Browser() as browser:
        while time.monotonic() < until:
            batch = [next(objects) for _ in range(BATCH)]
            for _, made in batch:
                browser.send(made)
            for number, made in batch:
                ours, theirs = outcome(made), browser.outcome()
                counts["refused" if "refused" in ours else "accepted"] += 1
                if differ(ours, theirs):
                    broken += 1
                    keep(number, made, ours, theirs)
    print(
        f"differential: {counts.total()} objects in {seconds:g} s, {counts['accepted']} accepted, {broken or 'no'} differences"
    )
    return int(broken > 0)


def keep(number: int, made: Made, ours: Outcome, theirs: Outcome) -> None:
    """Write a difference to a file."""
    folder = ROOT / "var/fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"differential-{number}.json"
    path.write_text(json.dumps({"operation": made[0], "input": made[1], "python": ours, "browser": theirs}, indent=1))
    print(f"seed {number}, {made[0]}: Python {short(ours)}, browser {short(theirs)}; {path}", file=sys.stderr)


def short(of: Outcome) -> str:
    """A short description of an outcome."""
    return json.dumps(of)[:160]


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() // 1000 % 10**9 * len(MAKERS)))
