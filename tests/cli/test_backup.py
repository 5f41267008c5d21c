"""On both engines, a group backs up, deletes, changes keys, loses the database and restores the backup."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import pytest
from sqlalchemy import create_engine, text

from tests.support import postgres, requester
from tests.support.forked_server import intake, started
from tests.support.patience import PATIENCE
from tests.support.postgres import Cluster
from tests.support.processes import free_port
from tests.support.requester import Sealed, sent
from tests.support.terminal import NEXT, Terminal, enrol, joins

PASSPHRASE = "four random words here"
CASES, WITHDRAWN = 16, 10


@dataclass
class LostDatabase:
    """An installation whose database was lost after a backup, withdrawals, new passphrases and a rotation."""

    environment: dict[str, str]  # with an empty database
    folder: Path
    key: Path
    backup: Path
    terminals: dict[str, Terminal]
    withdrawn: list[Sealed]
    live: list[Sealed]
    backup_after_rotation: bool

    def restore(self, key: Path, *options: str) -> "subprocess.CompletedProcess[str]":
        return intake(self.environment, "restore", str(self.backup), "--identity", str(key), *options)

    def listed(self, *handles: str) -> set[str]:
        """Return the ids of the cases that these coordinators hold."""
        lists = (json.loads(self.terminals[handle]("case", "list", "--json")) for handle in handles)
        return {case["case"] for cases in lists for case in cases}

    @property
    def live_ids(self) -> set[str]:
        return {sealed.body["case"] for sealed in self.live}


@dataclass
class Restored:
    """The same installation after its restore, with the outcome of each attempt in order."""

    lost: LostDatabase
    with_wrong_key: "subprocess.CompletedProcess[str]"
    done: "subprocess.CompletedProcess[str]"
    again: "subprocess.CompletedProcess[str]"


@dataclass
class Recovered:
    """The restored installation with a running server, after Sam's colleagues recovered the cases of the lost key."""

    lost: LostDatabase
    client: httpx.Client
    shown: dict[str, str]  # what `group show` printed for each coordinator before the recovery
    listed_before: set[str]
    recovery: str


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def cluster_or_none(request: pytest.FixtureRequest) -> Cluster | None:
    return request.getfixturevalue("cluster") if request.param == "postgresql" else None


@pytest.fixture(scope="module")
def lost(cluster_or_none: Cluster | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LostDatabase]:
    folder = tmp_path_factory.mktemp("drill")
    values = {"INTAKE_DATA": str(folder / "var"), "INTAKE_KEY_STORE": str(folder / "key-store")}
    values |= {"INTAKE_PORT": str(free_port()), "INTAKE_KEY_STORE_MIRRORS": str(folder / "mirror")}
    if cluster_or_none:
        values["INTAKE_DATABASE_URL"] = cluster_or_none.new()
        values["PATH"] = f"{postgres.binaries()}:{os.environ['PATH']}"
    (folder / "var").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        drill = _until_the_loss({**os.environ, **values}, folder)
        if cluster_or_none:
            drill.environment["INTAKE_DATABASE_URL"] = cluster_or_none.new()
            patch.setenv("INTAKE_DATABASE_URL", drill.environment["INTAKE_DATABASE_URL"])
        else:
            (folder / "var" / "store.db").unlink()
        yield drill


def _until_the_loss(environment: dict[str, str], folder: Path) -> LostDatabase:
    key, backup, automatic = folder / "key.txt", folder / "intake.age", folder / "automatic.age"
    made = intake(environment, "backup", "--new-key", str(key))
    assert made.returncode == 0, made.stderr
    recipient = made.stdout.strip()
    if "INTAKE_DATABASE_URL" in environment:
        assert intake(environment, "migrate").returncode == 0
    with started({**environment, "INTAKE_BACKUP_TO": recipient, "INTAKE_BACKUP_FILE": str(automatic)}) as (client, link):
        server = str(client.base_url)
        terminals = _group_of_three(server, link)
        sam, kim, _ = terminals
        submitted = asyncio.run(sent(server, CASES))
        held = [len(json.loads(terminal("case", "list", "--json"))) for terminal in terminals]
        assert sum(held) == 2 * CASES

        took = intake(environment, "backup", str(backup), "--to", recipient)
        assert took.returncode == 0, took.stderr

        for sealed in submitted[:WITHDRAWN]:
            assert client.post("/api/form/withdraw", json={"token": sealed.token}).json() == {"destroyed": True}
        new = folder / "new"
        for words in (NEXT, PASSPHRASE + " again", NEXT):
            new.write_text(words)
            kim("keys", "passphrase", "--new-passphrase-file", str(new))
            kim.passphrase = words
        automatic.unlink()
        sam("keys", "rotate")
        until = time.monotonic() + PATIENCE
        while not automatic.exists() and time.monotonic() < until:
            time.sleep(0.1)
        handles = {terminal.handle: terminal for terminal in terminals}
        withdrawn, live = submitted[:WITHDRAWN], submitted[WITHDRAWN:]
        return LostDatabase(environment, folder, key, backup, handles, withdrawn, live, automatic.exists())


def _group_of_three(server: str, link: str) -> tuple[Terminal, Terminal, Terminal]:
    """Found a group with a recovery key of which each coordinator has a share."""
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
        terminal("group", "show")  # this stores the coordinator's share
    return sam, kim, lee


@pytest.fixture(scope="module")
def restored(lost: LostDatabase) -> Restored:
    wrong = lost.folder / "wrong.txt"
    assert intake(lost.environment, "backup", "--new-key", str(wrong)).returncode == 0
    return Restored(lost, lost.restore(wrong), lost.restore(lost.key, "--json"), lost.restore(lost.key))


@pytest.fixture(scope="module")
def recovered(restored: Restored) -> Iterator[Recovered]:
    lost = restored.lost
    assert restored.done.returncode == 0, restored.done.stderr
    with started(lost.environment, line="serving") as (client, _):
        shown = {handle: terminal("group", "show") for handle, terminal in lost.terminals.items()}
        before = lost.listed("kim", "lee")
        lost.terminals["kim"]("recovery", "propose", "sam", "lee")
        lost.terminals["lee"]("group", "sign", "1")
        yield Recovered(lost, client, shown, before, lost.terminals["kim"]("recovery", "open"))


def test_a_server_backs_up_by_itself_after_a_rotation(lost: LostDatabase) -> None:
    assert lost.backup_after_rotation


def test_a_restore_with_another_key_is_refused_without_a_traceback(restored: Restored) -> None:
    refused = restored.with_wrong_key
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)


def test_a_restore_counts_the_live_cases_and_those_withdrawn_since_the_backup(restored: Restored) -> None:
    assert restored.done.returncode == 0, restored.done.stderr
    report = json.loads(restored.done.stdout)
    assert (report["cases"], report["withdrawn"]) == (CASES - WITHDRAWN, WITHDRAWN)
    assert (report["expired_days"], report["lost_days"]) == (0, 0)


def test_a_restore_names_the_one_member_who_rotated_since_the_backup_as_in_need_of_recovery(restored: Restored) -> None:
    short = [member for member in json.loads(restored.done.stdout)["members"].values() if member["need_recovery"]]
    assert len(short) == 1
    assert short[0]["open"] == 0


def test_a_second_restore_is_refused(restored: Restored) -> None:
    assert restored.again.returncode == 2
    assert "Nothing was restored" in restored.again.stderr


def test_every_coordinator_signs_in_after_a_restore(recovered: Recovered) -> None:
    assert recovered.shown.keys() == {"sam", "kim", "lee"}
    assert all("open cases" in printed for printed in recovered.shown.values())


def test_a_coordinator_sees_no_withdrawn_case_after_a_restore(recovered: Recovered) -> None:
    assert recovered.listed_before <= recovered.lost.live_ids


def test_after_a_recovery_the_coordinators_hold_every_live_case_again(recovered: Recovered) -> None:
    assert "0 could not" in recovered.recovery
    assert recovered.lost.listed("sam", "kim", "lee") == recovered.lost.live_ids


def test_the_receipt_of_a_withdrawn_case_opens_nothing_after_a_restore(recovered: Recovered) -> None:
    for sealed in recovered.lost.withdrawn:
        assert recovered.client.post("/api/form/return", json={"token": sealed.token}).status_code == 404


def test_the_receipt_of_a_live_case_opens_it_after_a_restore(recovered: Recovered) -> None:
    for sealed in recovered.lost.live:
        answer = requester.unpacked(recovered.client.post("/api/form/return", json={"token": sealed.token}))
        assert answer["case"] in recovered.lost.live_ids


def test_a_restored_database_has_a_row_for_each_live_case_and_no_other(recovered: Recovered) -> None:
    folder = recovered.lost.environment["INTAKE_DATA"]
    engine = create_engine(recovered.lost.environment.get("INTAKE_DATABASE_URL", f"sqlite:///{folder}/store.db"))
    with engine.connect() as connection:
        stored = set(connection.execute(text("SELECT id FROM cases")).scalars())
    engine.dispose()
    assert stored == recovered.lost.live_ids
