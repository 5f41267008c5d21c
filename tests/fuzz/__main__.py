"""`make fuzz`: `python -m tests.fuzz TARGET… SECONDS` runs atheris over parsers, from the corpus beside this file.

`--keep` adds inputs that reach new code to the corpus. An input that breaks a parser is written to var/fuzz/ and reported. It
joins the corpus once the parser is fixed.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
LARGEST = 4096  # bytes of an input; larger ones have tests of their own


def main(names: Sequence[str], seconds: int, *, keep: bool = False) -> int:
    """Fuzz parsers one after the other; return 1 if an input broke one."""
    broken = Path("var/fuzz")
    broken.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-max_len={LARGEST}", "-print_final_stats=1", "-timeout=10"]
    with tempfile.TemporaryDirectory() as new, tempfile.TemporaryDirectory() as logs:
        for name in names:
            (Path(new) / name).mkdir()
        codes = run(logs, names, f"{new}/{{}}", f"{CORPUS}/{{}}", *options, f"-artifact_prefix={broken}/{{}}-")
        for name, code in codes.items():
            log = (Path(logs) / name).read_text(errors="replace").splitlines()
            counts = [line for line in log if "number_of_executed_units" in line]
            runs = counts[-1].rsplit(" ", 1)[-1] if counts else "no"
            kept = f", {reduced(name, Path(new) / name)} kept" if keep else ""
            print(f"{name}: {runs} inputs in {seconds} s, {'BROKEN' if code else 'nothing broken'}{kept}")
            if code:
                print("\n".join(log[-40:]), file=sys.stderr)
    return int(any(codes.values()))


def run(logs: str, names: Sequence[str], *arguments: str) -> dict[str, int]:
    """Run atheris in a process; return the exit code of each parser."""
    command = [sys.executable, "-m", "tests.fuzz.run", logs, *names, "--", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return {name: int(code) for name, code in (line.split() for line in done.stdout.splitlines())}


def reduced(name: str, corpus: Path) -> int:
    """Keep the smallest set of inputs that reaches the same code; return how many are new."""
    target = CORPUS / name
    before = {path.name for path in target.iterdir()}
    with tempfile.TemporaryDirectory() as merged, tempfile.TemporaryDirectory() as logs:
        codes = run(logs, [name], "-merge=1", merged, str(target), str(corpus))
        assert codes == {name: 0}
        for path in Path(merged).iterdir():
            data = path.read_bytes()
            (target / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return len({path.name for path in target.iterdir()} - before)


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    keep = "--keep" in sys.argv
    *names, seconds = [argument for argument in sys.argv[1:] if argument != "--keep"]
    sys.exit(main(names, int(seconds), keep=keep))
