"""`intake run` in a fork of a process that has imported everything: to start Python and import takes most of a server's start.

For the browser tests. tests/cli and tests/faults show that the program starts by itself, as do others with `processes.started`.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import httpx2 as httpx

from tests.support.processes import listens

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.support.server_imports"])
STOP_SECONDS = 20


def _run(environment: dict[str, str], output: Connection) -> None:
    """In the fork: what the program `intake` does when it is called as `intake run`."""
    os.setsid()
    os.dup2(output.fileno(), 1)
    output.close()
    sys.stdout = os.fdopen(1, "w", buffering=1)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["intake", "run"]
    from intake.cli.start import main

    main()


@contextmanager
def started(environment: dict[str, str], line: str = "/desk/enrol/#") -> Iterator[tuple[httpx.Client, str]]:
    """A server process and the line that it printed: by default the founding link. As `processes.started`."""
    assert environment.get("PYTHONMALLOC") == "pymalloc", "with another allocator the program starts itself again"
    reading, writing = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_run, args=(environment, writing))
    process.start()
    writing.close()
    try:
        with os.fdopen(os.dup(reading.fileno())) as printed:
            reading.close()
            link = next(one.strip() for one in printed if line in one)
            listens(int(environment["INTAKE_PORT"]))
            address = f"http://127.0.0.1:{environment['INTAKE_PORT']}"
            with httpx.Client(base_url=address, transport=httpx.HTTPTransport(retries=5)) as client:
                yield client, link
    finally:
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGTERM)
        process.join(STOP_SECONDS)
        assert not process.is_alive(), "a server that does not stop"
        process.close()
