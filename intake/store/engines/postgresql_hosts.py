"""Chooses among the hosts of an address for each new connection, so that one that vanished delays nobody for long.

libpq tries the hosts in the order of the address, and waits `connect_timeout` for one that does not answer. A first host that
vanished would delay each new connection by that time, also long after another host took over. While no host takes writes, each
attempt would end with that wait, and would often be in it when another host takes over.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect, Engine, event

LISTS = ("host", "hostaddr", "port")  # the parameters of libpq that name one value for each host, with commas between
SLOW = 2.0  # seconds without an answer, after which a host counts as vanished. `connect_timeout` is 3
AWAY = 10.0  # seconds until one attempt tries a vanished host again


class HostOrder:
    """Which hosts of an address the next connection tries. All engines and threads of a process share it.

    - The host of the newest connection is first.
    - A host that vanished is left out. Every `AWAY` seconds one attempt tries it again, after the others.
    - If all vanished, all are tried.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first = 0
        self._again: dict[int, float] = {}  # when to try a vanished host again, by its index in the address
        self._mutex = threading.Lock()

    def next(self, count: int) -> list[int]:
        """Return the indexes of the hosts to try, in order."""
        with self._mutex:
            now = self._clock()
            order = [(self._first + number) % count for number in range(count)]
            due = [index for index in order if self._again.get(index, now + 1) <= now]
            for index in due:
                self._again[index] = now + AWAY
            return [index for index in order if index not in self._again] + due or order

    def note_vanished(self, index: int) -> None:
        """Record that a host did not answer."""
        with self._mutex:
            self._again[index] = self._clock() + AWAY

    def note_success(self, index: int) -> None:
        """Record the host of a new connection."""
        with self._mutex:
            self._first = index
            self._again.pop(index, None)


_ORDERS: dict[tuple[str, ...], HostOrder] = {}  # by the hosts of the address


def order_hosts(engine: Engine) -> None:
    """Let each new connection of an engine try the hosts in the order of a `HostOrder`."""

    def connect(dialect: Dialect, record: object, arguments: Any, parameters: dict[str, Any]) -> Any:
        hosts = each_host(parameters)
        order = _ORDERS.setdefault(tuple(str(parameters.get(name) or "") for name in LISTS), HostOrder())
        failures = []
        for index in order.next(len(hosts)):
            before = time.monotonic()
            try:
                connection = dialect.connect(*arguments, **parameters | hosts[index])
            except dialect.loaded_dbapi.OperationalError as failure:
                failures.append(failure)
                if time.monotonic() - before >= SLOW:
                    order.note_vanished(index)
            else:
                order.note_success(index)
                return connection
        last: Any = failures[-1]
        if len(failures) == 1:
            raise last
        # `postgresql_faults` finds the reason in the texts of all hosts, as psycopg would join them.
        raise type(last)("\n".join(map(str, reversed(failures))), pgconn=last.pgconn)

    event.listen(engine, "do_connect", connect)


def each_host(parameters: dict[str, Any]) -> list[dict[str, str]]:
    """Return the parameters that name each host. One port may serve all hosts."""
    lists = {name: str(parameters[name]).split(",") for name in LISTS if parameters.get(name)}
    count = max((len(values) for values in lists.values()), default=1)
    return [{name: values[index % len(values)] for name, values in lists.items()} for index in range(count)]
