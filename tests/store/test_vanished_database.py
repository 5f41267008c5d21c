"""A database whose machine vanishes from the network: no answer, and no end of the connection either."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from intake.store.engines import postgresql
from retention.errors import KeyStoreError
from tests.support import network
from tests.support.network import Host
from tests.support.postgres import Cluster

SOON = 20.0  # seconds. Linux alone would retry for about fifteen minutes
pytestmark = pytest.mark.skipif(not network.available(), reason="needs root and the program ip")


@pytest.fixture
def database(cluster: Cluster) -> Iterator[tuple[Host, str]]:
    assert cluster.folder is not None
    with network.host(f"{cluster.folder}/.s.PGSQL.5432") as host:
        url = make_url(cluster.new()).difference_update_query(["host"]).set(host=host.address)
        yield host, url.render_as_string(hide_password=False)


def ask(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def test_a_query_to_a_vanished_database_fails_soon(database: tuple[Host, str]) -> None:
    host, url = database
    engine = postgresql.create(url)
    ask(engine)
    host.vanish()
    begun = time.monotonic()
    with pytest.raises(SQLAlchemyError):
        ask(engine)
    assert time.monotonic() - begun < SOON


def test_a_wait_for_a_vanished_database_ends_soon(database: tuple[Host, str]) -> None:
    host, url = database
    engine = postgresql.create(url)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        host.vanish()
        begun = time.monotonic()
        with pytest.raises(SQLAlchemyError):
            connection.execute(text("SELECT pg_sleep(600)"))
        assert time.monotonic() - begun < SOON


def test_the_locks_of_a_vanished_database_are_given_up_soon(database: tuple[Host, str]) -> None:
    host, url = database
    locks = postgresql.AdvisoryLocks(url)
    locks.share("day")
    host.vanish()
    begun = time.monotonic()
    assert locks.lost()
    with pytest.raises(KeyStoreError):
        locks.share("day")
    assert time.monotonic() - begun < 2 * SOON
