"""Notification services for tests. Each listens on 127.0.0.1, answers as its test says, and keeps what it received."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Service:
    """One listening service."""

    port: int
    received: list[bytes] = field(default_factory=list)
    """The bytes of each connection, in order."""
    connections: int = 0

    @property
    def everything(self) -> bytes:
        """Return all bytes of all connections."""
        return b"".join(self.received)


Talk = Callable[[socket.socket, Callable[[bytes], None]], None]
"""A service's handler of a connection: it reads, passes on what it read, and answers."""


@contextmanager
def listening(talk: Talk) -> Iterator[Service]:
    """Run a service with one thread for each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        service, over = Service(server.getsockname()[1]), threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                service.connections += 1
                number = len(service.received)
                service.received.append(b"")

                def keep(data: bytes, number: int = number) -> None:
                    service.received[number] += data

                threading.Thread(target=attend, args=(connection, keep), daemon=True).start()

        def attend(connection: socket.socket, keep: Callable[[bytes], None]) -> None:
            with connection, contextlib.suppress(OSError):
                connection.settimeout(20)
                talk(connection, keep)

        threading.Thread(target=serve, daemon=True).start()
        yield service
        over.set()
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def http(answer: Callable[[bytes], bytes]) -> Talk:
    """Return a handler of HTTP/1.1 whose `answer` receives the head and body of each request."""

    def talk(connection: socket.socket, keep: Callable[[bytes], None]) -> None:
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                data = connection.recv(65536)
                if not data:
                    return
                keep(data)
                waiting += data
            head, _, rest = waiting.partition(b"\r\n\r\n")
            lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            length = lengths[0] if lengths else 0
            while len(rest) < length:
                data = connection.recv(65536)
                keep(data)
                rest += data
            waiting = rest[length:]
            connection.sendall(answer(head + b"\r\n\r\n" + rest[:length]))

    return talk


def always(answer: bytes = OK) -> Talk:
    """Answer every request in this way."""
    return http(lambda _: answer)


def silent(connection: socket.socket, keep: Callable[[bytes], None]) -> None:
    """Read and never answer."""
    while data := connection.recv(65536):
        keep(data)


def dripping(connection: socket.socket, keep: Callable[[bytes], None]) -> None:
    """Answer with a head that takes ten seconds and never ends, one byte at a time."""
    keep(connection.recv(65536))
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(500):
        connection.sendall(b"a")
        time.sleep(0.02)


def flooding(connection: socket.socket, keep: Callable[[bytes], None]) -> None:
    """Answer with an endless body, as fast as possible."""
    keep(connection.recv(65536))
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"4000\r\n" + bytes(0x4000) + b"\r\n")


def mail(connection: socket.socket, keep: Callable[[bytes], None]) -> None:
    """A mail server without TLS that accepts everything."""
    connection.sendall(b"220 mail\r\n")
    waiting, data = b"", False
    while chunk := connection.recv(65536):
        keep(chunk)
        waiting += chunk
        while b"\r\n" in waiting:
            line, _, waiting = waiting.partition(b"\r\n")
            if data:
                data = line != b"."
                answer = b"" if data else b"250 taken\r\n"
            elif line.upper().startswith(b"EHLO"):
                answer = b"250-mail\r\n250 AUTH PLAIN\r\n"
            elif line.upper() == b"DATA":
                data, answer = True, b"354 go on\r\n"
            elif line.upper().startswith(b"AUTH"):
                answer = b"235 welcome\r\n"
            elif line.upper() == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                answer = b"250 ok\r\n"
            connection.sendall(answer)
