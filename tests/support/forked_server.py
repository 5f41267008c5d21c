"""Run `intake` in a fork of a process that has imported everything.

Most of a command's time is Python's start and imports. These helpers are for tests about other subjects.
tests/cli/test_operator.py and tests/faults start the program as people do, as do others with `processes.started`.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import httpx2 as httpx

from tests.support.patience import PATIENCE
from tests.support.processes import listens

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.support.server_imports", "tests.support.forked_server"])
COMMAND_SECONDS = 120
UMASK = 0o022  # Debian's Python


def _program(environment: dict[str, str], umask: int, arguments: Sequence[str]) -> None:
    """Run in the fork what the program `intake` does with these arguments."""
    os.umask(umask)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["intake", *arguments]
    from intake.cli import main, run
    from tests.support import cheap_hashes
    from tests.support.server_imports import rendered_for

    run.Site = rendered_for  # type: ignore[attr-defined, assignment]
    cheap_hashes.use()
    main.main()


def _serve(environment: dict[str, str], umask: int, output: Connection) -> None:
    os.setsid()
    os.dup2(output.fileno(), 1)
    output.close()
    sys.stdout = os.fdopen(1, "w", buffering=1)
    _program(environment, umask, ["run"])


@contextmanager
def started(environment: dict[str, str], line: str = "/desk/enrol/#", umask: int = UMASK) -> Iterator[tuple[httpx.Client, str]]:
    """Start a server process; yield its client and the line that it printed, by default the founding link.

    This does the same as `processes.started`.
    """
    assert environment.get("PYTHONMALLOC") == "pymalloc", "with another allocator the program would start itself again"
    reading, writing = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_serve, args=(environment, umask, writing))
    process.start()
    writing.close()
    try:
        with os.fdopen(os.dup(reading.fileno())) as printed:
            reading.close()
            link = next(text.strip() for text in printed if line in text)
            listens(int(environment["INTAKE_PORT"]))
            address = f"http://127.0.0.1:{environment['INTAKE_PORT']}"
            with httpx.Client(base_url=address, transport=httpx.HTTPTransport(retries=5), timeout=PATIENCE) as client:
                yield client, link
    finally:
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGTERM)
        process.join(PATIENCE)
        assert not process.is_alive(), "the server does not stop"
        process.close()


def _command(environment: dict[str, str], umask: int, arguments: Sequence[str], folder: Path) -> None:
    for number, name, flags in ((0, "in", os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY)):
        file = os.open(folder / name, flags)
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate(("r", "w", "w")))
    _program(environment, umask, arguments)


def intake(
    environment: dict[str, str], *arguments: str, typed: str = "", umask: int = UMASK
) -> "subprocess.CompletedProcess[str]":
    """Run a command as a process of its own would; return its exit code and what it prints."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "in").write_text(typed)
        for name in ("out", "err"):
            (folder / name).touch()
        process = _CONTEXT.Process(target=_command, args=(environment, umask, arguments, folder))
        process.start()
        process.join(COMMAND_SECONDS)
        if process.is_alive():
            process.kill()
            raise TimeoutError(f"intake {' '.join(arguments)}")
        code = process.exitcode
        process.close()
        out, err = ((folder / name).read_text() for name in ("out", "err"))
        return subprocess.CompletedProcess(["intake", *arguments], code or 0, out, err)
