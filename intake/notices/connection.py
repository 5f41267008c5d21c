"""Opens the connections to the services of notices. The server opens no other outgoing connections.

Every connection follows these rules, including retries and reconnections:
- The server resolves a host that the operator does not name once. It contacts nothing unless every answer is a public address.
- It connects to one of these addresses, never to the name, because the name could resolve differently the second time.
- Before it sends anything, it checks the address of the connected peer again. It refuses this machine's own addresses.
- All connections of one notice share a deadline and a limit of received bytes. Both also end a service that sends a byte a
  second, or a line without an end.
- TLS checks the certificate against the system's authorities. No setting switches this off.
"""

import socket
import ssl
import time
from collections.abc import Collection
from functools import cache
from http.client import HTTPConnection
from smtplib import SMTP
from typing import TYPE_CHECKING, Any

from intake.notices.addresses import is_public
from intake.notices.errors import NoticeError
from intake.notices.targets import Server

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAX_RECEIVED = 256 * 1024  # bytes received for one notice
_ADDRESSES = 4  # addresses of a host that are tried, one after the other


class Bounds:
    """The limits of one notice: seconds, and bytes received."""

    def __init__(self, seconds: float, received: int = MAX_RECEIVED) -> None:
        self._end = time.monotonic() + seconds
        self._left = received

    def seconds(self) -> float:
        """Return the seconds that are left.

        Raises:
            NoticeError: the time is over.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise NoticeError
        return left

    def count(self, received: int) -> None:
        """Count received bytes.

        Raises:
            NoticeError: too many bytes were received.
        """
        self._left -= received
        if self._left < 0:
            raise NoticeError


class BoundedSocket(socket.socket):
    """A socket whose every operation ends with the deadline of its notice."""

    bounds: Bounds

    def recv_into(self, buffer: "Buffer", *more: Any) -> int:
        """Receive like `socket.recv_into`, which `makefile` uses."""
        self.settimeout(self.bounds.seconds())
        received = super().recv_into(buffer, *more)
        self.bounds.count(received)
        return received

    def sendall(self, data: "Buffer", flags: int = 0) -> None:
        """Send like `socket.sendall`."""
        self.settimeout(self.bounds.seconds())
        super().sendall(data, flags)


class BoundedTLSSocket(BoundedSocket, ssl.SSLSocket):
    """A bounded socket over TLS."""


class BoundedTLS(ssl.SSLContext):
    """A TLS context whose sockets keep the bounds of the socket that they wrap."""

    def wrap_socket(self, sock: socket.socket, *args: Any, **more: Any) -> BoundedTLSSocket:
        """Wrap like `SSLContext.wrap_socket`. The handshake ends with the deadline too."""
        assert isinstance(sock, BoundedSocket)
        sock.settimeout(sock.bounds.seconds())
        wrapped = super().wrap_socket(sock, *args, **more)
        assert isinstance(wrapped, BoundedTLSSocket)
        wrapped.bounds = sock.bounds
        return wrapped


@cache
def tls() -> BoundedTLS:
    """Return the TLS context. `PROTOCOL_TLS_CLIENT` checks certificates and host names by default."""
    context = BoundedTLS(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = BoundedTLSSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    return context


class Dialler:
    """Opens the connections of one notice.

    Args:
        hosts: hosts that the operator names, whose addresses are not checked. Empty: any host on the public internet.
        bounds: the limits of the notice.
    """

    def __init__(self, hosts: Collection[str], bounds: Bounds) -> None:
        self._hosts = hosts
        self._bounds = bounds

    def dial(self, server: Server) -> BoundedSocket:
        """Return a connected socket, over TLS if the address requires it.

        Raises:
            NoticeError: the address is not allowed, or a limit was reached. Nothing was sent.
            OSError: the connection failed. Nothing was sent.
        """
        connected = self._connected(server)
        if not server.secure:
            return connected
        try:
            return tls().wrap_socket(connected, server_hostname=server.host)
        except BaseException:
            connected.close()
            raise

    def _connected(self, server: Server) -> BoundedSocket:
        addresses = self._resolve(server)
        for number, (family, kind, protocol, _, address) in enumerate(addresses):
            connected = BoundedSocket(family, kind, protocol)
            connected.bounds = self._bounds
            try:
                # Divide the time, so that an address that does not answer leaves some for the next.
                connected.settimeout(self._bounds.seconds() / (len(addresses) - number))
                connected.connect(address)
                self._check_peer(server, connected)
            except OSError:
                connected.close()
            except BaseException:
                connected.close()
                raise
            else:
                return connected
        raise NoticeError

    def http(self, server: Server) -> "HTTP":
        """Return a client for requests to a server, each over a connection of `dial`."""
        return HTTP(self, server)

    def smtp(self, server: Server) -> "Mailer":
        """Return a connected mail server that has sent its greeting."""
        return Mailer(self, server)

    def _resolve(self, server: Server) -> list[tuple[Any, ...]]:
        answers = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        self._bounds.seconds()  # name resolution has no deadline of its own
        if server.host not in self._hosts and (self._hosts or not all(is_public(str(each[4][0])) for each in answers)):
            raise NoticeError
        return list(answers[:_ADDRESSES])

    def _check_peer(self, server: Server, connected: socket.socket) -> None:
        if server.host in self._hosts:
            return
        peer, own = str(connected.getpeername()[0]), str(connected.getsockname()[0])
        # A connection to one of this machine's own addresses, public or not, comes from that address.
        if not is_public(peer) or peer == own:
            raise NoticeError


class HTTP(HTTPConnection):
    """HTTP/1.1 to one server, without redirects, cookies or proxies."""

    def __init__(self, dialler: Dialler, server: Server) -> None:
        super().__init__(server.host, server.port)
        self.default_port = 443 if server.secure else 80  # left out of `Host`
        self._dialler = dialler
        self._server = server

    def connect(self) -> None:
        """Connect, for the first request and after the server has closed the connection."""
        self.sock = self._dialler.dial(self._server)


class Mailer(SMTP):
    """A connection to a mail server. It sends an address literal in place of this machine's name."""

    def __init__(self, dialler: Dialler, server: Server) -> None:
        super().__init__(local_hostname="[127.0.0.1]")
        self._host = server.host  # the name that `starttls` checks the certificate for
        self.sock = dialler.dial(server)
        try:
            if self.getreply()[0] != 220:
                raise NoticeError
        except BaseException:
            self.close()
            raise
