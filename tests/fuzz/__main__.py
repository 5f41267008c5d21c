"""`make fuzz`: `python -m tests.fuzz TARGET SECONDS` runs atheris over a parser, from the corpus beside this file.

`--keep` adds inputs that reach new code to the corpus. An input that breaks a parser is written to var/fuzz/ and reported. It
joins
the corpus once the parser is fixed.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
LARGEST = 4096  # bytes of an input; larger ones have tests of their own


def main(name: str, seconds: int, *, keep: bool = False) -> int:
    """Fuzz one parser; return 1 if an input broke it."""
    broken = Path("var/fuzz")
    broken.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        options = [f"-max_total_time={seconds}", f"-max_len={LARGEST}", "-print_final_stats=1", "-timeout=10"]
        command = [sys.executable, "-m", "tests.fuzz.run", name, corpus, str(CORPUS / name), *options]
        done = subprocess.run(
            [*command, f"-artifact_prefix={broken}/{name}-"], stderr=subprocess.PIPE, text=True, errors="replace", check=False
        )
        counts = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        runs = counts[-1].rsplit(" ", 1)[-1] if counts else "no"
        new = reduced(name, Path(corpus)) if keep else 0
    print(f"{name}: {runs} inputs in {seconds} s, {'BROKEN' if done.returncode else 'nothing broken'}"
          + (f", {new} kept" if keep else ""))  # fmt: skip
    if done.returncode:
        print("\n".join(done.stderr.splitlines()[-40:]), file=sys.stderr)
    return int(done.returncode != 0)


def reduced(name: str, corpus: Path) -> int:
    """Keep the smallest set of inputs that reaches the same code; return how many are new."""
    target = CORPUS / name
    before = {path.name for path in target.iterdir()}
    with tempfile.TemporaryDirectory() as merged:
        command = [sys.executable, "-m", "tests.fuzz.run", name, "-merge=1", merged, str(target), str(corpus)]
        subprocess.run(command, check=True, capture_output=True)
        for path in Path(merged).iterdir():
            data = path.read_bytes()
            (target / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return len({path.name for path in target.iterdir()} - before)


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    sys.exit(main(sys.argv[1], int(sys.argv[2]), keep="--keep" in sys.argv))
