"""The operator's commands run as processes: a killed server, deletion runs, refusals in one line."""

import asyncio
import datetime as dt
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest
from typer.testing import CliRunner

from crypto.encoding import new_id
from intake import settings
from intake.cli.main import app, main
from intake.server.run import purge_daily, seconds_until_run
from intake.service.service import Service, utc_now
from intake.store.engines.engine import Database
from intake.store.members import members as people
from retention.errors import KeyStoreError
from retention.run import Report
from tests.support import forked_server, requester
from tests.support.patience import PATIENCE
from tests.support.processes import INTAKE, enrol_at, listens, started
from tests.support.terminal import enrol


@contextmanager
def server(environment: dict[str, str], stop: int = signal.SIGTERM) -> Iterator[httpx.Client]:
    """Start a real server process; kill or stop it at the end."""
    process = subprocess.Popen([INTAKE, "run"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        listens(int(environment["INTAKE_PORT"]))
        with httpx.Client(base_url=f"http://127.0.0.1:{environment['INTAKE_PORT']}") as client:
            yield client
    finally:
        process.send_signal(stop)
        process.communicate(timeout=PATIENCE)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_a_server_starts_on_nothing_is_killed_and_starts_again(environment: dict[str, str]) -> None:
    with server(environment, signal.SIGKILL) as client:
        answer = client.get("/api/form/keylist")
        assert answer.json()["entries"] == []
        assert {"server", "date"}.isdisjoint(answer.headers)
        looked = subprocess.run([INTAKE, "status"], env=environment, capture_output=True, text=True, check=True)
        assert "none yet" in looked.stdout
        second = subprocess.run([INTAKE, "retention", "run"], env=environment, capture_output=True, text=True, check=False)
        assert (second.returncode, second.stderr) == (0, "")
        second = subprocess.run([INTAKE, "run"], env=environment, capture_output=True, text=True, check=False)
        assert second.returncode == 2
        assert second.stderr == "intake: another server has this store open\n"
    with server(environment) as client:
        assert client.get("/healthz/live").status_code == 200


def test_the_first_coordinator_enrols_and_the_form_is_open(environment: dict[str, str]) -> None:
    with started(environment) as (client, link):
        before = client.post("/api/form/offer", json={"case": "A" * 22})
        assert before.status_code == 503
        wrong = enrol_at(environment, link, "short")
        assert wrong.returncode == 2
        assert "at least 12 characters" in wrong.stderr
        done = enrol_at(environment, link, "four random words here")
        assert done.returncode == 0, done.stderr
        assert len(client.get("/api/form/keylist").json()["entries"]) == 2
        offer = client.post("/api/form/offer", json={"case": "A" * 22}).json()
        assert (offer["assigned"], len(offer["seats"])) == (1, 1)
        again = enrol_at(environment, link, "four random words here")
        assert again.returncode == 2
        assert "this link was used" in again.stderr
    status = subprocess.run([INTAKE, "status", "--json"], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(status.stdout)["fingerprint"] in done.stdout
    assert json.loads(status.stdout)["members"] == 1


def test_a_deletion_run_prints_deleted_and_upcoming_days(environment: dict[str, str]) -> None:
    assert run("migrate")[0] == 0
    assert run("retention", "run") == (0, "0 cases expired, 0 deleted early, 0 keys destroyed.\nscrub: clean\n")
    code, printed = run("retention", "run", "--json")
    assert (code, json.loads(printed)["scrub"]) == (0, "clean")
    assert run("retention", "run", "--dry-run") == (0, "nothing\n")
    assert json.loads(run("retention", "run", "--dry-run", "--json")[1]) == {"days": {}, "punctures": {}}
    code, printed = run("retention", "status")
    assert len(printed.splitlines()) == 34
    assert len(json.loads(run("retention", "status", "--json")[1])["coming"]) == 30


def test_status_says_that_nobody_has_enrolled(environment: dict[str, str]) -> None:
    run("migrate")
    assert "none yet" in run("status")[1]
    report = json.loads(run("status", "--json")[1])
    assert (report["members"], report["storage_percent"]) == (0, 0)


def test_an_error_that_a_person_can_fix_is_one_line(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["intake", "status"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith("intake: there is no store")


def test_every_command_has_help_with_an_example() -> None:
    for command in (["run"], ["migrate"], ["status"], ["retention", "run"], ["retention", "status"]):
        assert "Example" in run(*command, "--help")[1]


def test_the_daily_run_is_at_five_past_midnight() -> None:
    assert seconds_until_run(dt.datetime(2026, 11, 20, 0, 4, tzinfo=dt.UTC)) == 60
    assert seconds_until_run(dt.datetime(2026, 11, 20, 0, 5, tzinfo=dt.UTC)) == 86_400


async def test_a_full_disk_answers_503_and_loses_nothing_that_was_acknowledged(environment: dict[str, str]) -> None:
    """The disk is really full: the kernel lets the server's files grow no further."""
    with forked_server.started(environment) as (_, link):
        enrol(link, "ladder copper winter kite", "Sam")
    store = Path(environment["INTAKE_DATA"]) / "store.db"
    full = store.stat().st_size + 200 * 1024
    stored: list[requester.Sealed] = []

    async def fill() -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{environment['INTAKE_PORT']}") as client:
            for n in range(40):
                sealed = await requester.seal(client, f"words {n}", utc_now().date())
                answer = await requester.submit(client, sealed.body)
                if answer.status_code != 201:
                    return answer
                stored.append(sealed)
            raise AssertionError("the disk was never full")

    async def come_back() -> list[int]:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{environment['INTAKE_PORT']}") as client:
            return [(await client.post("/api/form/return", json={"token": sealed.token})).status_code for sealed in stored]

    with started(environment, before=["prlimit", f"--fsize={full}"], line="serving"):
        refused = await fill()
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:sealed-intake:unavailable")
        assert await come_back() == [200] * len(stored)
    with forked_server.started(environment, line="serving"):
        assert len(stored) > 2
        assert await come_back() == [200] * len(stored)


@pytest.mark.alone
def test_a_second_start_takes_at_most_four_times_as_long_as_its_imports(environment: dict[str, str]) -> None:
    """The ratio is about three. Pages in 25 languages are rendered at each start."""
    with started(environment):
        pass
    imports, starts = [], []
    for _ in range(8):  # something else may keep this machine busy
        before = time.monotonic()
        subprocess.run([sys.executable, "-c", "import intake.cli.run"], check=True)
        imports.append(time.monotonic() - before)
        before = time.monotonic()
        with started(environment) as (client, _):
            assert client.get("/en/").status_code == 200
            starts.append(time.monotonic() - before)
        if starts[-1] < 4 * imports[-1]:
            break
    assert starts[-1] < 4 * imports[-1]


async def test_the_server_purges_by_itself_each_day_and_again_an_hour_after_a_failure(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service.open(settings.read(), upgrade=True)
    slept: list[float] = []
    runs: list[dt.date] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 4:
            raise asyncio.CancelledError

    def run_once(_: object, today: dt.date) -> Report:
        runs.append(today)
        if len(runs) == 1:
            raise KeyStoreError("the disk is away")
        return Report(today.isoformat(), (), 0, 0, (), ())

    monkeypatch.setattr("intake.server.run.asyncio.sleep", sleep)
    monkeypatch.setattr("retention.run.Job.run", run_once)
    with pytest.raises(asyncio.CancelledError):
        await purge_daily(service)
    service.close()
    assert slept[1] == 3600
    assert all(0 < seconds <= 24 * 3600 for seconds in slept)
    assert len(runs) == 3


def test_the_operator_ends_the_sessions_of_one_member_or_of_all(environment: dict[str, str]) -> None:
    with forked_server.started(environment):
        now, members = int(time.time()), (new_id(), new_id())
        database = Database(Path(environment["INTAKE_DATA"]) / "store.db")
        with database.transaction() as tx:
            for number, member in enumerate((*members, members[0])):
                people.add_session(tx, str(number), member, now)
        database.close()

        def end(*more: str) -> str:
            return forked_server.intake(environment, "sessions", "end", *more).stdout.strip()

        assert end("--member", members[0]) == "2 sessions ended."
        assert end("--all", "--json") == '{"ended": 1}'
        assert end("--all") == "0 sessions ended."
        assert forked_server.intake(environment, "sessions", "end").returncode == 2
