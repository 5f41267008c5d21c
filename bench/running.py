"""A server process for the benchmarks."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2 as httpx

from tests.support.browser import PASSPHRASE
from tests.support.processes import enrol_at, free_port

Progress = Callable[[str], None]

# The default quota of a day would end after 36,000 submissions, and from a twentieth of it on, a submission has a price.
QUOTA = {"INTAKE_QUOTA_MIB": "100000", "INTAKE_QUOTA_DAY_MIB": "100000"}


@contextmanager
def running(*, is_priced: bool = False) -> Iterator[tuple[str, int]]:
    """Start a server process on a fresh store with one coordinator, and yield its address and its process id.

    Args:
        is_priced: whether load pricing is on, as in `intake run`.
    """
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        values = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_PORT": str(port)}
        environment = {**os.environ, **values, **QUOTA}
        environment.pop("PYTHONMALLOC", None)  # The tests set it. Here the server chooses, as in production.
        command = [sys.executable, "-m", "bench.server", *(["--priced"] if is_priced else [])]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                link = process.stdout.readline().strip()
                address = f"http://127.0.0.1:{port}"
                wait_for(address)
                assert enrol_at(environment, link, PASSPHRASE).returncode == 0
                yield address, process.pid
            finally:
                process.terminate()


def wait_for(address: str) -> None:
    """Wait up to ten seconds until the server answers."""
    for _ in range(200):
        try:
            httpx.get(f"{address}/healthz/live")
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError("the server does not answer")
