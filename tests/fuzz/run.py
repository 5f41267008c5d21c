"""One parser under atheris: `python -m tests.fuzz.run TARGET FOLDER… [libFuzzer's options]`."""

import sys

import atheris

with atheris.instrument_imports(include=["crypto", "intake", "tomllib", "uvicorn"]):
    from tests.fuzz.targets import TARGETS, prepare

if __name__ == "__main__":
    prepare(sys.argv[1])
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
