"""A real server process, and the client commands against it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

INTAKE = Path(sys.executable).with_name("intake")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    values = {"INTAKE_DATA": str(tmp_path / "var"), "INTAKE_KEEPER": str(tmp_path / "keeper"), "INTAKE_PORT": str(free_port())}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **values}


@contextmanager
def started(environment: dict[str, str]) -> Iterator[tuple[httpx.Client, str]]:
    """A server process and the link that it printed."""
    process = subprocess.Popen([INTAKE, "run"], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        link = next(line.strip() for line in process.stdout if "/desk/enrol/#" in line)
        with httpx.Client(base_url=link.split("/en/")[0], transport=httpx.HTTPTransport(retries=5)) as client:
            yield client, link
    finally:
        process.terminate()
        process.communicate(timeout=20)


def enrol_at(environment: dict[str, str], link: str, passphrase: str) -> "subprocess.CompletedProcess[str]":
    command = [str(INTAKE), "enrol", link, "--handle", "Sam", "--passphrase-file", "-"]
    return subprocess.run(command, env=environment, input=passphrase, capture_output=True, text=True, check=False)
