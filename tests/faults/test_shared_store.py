"""Several servers and a separate deletion process share one PostgreSQL, each with a login that has only its own rights."""

import asyncio
import json
import queue
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from intake.service.case_events import CaseEvents
from intake.store.engines.notify import Signals
from intake.store.engines.postgresql import PURGE, AdvisoryLocks
from retention.errors import KeyStoreError
from tests.support import requester
from tests.support.database_logins import Logins, made, with_days
from tests.support.forked_server import intake, started
from tests.support.patience import PATIENCE
from tests.support.postgres import Cluster
from tests.support.processes import free_port
from tests.support.requester import sent
from tests.support.terminal import PASSPHRASE, Terminal, enrol


@pytest.fixture
def logins(cluster: Cluster, tmp_path: Path) -> Logins:
    """Return settings for the owner, a server and the deletion, on a migrated database with the keys of the coming days."""
    return with_days(made(cluster, tmp_path))


@pytest.fixture
def two(logins: Logins) -> Iterator[tuple[httpx.Client, httpx.Client, str]]:
    """Start two servers; yield them with the link that the second printed. Only the newest link is valid."""
    environments = [{**logins["server"], "INTAKE_PORT": str(free_port())} for _ in range(2)]
    with started(environments[0]) as (first, _), started(environments[1]) as (second, link):
        yield first, second, link


async def test_two_servers_and_a_purge_process_share_one_store(
    two: tuple[httpx.Client, httpx.Client, str], logins: Logins, cluster: Cluster
) -> None:
    first, second, link = two
    enrol(link, PASSPHRASE, "sam")
    here, there = Terminal(str(first.base_url), "sam", PASSPHRASE), Terminal(str(second.base_url), "sam", PASSPHRASE)
    by_first, by_second = await asyncio.gather(*(sent(str(server.base_url), 6) for server in (first, second)))
    everything = {sealed.body["case"] for sealed in (*by_first, *by_second)}
    for terminal in (here, there):
        assert {case["case"] for case in json.loads(terminal("case", "list", "--json"))} == everything
    # Both have cached that day's root. One reports a withdrawal as done only after the other has dropped the root.
    began = time.monotonic()
    assert first.post("/api/form/withdraw", json={"token": by_second[0].token}).json() == {"destroyed": True}
    assert time.monotonic() - began < 5
    assert second.post("/api/form/return", json={"token": by_second[0].token}).status_code == 404
    assert second.post("/api/form/return", json={"token": by_first[0].token}).status_code == 200
    # One server refuses an offer that was used at the other.
    again = second.post("/api/form/cases", **requester.posted(by_second[0].body))
    assert again.status_code == 409
    # Only the deletion's login deletes. The servers answered throughout.
    refused = intake(logins["server"], "retention", "run")
    assert refused.returncode in (1, 2)
    assert "Traceback" not in refused.stderr
    done = intake(logins["purge"], "retention", "run", "--json")
    assert (done.returncode, json.loads(done.stdout)["left"]) == (0, [])
    assert second.get("/healthz/retention").status_code == 200
    assert here("case", "list")


def test_the_serving_login_can_neither_drop_a_day_nor_change_what_was_appended(logins: Logins, cluster: Cluster) -> None:
    engine = create_engine(logins["server"]["INTAKE_DATABASE_URL"], isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        part = connection.scalar(
            text("SELECT min(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'cases'::regclass")
        )
        for statement in (
            f"DROP TABLE {part}",
            "DROP TABLE cases",
            f"TRUNCATE {part}",
            f"ALTER TABLE cases DETACH PARTITION {part}",
            "CREATE TABLE more (x int)",
            "DELETE FROM days",
            "INSERT INTO days VALUES ('2030-01-01', 1, 0, false)",
            "INSERT INTO day_roots VALUES (0, '2030-01-01', '')",
            "DELETE FROM day_roots",
            "DELETE FROM certificates",
            "UPDATE certificates SET signature = ''",
            "DELETE FROM tombstones",
            "UPDATE keylist SET body = ''",
            "DELETE FROM keylist",
            "UPDATE entries SET digest = ''",
            "UPDATE store SET last_run = ''",
            f"SET ROLE {PURGE}",
        ):
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                connection.execute(text(statement))
    engine.dispose()


async def test_a_killed_and_restarted_database_loses_nothing_that_was_acknowledged(
    two: tuple[httpx.Client, httpx.Client, str], logins: Logins, cluster: Cluster
) -> None:
    if cluster.folder is None:
        pytest.skip("the test does not kill another PostgreSQL")
    first, second, link = two
    enrol(link, PASSPHRASE, "sam")
    acknowledged = await sent(str(first.base_url), 4)
    cluster.stop(signal.SIGKILL)
    assert second.post("/api/form/return", json={"token": acknowledged[0].token}).status_code == 503
    assert first.post("/api/form/cases", **requester.posted(acknowledged[0].body)).status_code == 503
    assert first.get("/healthz/retention").status_code == 503
    assert first.get("/healthz/live").status_code == 200
    wait_for_ready(first, 503)
    restart(cluster)
    wait_for_ready(first, 200)
    for sealed in acknowledged:
        assert second.post("/api/form/return", json={"token": sealed.token}).status_code == 200
    more = await sent(str(second.base_url), 1)
    assert first.post("/api/form/withdraw", json={"token": more[0].token}).json() == {"destroyed": True}


def wait_for_ready(client: httpx.Client, status: int) -> None:
    """Wait until a server says whether it takes requests. It keeps its last answer for two seconds."""
    until = time.monotonic() + PATIENCE
    while client.get("/healthz/ready").status_code != status:
        assert time.monotonic() < until, f"not {status}"
        time.sleep(0.1)


def restart(cluster: Cluster) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return cluster.start()
        except RuntimeError:
            assert time.monotonic() < until


def test_servers_notify_each_other_of_changes_after_a_broken_connection_too(cluster: Cluster) -> None:
    url = cluster.new()
    here, there, stop = Signals(url), Signals(url), threading.Event()
    heard: queue.Queue[tuple[list[str], str]] = queue.Queue()
    ear = threading.Thread(target=there.listen, args=(lambda members, case: heard.put((list(members), case)), stop))
    ear.start()
    try:
        for _ in range(2):
            until = time.monotonic() + PATIENCE
            while heard.empty():
                assert time.monotonic() < until
                here.send(["m", "n"], "case")
                there.send(["its own"], "is not heard")
                time.sleep(0.1)
            assert heard.get() == (["m", "n"], "case")
            while not heard.empty():
                assert heard.get() == (["m", "n"], "case")
            cluster.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'", url)
    finally:
        stop.set()
        ear.join(PATIENCE)
        here.close()
        there.close()
    events = CaseEvents()
    notified: list[tuple[list[str], str]] = []
    events.publish_elsewhere = lambda members, case: notified.append((members, case))
    events.publish({"m"}, "case")
    assert notified == [(["m"], "case")]
    Signals("postgresql+psycopg://nobody@127.0.0.1:1/none").send(["m"], "case")  # left out


def test_advisory_locks_end_with_their_connection_and_report_it(cluster: Cluster) -> None:
    url = cluster.new()
    mine, other = AdvisoryLocks(url), AdvisoryLocks(url)
    assert not mine.lost()
    release = mine.share("held a 1")
    kept = mine.share("held b 1")
    assert not other.nobody_shares("held a 1")
    release()
    assert other.nobody_shares("held a 1")
    with mine.exclusive("run"), other.attempt("run") as alone:
        assert not alone
    with other.attempt("run") as alone:
        assert alone
    cluster.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sealed-intake locks'", url)
    assert mine.lost()
    kept()
    assert other.nobody_shares("held b 1")
    assert not mine.lost()
    mine.close()
    other.close()


def test_a_broken_lock_connection_reconnects_and_reports_its_shared_locks_lost_once(cluster: Cluster) -> None:
    url = cluster.new()
    mine = AdvisoryLocks(url)
    release = mine.share("held a 1")
    stop = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sealed-intake locks'"
    cluster.run(stop, url)
    with pytest.raises(KeyStoreError, match="does not answer"):
        mine.share("held b 1")
    again = mine.share("held b 1")
    assert mine.lost()
    assert not mine.lost()
    release()
    assert not AdvisoryLocks(url).nobody_shares("held b 1")
    cluster.run(stop, url)
    again()
    assert mine.lost()
    mine.close()
    away = AdvisoryLocks("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(KeyStoreError), away.exclusive("run"):
        pass
    with pytest.raises(KeyStoreError):
        away.share("held")


def test_a_lock_that_the_database_gives_up_is_an_error(cluster: Cluster) -> None:
    url = cluster.new()
    mine = AdvisoryLocks(url)
    ended = threading.Timer(
        0.5, cluster.run, ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", url)
    )
    with mine.exclusive("run"):
        ended.start()
        with pytest.raises(KeyStoreError), AdvisoryLocks(url).exclusive("run"):
            pass
    ended.join()
