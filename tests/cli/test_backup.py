"""The drill, on both engines: a backup, withdrawals, keyring changes, a rotation, the database lost, the backup restored."""

import json
import os
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.support import postgres
from tests.support.forked_server import intake, started
from tests.support.postgres import Cluster
from tests.support.processes import free_port
from tests.support.requester import sent
from tests.support.terminal import NEXT, Terminal, enrol, joins

PASSPHRASE = "four random words here"
CASES, WITHDRAWN = 16, 10


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of an installation on either engine."""
    values = {"INTAKE_DATA": str(tmp_path / "var"), "INTAKE_KEY_STORE": str(tmp_path / "key-store")}
    values |= {"INTAKE_PORT": str(free_port()), "INTAKE_KEY_STORE_MIRRORS": str(tmp_path / "mirror")}
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        values["INTAKE_DATABASE_URL"] = cluster.new()
        values["PATH"] = f"{postgres.binaries()}:{os.environ['PATH']}"
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "var").mkdir()
    return {**os.environ, **values}


def lose_the_database(environment: dict[str, str], cluster: Cluster | None) -> dict[str, str]:
    """Its disk is gone; an empty place is there instead. What the server keeps for itself is in the operator's hands."""
    if cluster:
        return {**environment, "INTAKE_DATABASE_URL": cluster.new()}
    (Path(environment["INTAKE_DATA"]) / "store.db").unlink()
    return environment


async def test_a_restored_backup_opens_every_live_case_and_no_deleted_one(
    installation: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = request.getfixturevalue("cluster") if "INTAKE_DATABASE_URL" in installation else None
    key, backup = tmp_path / "key.txt", tmp_path / "intake.age"
    made = intake(installation, "backup", "--new-key", str(key))
    assert made.returncode == 0, made.stderr
    recipient = made.stdout.strip()
    if cluster:
        assert intake(installation, "migrate").returncode == 0
    by_itself = tmp_path / "by-itself.age"
    with started({**installation, "INTAKE_BACKUP_TO": recipient, "INTAKE_BACKUP_FILE": str(by_itself)}) as (client, link):
        server = str(client.base_url)
        enrol(link, PASSPHRASE, "sam")
        sam = Terminal(server, "sam", PASSPHRASE)
        kim, digits = joins(sam, "kim")
        assert "The decision is in force" in sam("group", "approve", digits)
        lee, digits = joins(sam, "lee")
        sam("group", "approve", digits)
        assert "The decision is in force" in kim("group", "approve", digits)
        sam("recovery", "create", "2")
        assert "The decision is in force" in kim("group", "sign", "1")
        for terminal in (sam, kim, lee):
            terminal("group", "show")  # each takes their share
        submitted = await sent(server, CASES)
        held = {terminal.handle: len(json.loads(terminal("case", "list", "--json"))) for terminal in (sam, kim, lee)}
        assert sum(held.values()) == 2 * CASES

        took = intake(installation, "backup", str(backup), "--to", recipient)
        assert took.returncode == 0, took.stderr

        for case in submitted[:WITHDRAWN]:
            assert client.post("/api/form/withdraw", json={"token": case.token}).json() == {"destroyed": True}
        new = tmp_path / "new"
        for words in (NEXT, PASSPHRASE + " again", NEXT):
            new.write_text(words)
            kim("keys", "passphrase", "--new-passphrase-file", str(new))
            kim.passphrase = words
        by_itself.unlink()
        sam("keys", "rotate")
        until = time.monotonic() + 20
        while not by_itself.exists():  # the server takes one after each rotation
            assert time.monotonic() < until
            time.sleep(0.1)

    environment = lose_the_database(installation, cluster)
    for name in ("INTAKE_DATABASE_URL",):
        if name in environment:
            monkeypatch.setenv(name, environment[name])
    wrong = tmp_path / "wrong.txt"
    assert intake(environment, "backup", "--new-key", str(wrong)).returncode == 0
    refused = intake(environment, "restore", str(backup), "--identity", str(wrong))
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    done = intake(environment, "restore", str(backup), "--identity", str(key), "--json")
    assert done.returncode == 0, done.stderr
    restored = json.loads(done.stdout)
    live = CASES - WITHDRAWN
    assert (restored["cases"], restored["withdrawn"], restored["expired_days"], restored["lost_days"]) == (
        live,
        WITHDRAWN,
        0,
        0,
    )
    short = [member for member in restored["members"].values() if member["need_recovery"]]
    assert len(short) == 1  # Sam, who rotated
    assert short[0]["open"] == 0
    again = intake(environment, "restore", str(backup), "--identity", str(key))
    assert again.returncode == 2
    assert "Nothing was restored" in again.stderr

    with started(environment, line="serving") as (client, _):
        for terminal in (sam, kim, lee):
            assert "open cases" in terminal("group", "show")  # every coordinator signs in
        opened = {case["case"] for terminal in (kim, lee) for case in json.loads(terminal("case", "list", "--json"))}
        remain = {sealed.body["case"] for sealed in submitted[WITHDRAWN:]}
        assert opened <= remain
        kim("recovery", "propose", "sam", "lee")
        lee("group", "sign", "1")
        assert "0 could not" in kim("recovery", "open")
        opened = {case["case"] for terminal in (sam, kim, lee) for case in json.loads(terminal("case", "list", "--json"))}
        assert opened == remain
        for case in submitted[:WITHDRAWN]:
            assert client.post("/api/form/return", json={"token": case.token}).status_code == 404
        for case in submitted[WITHDRAWN:]:
            assert client.post("/api/form/return", json={"token": case.token}).json()["case"] in remain
    if cluster:
        engine = create_engine(environment["INTAKE_DATABASE_URL"])
        with engine.connect() as connection:
            stored = set(connection.execute(text("SELECT id FROM cases")).scalars())
        engine.dispose()
        assert stored == remain
