"""Backup and restore on PostgreSQL with the documented logins: the server's, the deletion's and the owner's."""

import json
import time
from pathlib import Path

import pytest
from sqlalchemy import make_url

from intake.server.health import CACHE_SECONDS
from tests.support.database_logins import Logins, allow_clearing, made, with_days
from tests.support.forked_server import intake, started
from tests.support.postgres import Cluster
from tests.support.processes import free_port
from tests.support.requester import sent
from tests.support.terminal import PASSPHRASE, Terminal, enrol


@pytest.fixture
def logins(cluster: Cluster, tmp_path: Path) -> Logins:
    """Return settings for the owner, a server and the deletion, before the first deletion run."""
    return made(cluster, tmp_path)


def elsewhere(logins: Logins, cluster: Cluster) -> Logins:
    """Return settings for the same logins on a new, empty database."""
    name = make_url(cluster.new()).database
    moved = {}
    for login, environment in logins.items():
        address = make_url(environment["INTAKE_DATABASE_URL"]).set(database=name).render_as_string(hide_password=False)
        moved[login] = {**environment, "INTAKE_DATABASE_URL": address}
    allow_clearing(cluster, moved["owner"]["INTAKE_DATABASE_URL"])
    return moved


async def test_a_backup_by_the_serving_login_is_restored_and_served_by_the_same_logins(
    logins: Logins, cluster: Cluster, tmp_path: Path
) -> None:
    with_days(logins)
    key, backup = tmp_path / "key.txt", tmp_path / "intake.age"
    recipient = intake(logins["owner"], "backup", "--new-key", str(key)).stdout.strip()
    environment = {**logins["server"], "INTAKE_PORT": str(free_port())}
    with started(environment) as (client, link):
        enrol(link, PASSPHRASE, "sam")
        stored = await sent(str(client.base_url), 2)
        made = intake(logins["server"], "backup", str(backup), "--to", recipient)
        assert made.returncode == 0, made.stderr
    restored = elsewhere(logins, cluster)
    done = intake(restored["owner"], "restore", str(backup), "--identity", str(key))
    assert done.returncode == 0, done.stderr
    run = intake(restored["purge"], "retention", "run", "--json")
    assert (run.returncode, json.loads(run.stdout)["left"]) == (0, []), run.stdout + run.stderr
    environment = {**restored["server"], "INTAKE_PORT": str(free_port())}
    with started(environment, line="serving") as (client, _):
        for case in stored:
            assert client.post("/api/form/return", json={"token": case.token}).status_code == 200
        more = await sent(str(client.base_url), 1)
        listed = json.loads(Terminal(str(client.base_url), "sam", PASSPHRASE)("case", "list", "--json"))
        assert {case["case"] for case in listed} == {case.body["case"] for case in (*stored, *more)}


def test_a_server_started_before_the_first_deletion_run_is_not_ready_until_it_is_done(logins: Logins) -> None:
    with started({**logins["server"], "INTAKE_PORT": str(free_port())}) as (client, _):
        answer = client.get("/healthz/ready")
        assert (answer.status_code, answer.json()) == (503, {"status": "days"})
        with_days(logins)
        time.sleep(CACHE_SECONDS)
        assert client.get("/healthz/ready").status_code == 200
