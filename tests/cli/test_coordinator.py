"""A sealed request arrives. Its coordinator opens it at a terminal, replies and closes it."""

import asyncio
import json
import signal
import subprocess
from pathlib import Path

import httpx2 as httpx
import pytest
from typer.testing import CliRunner

from crypto import entry, receipt
from crypto.encoding import CaseId
from crypto.keylist import KeyList
from intake.cli.main import app
from intake.form.load_pricing import FREE_REQUESTS
from intake.service.service import utc_now
from tests.support import requester
from tests.support.forked_server import started
from tests.support.patience import PATIENCE
from tests.support.processes import INTAKE, enrol_at
from tests.support.requester import send
from tests.support.terminal import PASSPHRASE, enrol


def ask(server: str, *arguments: str, passphrase: str = PASSPHRASE) -> tuple[int, str]:
    """Run a command of the coordinator's in this process; return what it prints."""
    options = ["--server", server, "--handle", "sam", "--passphrase-file", "-"]
    result = CliRunner().invoke(app, ["case", *arguments, *options], input=passphrase)
    return result.exit_code, result.output if not result.exception else str(result.exception)


async def test_a_request_in_arabic_is_opened_answered_noted_and_closed(environment: dict[str, str]) -> None:
    with started(environment) as (client, link):
        server = link.split("/en/")[0]
        enrol(link, PASSPHRASE, "Sam")
        sealed = await send(server, "أحتاج حليب أطفال")
        case = sealed.body["case"]
        code, printed = ask(server, "list", "--json")
        assert code == 0, printed
        (row,) = json.loads(printed)
        assert (row["case"], row["status"], row["expires"]) == (case, "new", sealed.body["expires"])
        assert (row["line"], row["unread"], row["needs_reply"]) == ("أحتاج حليب أطفال", True, True)
        assert ask(server, "reply", case, "غدا في السادسة")[0] == 0
        assert ask(server, "note", case, "ring twice")[0] == 0
        assert json.loads(ask(server, "list", "--json")[1])[0]["status"] == "in-progress"
        assert ask(server, "status", case, "ongoing")[0] == 0
        code, wrong = ask(server, "status", case, "lost")
        assert "the status was not changed" in wrong
        shown = json.loads(ask(server, "show", case, "--json")[1])
        assert (shown["status"], shown["warnings"], shown["sealed_by"]) == ("ongoing", [], "browser")
        texts = [entry["text"] for entry in shown["entries"]]
        assert texts == ["غدا في السادسة", "new", "in-progress", "ring twice", "ongoing"]
        assert "ring twice" in ask(server, "show", case)[1]
        assert "ongoing" in ask(server, "list")[1]
        await read_with_the_receipt(client, sealed)
        assert "expires on" in ask(server, "close", case)[1]
        assert "sign-in name and passphrase do not match" in ask(server, "list", passphrase="another passphrase")[1]
        assert "no case with this id" in ask(server, "show", "A" * 22)[1]


async def read_with_the_receipt(client: httpx.Client, sealed: requester.Sealed) -> None:
    """Check that the requester reads the reply, and nothing of the desk's."""
    back = requester.unpacked(client.post("/api/form/return", json={"token": sealed.token}))
    keys = await _keys(str(client.base_url))
    opened = receipt.stretch(sealed.code, keys.group)
    given = receipt.open_grant(back["receipt_grant"], opened, CaseId(back["case"]))
    assert len(back["entries"]) == 2
    position = entry.Position(CaseId(back["case"]), entry.Sequence.SHARED, 1)
    said = entry.open_(back["entries"][1]["file"], position, [opened.identity], {0: given.mac_key}, keys.author_key)
    assert said.content == entry.Text(text="غدا في السادسة")
    assert said.author


async def _keys(server: str) -> KeyList:
    async with httpx.AsyncClient(base_url=server) as client:
        return await requester.key_list(client, utc_now().date())


def test_an_id_that_begins_with_a_dash_is_an_id(environment: dict[str, str]) -> None:
    with started(environment) as (client, link):
        enrol(link, PASSPHRASE, "Sam")
        server = str(client.base_url)
        for command in (["show"], ["note", "text"], ["close"], ["hand-over", "kim"]):
            refusal = ask(server, command[0], "-ewOWB_l55IQmw5sAJ2cdQ", *command[1:])
            assert refusal == (1, "you have no case with this id"), command


async def test_killed_with_sigkill_while_many_send_nothing_acknowledged_is_lost(
    environment: dict[str, str], tmp_path: Path
) -> None:
    process = subprocess.Popen([INTAKE, "run"], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    link = next(line.strip() for line in process.stdout if "/desk/enrol/#" in line)
    server = link.split("/en/")[0]
    for _ in range(100):
        if enrol_at(environment, link, PASSPHRASE).returncode == 0:
            break
    acknowledged = await flood(server, process, FREE_REQUESTS)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    assert 0 < len(acknowledged) < FREE_REQUESTS
    again = subprocess.Popen([INTAKE, "run"], env=environment, stdout=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=server, transport=httpx.HTTPTransport(retries=8)) as client:
            for token in acknowledged:
                assert client.post("/api/form/return", json={"token": token}).status_code == 200
    finally:
        again.terminate()
        again.communicate(timeout=PATIENCE)


async def flood(server: str, process: "subprocess.Popen[str]", count: int) -> list[str]:
    """Send `count` sealed cases at once, and kill the server once a third is acknowledged."""
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(base_url=server, limits=limits, timeout=60) as client:
        template = await requester.seal(client, "x", utc_now().date())
        sealed = [await requester.copy(client, template) for _ in range(count)]
        acknowledged: list[str] = []

        async def put(request: requester.Sealed) -> None:
            try:
                answer = await requester.submit(client, request.body)
            except httpx.TransportError:
                return
            if answer.status_code == 201:
                acknowledged.append(request.token)
            if len(acknowledged) == count // 3:
                process.kill()

        await asyncio.gather(*(put(request) for request in sealed))
    return acknowledged


@pytest.mark.parametrize("command", ["list", "show", "reply", "note", "status", "close"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    assert "Example" in CliRunner().invoke(app, ["case", command, "--help"]).output
