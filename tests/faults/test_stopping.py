"""A server stops while requests are in progress. It answers honest requests and logs nothing."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from intake.cli.member import Member
from intake.server.stopping import GRACE
from tests.support.patience import PATIENCE
from tests.support.processes import INTAKE, free_port, listens
from tests.support.terminal import enrol

PASSPHRASE = "plum trellis anchor 94 quiet"
SLACK = 6.0  # seconds on this machine
HOST = b"host: localhost\r\n"
JSON = b"content-type: application/json\r\n"


@contextmanager
def running(folder: Path, before: str = "") -> Iterator[tuple[int, "subprocess.Popen[bytes]", str]]:
    """Start a server; yield its port, its process and its line. `written` holds its output."""
    port = free_port()
    values = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_PORT": str(port)}
    environment = {**os.environ, **values}
    with (folder / "written").open("ab") as written:
        process = subprocess.Popen([INTAKE, "run"], env=environment, stdout=subprocess.PIPE, stderr=written)
    assert process.stdout is not None
    try:
        link = next((line.decode().strip() for line in process.stdout if before.encode() in line), "")
        listens(port)
        yield port, process, link
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


def connected(port: int, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.settimeout(GRACE + SLACK)
    connection.sendall(sent)
    return connection


def rest(connection: socket.socket) -> bytes:
    """Return what still arrives until the server closes. A reset is not a clean close of an honest request."""
    received = b""
    with connection:
        while part := connection.recv(65536):
            received += part
    return received


def stopped(process: "subprocess.Popen[bytes]", folder: Path, within: float) -> None:
    """Check that the server ends in time, by the signal, and has written nothing."""
    assert process.wait(within) in (0, -signal.SIGTERM)
    assert (folder / "written").read_text() == ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_a_request_in_progress_is_answered_and_an_idle_connection_is_closed(folder: Path) -> None:
    with running(folder, "/desk/enrol/#") as (port, process, _):
        body = b'{"handle_id":"' + b"A" * 22 + b'","kind":"passphrase","authentication":"' + b"A" * 43 + b'"}'
        head = b"POST /api/desk/session HTTP/1.1\r\n" + HOST + JSON + b"content-length: %d\r\n\r\n" % len(body)
        # One waits for the check of its passphrase, one still sends, and one has asked nothing yet.
        judged, sending, idle = connected(port, head + body), connected(port, head + body[:20]), connected(port, b"")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        sending.sendall(body[20:])
        for connection in (judged, sending):
            answer = rest(connection)
            assert answer.startswith(b"HTTP/1.1 401 "), answer
        assert rest(idle) == b""
        stopped(process, folder, GRACE + SLACK)


@pytest.mark.waits
def test_a_request_that_never_ends_is_cut_without_a_traceback(folder: Path) -> None:
    with running(folder, "/desk/enrol/#") as (port, process, _):
        post = b"POST /api/form/offer HTTP/1.1\r\n" + HOST + JSON + b"content-length: 9000\r\n\r\n{"
        chunks = b"POST /nojs/en/send/ HTTP/1.1\r\n" + HOST + b"content-type: application/x-www-form-urlencoded\r\n"
        held = [connected(port, post), connected(port, chunks + b"transfer-encoding: chunked\r\n\r\n5\r\nq-w=x\r\n")]
        held += [
            connected(port, b"GET /en/ HTTP/1.1\r\n" + HOST),
            connected(port, b"GET /healthz/live HTTP/1.1\r\n" + HOST + b"\r\n"),
        ]
        # The server slows failed sign-ins down: these tasks sleep for longer than its stop waits.
        body = b'{"handle_id":"' + b"B" * 21 + b'A","kind":"passphrase","authentication":"' + b"A" * 43 + b'"}'
        head = b"POST /api/desk/session HTTP/1.1\r\n" + HOST + JSON + b"content-length: %d\r\n\r\n" % len(body)
        held += [connected(port, head + body) for _ in range(12)]
        asks = b"".join(b"GET /en/ HTTP/1.1\r\n" + HOST + b"\r\n" for _ in range(16))
        held.append(connected(port, asks))  # and does not read the answer
        time.sleep(1)
        before = time.monotonic()
        process.send_signal(signal.SIGTERM)
        stopped(process, folder, GRACE + SLACK)
        assert time.monotonic() - before < GRACE + SLACK
        for connection in held:
            connection.close()


@pytest.mark.waits
def test_the_desks_event_streams_end_at_once(folder: Path) -> None:
    with running(folder, "/desk/enrol/#") as (port, process, link):
        enrol(link, PASSPHRASE, "Sam")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            Member.sign_in(client, "Sam", PASSPHRASE)
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        stream = connected(port, b"GET /api/desk/events HTTP/1.1\r\n" + HOST + f"cookie: {cookie}\r\n\r\n".encode())
        assert b": here" in stream.recv(65536) + stream.recv(65536)
        before = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert rest(stream).endswith(b"0\r\n\r\n"), "the stream ended and was not cut off"
        assert time.monotonic() - before < GRACE
        stopped(process, folder, GRACE + SLACK)
