"""An address with several hosts, one of which has vanished."""

import socket
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from intake.store.engines import postgresql
from intake.store.engines.postgresql_hosts import AWAY, HostOrder, each_host
from tests.support.postgres import Cluster

TIME = [0.0]  # seconds


@pytest.fixture
def order() -> HostOrder:
    TIME[0] = 0.0
    return HostOrder(lambda: TIME[0])


def test_the_host_of_the_newest_connection_is_tried_first(order: HostOrder) -> None:
    order.note_success(1)
    assert order.next(3) == [1, 2, 0]


def test_a_host_that_vanished_is_left_out(order: HostOrder) -> None:
    order.note_vanished(0)
    assert [order.next(3) for _ in range(2)] == [[1, 2], [1, 2]]


def test_one_attempt_at_a_time_tries_a_vanished_host_again_and_tries_it_last(order: HostOrder) -> None:
    order.note_vanished(0)
    TIME[0] += AWAY
    assert [order.next(3) for _ in range(2)] == [[1, 2, 0], [1, 2]]


def test_all_hosts_are_tried_while_all_have_vanished(order: HostOrder) -> None:
    for index in range(2):
        order.note_vanished(index)
    assert order.next(2) == [0, 1]


def test_a_host_that_answers_again_is_no_longer_left_out(order: HostOrder) -> None:
    order.note_vanished(0)
    order.note_success(0)
    assert order.next(2) == [0, 1]


@pytest.mark.parametrize(
    ("parameters", "hosts"),
    [
        ({"host": "one", "port": "5432"}, [{"host": "one", "port": "5432"}]),
        ({"dbname": "intake"}, [{}]),
        ({"host": "one,two", "port": "5432"}, [{"host": "one", "port": "5432"}, {"host": "two", "port": "5432"}]),
        ({"host": "one,two", "port": "1,2"}, [{"host": "one", "port": "1"}, {"host": "two", "port": "2"}]),
        ({"host": "one,two"}, [{"host": "one"}, {"host": "two"}]),
    ],
)
def test_each_host_has_its_own_port_or_that_of_all(parameters: dict[str, str], hosts: list[dict[str, str]]) -> None:
    assert each_host(parameters) == hosts


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Accept connections and never answer, as a machine does whose programs are stopped."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def connections(server: socket.socket) -> int:
    count = 0
    while True:
        try:
            server.accept()[0].close()
        except TimeoutError:
            return count
        count += 1


def test_a_vanished_first_host_delays_one_connection_only(cluster: Cluster, silent: socket.socket) -> None:
    working = make_url(cluster.new())
    hosts = {"host": f"127.0.0.1,{working.query['host']}", "port": f"{silent.getsockname()[1]},5432"}
    locks = postgresql.AdvisoryLocks(working.update_query_dict(hosts).render_as_string(hide_password=False))
    for expected in (1, 0, 0):
        with locks.exclusive("day"):  # opens a connection of its own
            assert connections(silent) == expected


def test_the_error_of_an_attempt_without_any_host_contains_the_reasons_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**parameters: str) -> None:
        raise psycopg.OperationalError(f"{parameters['host']} refused")

    monkeypatch.setattr(psycopg, "connect", refused)
    engine = postgresql.create("postgresql+psycopg://u@/intake?host=one,two&sslmode=verify-full")
    with pytest.raises(SQLAlchemyError) as caught:
        engine.connect()
    assert isinstance(caught.value, DatabaseError)
    assert str(caught.value.orig) == "two refused\none refused"
