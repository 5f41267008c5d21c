"""The same requests work directly and through nginx, Caddy and HAProxy, as docs/howto/install-server.md configures them."""

import datetime as dt
import os
import re
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from starlette.requests import HTTPConnection

from crypto.encoding import b64
from intake.cli.member import Member
from intake.server.middleware import HEADERS, STRICT_TRANSPORT
from intake.web import bodies
from intake.web.client_address import TrustedProxies
from tests.support import proxies, requester
from tests.support.processes import free_port, started
from tests.support.proxies import NAME, PROXIES
from tests.support.terminal import enrol

PASSPHRASE = "plum trellis anchor 94 quiet"
HOME = f"https://{NAME}"
VISITOR = "127.0.0.77"  # the whole of 127.0.0.0/8 is this machine
FORGED = "203.0.113.9"


@dataclass
class Way:
    """A way to the server: directly or through a proxy."""

    port: int
    tls: bool

    def options(self) -> dict[str, Any]:
        context: ssl.SSLContext | bool = False
        if self.tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        base = f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"
        return {"base_url": base, "headers": {"host": NAME}, "verify": context, "timeout": 30}

    def client(self) -> httpx.Client:
        """Return a client that sends its cookies over plain HTTP as well, because `direct` has no TLS."""
        client = httpx.Client(**self.options())

        def remember(request: httpx.Request) -> None:
            if client.cookies:
                request.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            request.extensions["sni_hostname"] = NAME

        client.event_hooks = {"request": [remember]}
        return client

    def socket(self, source: str = VISITOR) -> socket.socket:
        """Open a bare connection from another loopback address."""
        bare = socket.create_connection(("127.0.0.1", self.port), timeout=40, source_address=(source, 0))
        if not self.tls:
            return bare
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(bare, server_hostname=NAME)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proxies")


@pytest.fixture(scope="module")
def ways(folder: Path) -> Iterator[dict[str, Way]]:
    """Start a server with one coordinator; yield each way to it."""
    port = free_port()
    values = {
        "INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_PORT": str(port),
        "INTAKE_ORIGIN": HOME, "INTAKE_PROXIES": "127.0.0.1/32",
    }  # fmt: skip
    environment = {**os.environ, **values}
    with ExitStack() as stack:
        _, link = stack.enter_context(started(environment))
        enrol(link.replace(HOME, f"http://127.0.0.1:{port}"), PASSPHRASE, "Sam")
        way_of = {"direct": Way(port, tls=False)}
        for proxy in PROXIES:
            way_of[proxy] = Way(stack.enter_context(proxies.started(proxy, folder / proxy, port)), tls=True)
        with way_of["direct"].client() as client:
            Member.sign_in(client, "Sam", PASSPHRASE)
        yield way_of


@pytest.fixture(params=["direct", *PROXIES])
def way(request: pytest.FixtureRequest, ways: dict[str, Way]) -> Way:
    return ways[request.param]


def test_a_proxy_sends_each_header_of_a_page_once(way: Way) -> None:
    with way.client() as client:
        answer = client.get("/en/")
        assert answer.status_code == 200
        for name, value in {**HEADERS, "strict-transport-security": STRICT_TRANSPORT}.items():
            assert answer.headers.get_list(name) == [value]
        assert not re.search(r"\d", answer.headers.get("server", "")), "no version"
        assert client.get("/en/", headers={"if-none-match": f'"x", W/{answer.headers["etag"]}'}).status_code == 304
        for path, to in (("/nojs/en", "/nojs/en/"), ("/en/return", "/en/return/"), ("/", "/en/")):
            assert client.get(path).headers["location"] == to
        wrong = client.request("DELETE", "/nojs/en/")
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
        # Caddy answers for its own names only; the others pass the server's refusal on.
        foreign = client.get("/api/form/keylist", headers={"host": "evil.example"})
        assert foreign.status_code == 421 or not foreign.content


async def test_a_sealed_request_is_stored_and_read_with_its_receipt(way: Way) -> None:
    async def name(request: httpx.Request) -> None:
        request.extensions["sni_hostname"] = NAME

    async with httpx.AsyncClient(**way.options(), event_hooks={"request": [name]}) as client:
        today = dt.datetime.now(dt.UTC).date()
        sealed = await requester.seal(client, "milk " * 9000, today)
        assert len(str(sealed.body)) > 80_000
        stored = await requester.submit(client, sealed.body)
        assert stored.status_code == 201, stored.text
        back = await client.post("/api/form/return", json={"token": sealed.token})
        assert requester.unpacked(back)["case"] == sealed.body["case"]
        assert (await client.post("/api/form/withdraw", json={"token": sealed.token})).status_code == 200


def test_a_form_without_javascript_gives_a_receipt(way: Way) -> None:
    with way.client() as client:
        first = client.post("/nojs/en/", data={"step": "begin", "form": "need"}, headers={"origin": "null"})
        fields = hidden(first.text) | {"q-words": "milk", "days": "7", "return_only": "1"}
        time.sleep(2.1)
        checked = client.post("/nojs/en/", data=fields)
        assert checked.status_code == 200, checked.text
        sent = client.post("/nojs/en/send/", data=hidden(checked.text))
        assert sent.status_code == 200
        assert re.search(r"(\d{4}\D{1,80}){5}\d{4}", sent.text), sent.text[-3000:]
        lost = client.post("/nojs/en/send", data=hidden(checked.text))
        assert (lost.status_code, "location" in lost.headers) == (404, False)


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a page."""
    fields = {}
    for tag in re.findall(r"<input[^>]*type=.?hidden[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "website":
            fields[name[1]] = unescape(value[1]) if value else ""
    return fields


def test_a_coordinator_signs_in_sees_events_at_once_and_signs_out(way: Way) -> None:
    with way.client() as client:
        signed: list[str] = []
        client.event_hooks["response"] = [lambda answer: signed.extend(answer.headers.get_list("set-cookie"))]
        Member.sign_in(client, "Sam", PASSPHRASE)
        assert len(signed) == 1
        assert signed[0].startswith("__Host-desk=")
        assert {part.strip().lower() for part in signed[0].split(";")[1:]} == {
            "path=/",
            "secure",
            "httponly",
            "samesite=strict",
        }
        before = time.monotonic()
        with client.stream("GET", "/api/desk/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert next(lines) == ": here"
            assert time.monotonic() - before < 5, "the proxy held the event back"
            for _ in range(2):  # longer than any limit for a body
                assert next(line for line in lines if line) == ": still here"
        foreign = client.request("DELETE", "/api/desk/session", headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert client.get("/exit/en/").status_code == 303
        assert client.get("/api/desk/sessions").status_code == 200
        assert client.request("DELETE", "/api/desk/session", headers={"origin": HOME}).status_code == 200
        assert client.get("/api/desk/sessions").status_code == 401


def test_a_body_that_is_too_large_is_refused_in_words(way: Way) -> None:
    with way.client() as client:
        for path, kind, most in (
            ("/api/form/cases", requester.PARCEL, bodies.SUBMISSION),
            ("/api/desk/session", "application/json", bodies.SMALL),
        ):
            answer = client.post(path, content=b" " * (most + 1), headers={"content-type": kind})
            assert answer.status_code == 413


def test_a_proxy_or_the_server_gives_up_a_body_that_does_not_arrive(way: Way) -> None:
    with way.socket() as connection:
        head = (
            f"POST /api/form/offer HTTP/1.1\r\nhost: {NAME}\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{{"
        )
        before = time.monotonic()
        connection.sendall(head.encode())
        answer = connection.recv(65536)
        assert answer == b"" or answer[9:12] in (b"408", b"502", b"504"), answer
        assert time.monotonic() - before < 25


def test_an_idle_connection_is_used_again_without_a_failure(way: Way) -> None:
    with way.client() as client:
        for pause in (10.0, 0):
            assert client.post("/api/form/offer", json={"case": b64(os.urandom(16))}).status_code == 200
            time.sleep(pause)


class Recorder:
    """A server that gives every request the same answer and keeps the request's head."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                head = b""
                while b"\r\n\r\n" not in head and (part := connection.recv(65536)):
                    head += part
                self.heads.append(head)
                connection.sendall(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize("forged", ["", f"{FORGED}", f"{FORGED}, 127.0.0.1, [::1]:80, unknown"])
@pytest.mark.parametrize("source", [VISITOR, "127.0.0.1"], ids=["visitor", "tor-on-the-same-machine"])
def test_a_client_cannot_forge_its_source_through_a_proxy(proxy: str, forged: str, source: str, tmp_path: Path) -> None:
    recorder = Recorder()
    with proxies.started(proxy, tmp_path / proxy, recorder.port) as port, Way(port, tls=True).socket(source) as connection:
        lines = f"x-forwarded-for: {forged}\r\nX-Forwarded-For: {FORGED}\r\nforwarded: for={FORGED}\r\n" if forged else ""
        connection.sendall(f"GET /en/ HTTP/1.1\r\nhost: {NAME}\r\n{lines}\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 204")
    recorder.close()
    fields = [line.partition(b": ") for line in recorder.heads[0].split(b"\r\n")[1:] if line]
    headers = [(name.lower(), value) for name, _, value in fields]
    asked = HTTPConnection({"type": "http", "client": ("127.0.0.1", 1), "headers": headers})
    assert str(TrustedProxies([ip_network("127.0.0.1/32")]).client_address(asked)) == source
    assert asked.headers["host"] == NAME


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_proxy_logs_no_client_even_when_the_server_is_down(proxy: str, tmp_path: Path) -> None:
    with proxies.started(proxy, tmp_path / proxy, free_port()) as port:
        for asked in (
            b"GET /nojs/en/canary HTTP/1.1\r\nhost: help.example\r\n\r\n",
            b"GET /canary\x00 HTTP/9\r\n\r\n",
            b"\x00\r\n\r\n",
        ):
            with Way(port, tls=True).socket() as connection:
                connection.sendall(asked)
                answer = connection.recv(65536)
                assert answer == b"" or answer[9:10] in (b"4", b"5"), answer
        with socket.create_connection(("127.0.0.1", port), source_address=(VISITOR, 0)) as plain:
            plain.sendall(b"GET /canary HTTP/1.1\r\nhost: help.example\r\n\r\n")
            plain.recv(65536)
    log = proxies.written(tmp_path / proxy)
    assert b"canary" not in log, log[-2000:]
    assert VISITOR.encode() not in log, log[-2000:]


def tls_client(newest: ssl.TLSVersion, ciphers: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, newest
    return context


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_proxy_accepts_tls_1_2_with_a_strong_cipher(proxy: str, ways: dict[str, Way]) -> None:
    context = tls_client(ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256")
    with (
        socket.create_connection(("127.0.0.1", ways[proxy].port), timeout=20) as bare,
        context.wrap_socket(bare, server_hostname=NAME) as connection,
    ):
        assert connection.version() == "TLSv1.2"


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize(
    ("newest", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA:AES128-SHA:AES128-GCM-SHA256"),
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
    ],
    ids=["no forward secrecy or no AEAD", "TLS 1.1"],
)
def test_a_proxy_refuses_old_tls_or_a_weak_cipher(
    newest: ssl.TLSVersion, ciphers: str, proxy: str, ways: dict[str, Way]
) -> None:
    with (
        socket.create_connection(("127.0.0.1", ways[proxy].port), timeout=20) as bare,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        tls_client(newest, ciphers).wrap_socket(bare, server_hostname=NAME)


def test_no_proxy_logged_any_of_these_requests(ways: dict[str, Way], folder: Path) -> None:
    for proxy in PROXIES:
        for word in (b"/nojs/", b"/api/", b"/en/", VISITOR.encode(), b"milk"):
            assert word not in proxies.written(folder / proxy), (proxy, word)
