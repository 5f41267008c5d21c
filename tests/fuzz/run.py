"""Parsers under atheris: `python -m tests.fuzz.run LOGS TARGET… -- FOLDER… [libFuzzer's options]`.

The imports are instrumented once, which takes longer than a short run. Each target then runs in a fork. In folders and options,
`{}` is the target's name. What libFuzzer writes is in LOGS. A line of the output has each target and its exit code.
"""

import os
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["crypto", "intake", "tomllib", "uvicorn"]):
    from tests.fuzz.targets import TARGETS, prepare


def fuzz(name: str, log: Path, arguments: list[str]) -> None:
    """Fuzz one parser in this process, which ends."""
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT, 0o600), 2)
    prepare(name)
    atheris.Setup([sys.argv[0], *(argument.replace("{}", name) for argument in arguments)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    logs, *names = sys.argv[1 : sys.argv.index("--")]
    for name in names:
        child = os.fork()
        if not child:
            fuzz(name, Path(logs) / name, sys.argv[sys.argv.index("--") + 1 :])
        print(name, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
