"""Start real server processes, and run the client commands against them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx

from tests.support.patience import PATIENCE
from tests.support.terminal import enrol

INTAKE = Path(sys.executable).with_name("intake")
RUN = (str(INTAKE), "run")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def resident(process: int) -> int:
    """Return how many bytes a process has in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def processor_seconds(process: int) -> float:
    """Return the processor time that a process has used in all its threads, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def listens(port: int) -> None:
    """Wait until a process listens on that port, just after it prints its line."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("nobody listens")


@contextmanager
def started(
    environment: dict[str, str],
    before: Sequence[str] = (),
    line: str = "/desk/enrol/#",
    program: Sequence[str] = (str(INTAKE), "run"),
) -> Iterator[tuple[httpx.Client, str]]:
    """Start a server (behind the command `before`, if any); yield its client and its line, by default the founding link."""
    process = subprocess.Popen([*before, *program], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    try:
        link = next(printed.strip() for printed in process.stdout if line in printed)
        listens(int(environment["INTAKE_PORT"]))
        address = f"http://127.0.0.1:{environment['INTAKE_PORT']}"
        with httpx.Client(base_url=address, transport=httpx.HTTPTransport(retries=5), timeout=PATIENCE) as client:
            yield client, link
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # the whole process group, including a tracer
        process.communicate(timeout=PATIENCE)


def enrol_at(
    environment: dict[str, str], link: str, passphrase: str, handle: str = "Sam"
) -> "subprocess.CompletedProcess[str]":
    command = [str(INTAKE), "enrol", link, "--handle", handle, "--passphrase-file", "-"]
    return subprocess.run(command, env=environment, input=passphrase, capture_output=True, text=True, check=False)


@contextmanager
def with_coordinator(folder: Path, passphrase: str, before: Sequence[str] = ()) -> Iterator[str]:
    """Start a server on a new store with one coordinator; yield its address."""
    port = free_port()
    values = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_PORT": str(port)}
    environment = {**os.environ, **values}
    with started(environment, before) as (_, link):
        enrol(link, passphrase, "Sam")
        yield f"http://127.0.0.1:{port}"


def listening(port: int) -> int:
    """Return the process that listens on a port."""
    inode = next(
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
    )
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(descriptor) == f"socket:[{inode}]" for descriptor in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:
            continue
    raise LookupError("nobody listens there")
