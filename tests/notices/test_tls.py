"""No notice is sent to a service with an invalid certificate, and nothing private to a mail server before TLS."""

import datetime as dt
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from intake.notices import connection, services
from intake.notices.connection import Bounds, Dialler
from intake.notices.errors import NoticeError
from intake.notices.kinds import KINDS
from intake.notices.parser import parse
from intake.notices.services import send
from tests.support.services import Service, Talk, always, listening, mail

HOSTS = ("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for `localhost`, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def over_tls(certificate: Path, talk: Talk) -> Iterator[Service]:
    """A service behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def wrapped(peer: socket.socket, keep: Callable[[bytes], None]) -> None:
        with context.wrap_socket(peer, server_side=True) as encrypted:
            talk(encrypted, keep)

    with listening(wrapped) as service:
        yield service


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the system trust the certificate."""
    context = connection.tls.__wrapped__()
    context.load_verify_locations(certificate)
    monkeypatch.setattr(connection, "tls", lambda: context)
    monkeypatch.setattr(services, "tls", lambda: context)


def attempt(url: str, seconds: float = 5) -> bool:
    try:
        send(parse(url, tuple(KINDS), HOSTS), "x", Dialler(HOSTS, Bounds(seconds)))
    except NoticeError:
        return False
    return True


@pytest.mark.usefixtures("trusted")
def test_a_certificate_that_holds_is_sent_the_notice(certificate: Path) -> None:
    with over_tls(certificate, always()) as service:
        assert attempt(f"ntfys://localhost:{service.port}/t")
        assert b'"topic": "t"' in service.everything
    with over_tls(certificate, mail) as service:
        assert attempt(f"mailtos://a:b@localhost:{service.port}?mode=ssl&from=a@b.org")
        assert b"rcpt TO:<a@b.org>" in service.everything


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_name_is_sent_nothing(certificate: Path) -> None:
    with over_tls(certificate, always()) as service:
        assert not attempt(f"ntfys://127.0.0.1:{service.port}/t")
        assert service.everything == b""


def test_a_certificate_that_no_authority_signed_is_sent_nothing(certificate: Path) -> None:
    for url in ("ntfys://localhost:{}/t", "mailtos://a:b@localhost:{}?mode=ssl&from=a@b.org", "matrixs://t@localhost:{}/!a:b"):
        with over_tls(certificate, always()) as service:
            assert not attempt(url.format(service.port))
            assert service.everything == b""


def test_certificates_and_host_names_are_checked() -> None:
    context = connection.tls()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_old_versions_of_tls_are_refused() -> None:
    assert connection.tls().minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.usefixtures("trusted")
def test_a_handshake_that_does_not_end_ends_with_the_deadline() -> None:
    def stall(peer: socket.socket, keep: Callable[[bytes], None]) -> None:
        while data := peer.recv(65536):
            keep(data)

    with listening(stall) as service:
        assert not attempt(f"ntfys://localhost:{service.port}/t", seconds=0.5)


def test_a_mail_server_without_starttls_gets_no_password() -> None:
    with listening(mail) as service:
        assert not attempt(f"mailtos://ana:secret@127.0.0.1:{service.port}?from=a@b.org")
        assert {line.split(b" ")[0].lower() for line in service.everything.splitlines()} <= {b"ehlo", b"quit", b"rset"}


@pytest.mark.usefixtures("trusted")
def test_a_mail_server_with_starttls_gets_everything_else_after_it(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    plain: list[bytes] = []

    def starttls(peer: socket.socket, keep: Callable[[bytes], None]) -> None:
        peer.sendall(b"220 mail\r\n")
        plain.append(peer.recv(1000))
        peer.sendall(b"250-mail\r\n250 STARTTLS\r\n")
        plain.append(peer.recv(1000))
        peer.sendall(b"220 go on\r\n250 injected before TLS\r\n")
        with context.wrap_socket(peer, server_side=True) as encrypted:
            _without_greeting(encrypted, keep)

    with listening(starttls) as service:
        assert attempt(f"mailtos://ana:secret@localhost:{service.port}?from=a@b.org")
        assert plain == [b"ehlo [127.0.0.1]\r\n", b"STARTTLS\r\n"]
        assert service.everything.startswith(b"ehlo [127.0.0.1]\r\nAUTH PLAIN ")


def _without_greeting(peer: socket.socket, keep: Callable[[bytes], None]) -> None:
    """Answer as a mail server does after STARTTLS: it does not greet again."""

    class WithoutGreeting:
        def __init__(self) -> None:
            self.greeted = False

        def sendall(self, data: bytes) -> None:
            if self.greeted:
                peer.sendall(data)
            self.greeted = True

        def recv(self, size: int) -> bytes:
            return peer.recv(size)

    mail(WithoutGreeting(), keep)  # type: ignore[arg-type]
