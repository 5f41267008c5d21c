"""Orders the hosts of an address for each new connection, so that a host that vanished is tried last.

libpq tries the hosts in the order of the address, and waits `connect_timeout` for one that does not answer. In that order, a
first host that vanished would delay each new connection by that time, also long after another host took over.
"""

import threading
from typing import Any

from sqlalchemy import Dialect, Engine, event

LISTS = ("host", "hostaddr", "port")  # the parameters of libpq that name one value for each host, with commas between


class HostOrder:
    """The order of the hosts of one engine. All its threads share it.

    - The host of the newest connection is first.
    - After an attempt in which no host could be used, the first one is last.
    """

    def __init__(self) -> None:
        self._start = 0
        self._mutex = threading.Lock()

    def apply(self, parameters: dict[str, Any]) -> int:
        """Reorder the hosts among the parameters of a connection, in place. Return the index of the one that is first now."""
        lists = {name: str(parameters[name]).split(",") for name in LISTS if parameters.get(name)}
        hosts = max((len(values) for values in lists.values()), default=1)
        with self._mutex:
            start = self._start % hosts
        for name, values in lists.items():
            if len(values) == hosts:  # one port may serve all hosts
                parameters[name] = ",".join(values[start:] + values[:start])
        return start

    def note_failure(self, start: int) -> None:
        """Record that no host could be used in an attempt that began with `start`."""
        with self._mutex:
            if self._start == start:  # another thread may have recorded the same
                self._start = start + 1

    def note_success(self, index: int) -> None:
        """Record the host of a new connection, by its index in the address."""
        with self._mutex:
            self._start = index


def order_hosts(engine: Engine) -> None:
    """Let each new connection of an engine try the hosts in the order of a `HostOrder`."""
    order = HostOrder()

    def connect(dialect: Dialect, record: object, arguments: Any, parameters: dict[str, Any]) -> Any:
        start = order.apply(parameters)
        hosts = _pairs(parameters)
        try:
            connection: Any = dialect.connect(*arguments, **parameters)
        except Exception:
            order.note_failure(start)
            raise
        used = (connection.info.host, str(connection.info.port))
        if used in hosts:
            order.note_success((start + hosts.index(used)) % len(hosts))
        return connection

    event.listen(engine, "do_connect", connect)


def _pairs(parameters: dict[str, Any]) -> list[tuple[str, str]]:
    hosts = str(parameters.get("host") or "").split(",")
    ports = str(parameters.get("port") or "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return [(host, port or "5432") for host, port in zip(hosts, ports, strict=False)]
