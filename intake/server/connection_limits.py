"""Chooses which connection to close when there are too many, in all or from one source.

A connection *waits* while its client has to send the rest of a head or a body, or to read an answer. The server closes the
connection that has waited longest, and never one whose request is being handled.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from intake.web.client_address import Network, TrustedProxies, parse, source_prefix

C = TypeVar("C")
MAX_CONNECTIONS = 8_000  # connections of this process
SOURCE_SHARE = 8  # One source may have one in this many connections: 1,000. A browser opens six.


class ConnectionTable(Generic[C]):
    """All open connections, by source and by how long they have waited. Only the event loop may use it.

    Args:
        most: the largest number of connections.
        source_of: returns the source of a peer's address, or an empty one for a peer that many clients share.
    """

    def __init__(self, most: int = MAX_CONNECTIONS, source_of: Callable[[str], str] = lambda host: "") -> None:
        self.most = most
        self.source_of = source_of
        self._sources: dict[C, str] = {}
        self._open = Counter[str]()
        self._waiting: dict[C, None] = {}  # the connection that has waited longest is first
        self._waiting_of: dict[str, dict[C, None]] = {}

    def __len__(self) -> int:
        return len(self._sources)

    def add(self, connection: C, host: str) -> C | None:
        """Add a connection, which waits from now on. Return the connection to close for it, perhaps this one, or None."""
        source = self.source_of(host)
        self._sources[connection] = source
        self._open[source] += 1
        self.wait(connection)
        if source and self._open[source] > max(self.most // SOURCE_SHARE, 1):
            return next(iter(self._waiting_of[source]))
        return next(iter(self._waiting)) if len(self._sources) > self.most else None

    def remove(self, connection: C) -> None:
        """Remove a connection that is closed, or closes now."""
        source = self._sources.pop(connection, None)
        if source is None:
            return
        self._stop(connection, source)
        self._open[source] -= 1
        if not self._open[source]:
            del self._open[source]

    def wait(self, connection: C) -> None:
        """Mark a connection as waiting from now on."""
        source = self._sources.get(connection)
        if source is not None:
            self._stop(connection, source)
            self._waiting[connection] = None
            self._waiting_of.setdefault(source, {})[connection] = None

    def serve(self, connection: C) -> None:
        """Mark a connection as being served. Its client has nothing to send or read for now."""
        source = self._sources.get(connection)
        if source is not None:
            self._stop(connection, source)

    def _stop(self, connection: C, source: str) -> None:
        if self._waiting.pop(connection, self) is None:
            waiting = self._waiting_of[source]
            del waiting[connection]
            if not waiting:
                del self._waiting_of[source]


def source_reader(proxies: Sequence[Network]) -> Callable[[str], str]:
    """Return a function that maps a peer to its source, an address or a /64.

    This machine (a proxy, Tor) and named proxies have no source.
    """
    trusted = TrustedProxies(proxies)

    def source_of(host: str) -> str:
        address = parse(host)
        if address is None or address.is_loopback or trusted.named(address):
            return ""
        return source_prefix(address)

    return source_of
