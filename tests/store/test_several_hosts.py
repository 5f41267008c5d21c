"""An address with several hosts, one of which has vanished."""

import socket
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from intake.store.engines import postgresql
from intake.store.engines.postgresql_hosts import HostOrder
from tests.support.postgres import Cluster

HOSTS = {"host": "one,two,three", "port": "1,2,3", "dbname": "intake"}


def after(order: HostOrder) -> str:
    parameters = dict(HOSTS)
    order.apply(parameters)
    return parameters["host"]


def test_the_host_of_the_newest_connection_is_tried_first() -> None:
    order = HostOrder()
    order.note_success(1)
    parameters = dict(HOSTS)
    assert order.apply(parameters) == 1
    assert parameters == {"host": "two,three,one", "port": "2,3,1", "dbname": "intake"}


def test_the_first_host_is_last_after_an_attempt_without_any() -> None:
    order = HostOrder()
    order.note_failure(0)
    assert after(order) == "two,three,one"


def test_attempts_that_failed_together_move_the_first_host_once() -> None:
    order = HostOrder()
    order.note_failure(0)
    order.note_failure(0)
    assert after(order) == "two,three,one"


@pytest.mark.parametrize(
    "parameters", [{"host": "one", "port": "5432"}, {"dbname": "intake"}, {"host": "one,two", "port": "5432"}]
)
def test_one_host_and_one_port_stay_as_they_are(parameters: dict[str, str]) -> None:
    order, given = HostOrder(), dict(parameters)
    order.note_failure(0)
    order.apply(given)
    assert given.get("port") == parameters.get("port")
    assert sorted(given.get("host", "").split(",")) == sorted(parameters.get("host", "").split(","))


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


def test_a_host_that_vanished_later_is_last_in_the_next_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[str] = []

    def vanished(**parameters: str) -> None:
        attempts.append(parameters["host"])
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg, "connect", vanished)
    engine = postgresql.create("postgresql+psycopg://u@/intake?host=one,two&sslmode=verify-full")
    for _ in range(2):
        with pytest.raises(SQLAlchemyError):
            engine.connect()
    assert attempts == ["one,two", "two,one"]
