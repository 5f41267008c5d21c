"""Hostile services and name servers: nothing reaches the server's network, and every notice ends in time."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from intake.notices import connection
from intake.notices.connection import BoundedSocket, Bounds, Dialler
from intake.notices.errors import NoticeError
from intake.notices.kinds import KINDS
from intake.notices.parser import parse
from intake.notices.services import send
from intake.notices.targets import Server, Target
from tests.support.services import OK, always, dripping, flooding, listening, silent

HOSTS = ("127.0.0.1",)
PUBLIC = "93.184.216.34"


def target(url: str, hosts: tuple[str, ...] = HOSTS) -> Target:
    return parse(url, tuple(KINDS), hosts)


def attempt(url: str, hosts: tuple[str, ...] = HOSTS, seconds: float = 5.0) -> bool:
    """Whether a notice was sent."""
    try:
        send(target(url, hosts), "x", Dialler(hosts, Bounds(seconds)))
    except NoticeError:
        return False
    return True


def answers(*addresses: str) -> list[tuple[Any, ...]]:
    """A resolver's answer with these addresses."""
    kinds = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
    return [(kind, socket.SOCK_STREAM, 6, "", (address, 80)) for kind, address in zip(kinds, addresses, strict=True)]


@pytest.fixture
def contacted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the addresses that the code connects to, and refuse every connection."""
    addresses: list[str] = []

    def connect(self: BoundedSocket, address: tuple[str, int]) -> None:
        addresses.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(BoundedSocket, "connect", connect)
    return addresses


@pytest.mark.parametrize(
    "addresses",
    [
        (), ("127.0.0.1",), (PUBLIC, "127.0.0.1"), (PUBLIC, PUBLIC, PUBLIC, PUBLIC, PUBLIC, "10.0.0.1"), ("64:ff9b::7f00:1",),
        ("2002:7f00:1::1",), ("::127.0.0.1",), ("::ffff:127.0.0.1",), ("fec0::1",), ("224.0.0.1",), ("fe80::1%2",),
        ("169.254.169.254",),
    ],
)  # fmt: skip
def test_a_name_that_leads_into_the_servers_network_is_not_contacted(
    addresses: tuple[str, ...], contacted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers(*addresses))
    assert not attempt("ntfys://evil.example/t", ())
    assert contacted == []


def test_a_name_server_that_fails_leaves_nothing_to_contact(contacted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "SERVFAIL")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert not attempt("ntfys://evil.example/t", ())
    assert contacted == []


def test_a_name_that_answers_differently_the_second_time_is_asked_once(
    contacted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [answers(PUBLIC), answers("127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: said.pop(0))
    assert not attempt("ntfy://evil.example/t", ())
    assert contacted == [PUBLIC]
    assert len(said) == 1


def test_a_peer_that_is_not_the_address_that_was_checked_is_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(silent) as service:
        whole = socket.socket.connect

        def elsewhere(self: socket.socket, address: object) -> None:
            whole(self, ("127.0.0.1", service.port))

        monkeypatch.setattr(BoundedSocket, "connect", elsewhere)
        monkeypatch.setattr(BoundedSocket, "getsockname", lambda _: ("10.0.0.9", 40000))  # an address of another machine
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers(PUBLIC))
        for url in ("ntfy://evil.example/t", "ntfys://evil.example/t", "mailtos://a:b@evil.example"):
            assert not attempt(url, (), seconds=1)
        time.sleep(0.1)
        assert service.connections == 3
        assert service.everything == b""


def test_this_machines_own_public_address_is_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers(PUBLIC))
    sent: list[bytes] = []
    monkeypatch.setattr(BoundedSocket, "connect", lambda *_: None)
    monkeypatch.setattr(BoundedSocket, "sendall", lambda _, data: sent.append(data))
    monkeypatch.setattr(BoundedSocket, "getpeername", lambda _: (PUBLIC, 80))
    monkeypatch.setattr(BoundedSocket, "getsockname", lambda _: (PUBLIC, 40000))
    assert not attempt("ntfy://evil.example/t", ())
    assert sent == []
    monkeypatch.setattr(BoundedSocket, "getsockname", lambda _: ("198.51.100.9", 40000))
    attempt("ntfy://evil.example/t", ())
    assert sent  # to another service, the notice is sent


def test_a_connection_that_was_closed_is_checked_again_when_it_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(always(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))) as service:
        checked: list[str] = []
        monkeypatch.setattr(Dialler, "_check_peer", lambda _, server, __: checked.append(server.host))
        assert attempt(f"ntfy://127.0.0.1:{service.port}/a/b/c")
        assert checked == ["127.0.0.1"] * 3


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"303 See Other", b"307 Temporary", b"308 Permanent"])
@pytest.mark.parametrize(
    "kind",
    ["ntfy://127.0.0.1:{}/t", "gotify://127.0.0.1:{}/t", "signal://127.0.0.1:{}/4912345678", "matrix://t@127.0.0.1:{}/!a:b"],
)
def test_a_redirect_is_not_followed(kind: str, status: bytes) -> None:
    with listening(always()) as neighbour:
        to = b"http://127.0.0.1:%d/admin" % neighbour.port
        answer = b"HTTP/1.1 %s\r\nLocation: %s\r\nRefresh: 0; url=%s\r\nContent-Length: 0\r\n\r\n" % (status, to, to)
        with listening(always(answer)) as service:
            assert not attempt(kind.format(service.port))
            assert service.connections == 1
        assert neighbour.connections == 0


@pytest.mark.parametrize(
    "status", [b"100 Continue", b"204 No Content", b"206 Partial", b"400 No", b"404 No", b"500 No", b"999 No", b"nonsense"]
)
def test_every_other_answer_is_the_same_failure(status: bytes) -> None:
    with listening(always(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status)) as service:
        assert not attempt(f"ntfy://127.0.0.1:{service.port}/t", seconds=0.5)


@pytest.mark.alone
@pytest.mark.parametrize("talk", [silent, dripping])
def test_a_service_that_sends_a_byte_at_a_time_or_nothing_ends_with_the_deadline(talk: Callable[..., None]) -> None:
    with listening(talk) as service:
        began = time.monotonic()
        assert not attempt(f"ntfy://127.0.0.1:{service.port}/t", seconds=0.7)
        assert 0.6 < time.monotonic() - began < 3


def test_a_mail_server_that_greets_without_end_ends_with_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(peer: socket.socket, _: object) -> None:
        while True:
            peer.sendall(b"220-" + b"a" * 500 + b"\r\n")

    received, whole = [0], Bounds.count

    def count(self: Bounds, number: int) -> None:
        received[0] += number
        whole(self, number)

    monkeypatch.setattr(Bounds, "count", count)
    with listening(endless) as service:
        assert not attempt(f"mailto://a:b@127.0.0.1:{service.port}?from=a@b.org", seconds=20)
    assert received[0] < 2 * connection.MAX_RECEIVED


@pytest.mark.alone
def test_a_body_without_end_ends_with_the_bytes() -> None:
    with listening(flooding) as service:
        began = time.monotonic()
        assert not attempt(f"ntfy://127.0.0.1:{service.port}/t", seconds=20)
        assert time.monotonic() - began < 10


def test_an_address_that_does_not_answer_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(always()) as service:
        whole = socket.socket.connect

        def connect(self: BoundedSocket, address: tuple[str, int]) -> None:
            if address[0] == PUBLIC:
                assert 0 < (self.gettimeout() or 0) <= 2.5
                raise TimeoutError
            whole(self, address)

        here = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", service.port))
        monkeypatch.setattr(BoundedSocket, "connect", connect)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [*answers(PUBLIC), here])
        assert attempt("ntfy://named.example/t", ("named.example",))


def test_a_host_that_is_not_named_is_not_resolved(monkeypatch: pytest.MonkeyPatch, contacted: list[str]) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers(PUBLIC))
    with pytest.raises(NoticeError):
        Dialler(("other.example",), Bounds(5)).dial(Server("evil.example", 443, True))
    assert contacted == []


def test_a_mail_server_that_refuses_is_the_same_failure() -> None:
    def refuses(peer: socket.socket, _: object) -> None:
        peer.sendall(b"554 not today\r\n")
        peer.recv(1000)

    def refuses_one(peer: socket.socket, keep: Callable[[bytes], None]) -> None:
        peer.sendall(b"220 mail\r\n")
        while line := peer.recv(4000):
            keep(line)
            peer.sendall(b"550 nobody\r\n" if b"nobody" in line else b"354 go on\r\n" if line == b"data\r\n" else b"250 ok\r\n")

    with listening(refuses) as service:
        assert not attempt(f"mailto://127.0.0.1:{service.port}?from=a@b.org")
    with listening(refuses_one) as service:
        assert not attempt(f"mailto://127.0.0.1:{service.port}/ben@b.org/nobody@b.org?from=a@b.org")
        assert b"rcpt TO:<ben@b.org>" in service.everything
