"""No file, log or header of an answer holds words that were sent, on any path of error."""

import base64
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx2 as httpx
import pytest
from sqlalchemy import select, update

from intake.store import schema
from intake.store.engines.engine import Database
from tests.support import raw
from tests.support.browser import PASSPHRASE
from tests.support.openapi import SPEC
from tests.support.patience import PATIENCE
from tests.support.processes import free_port, listens
from tests.support.terminal import enrol

pytestmark = pytest.mark.uncounted

CANARY = "Zeisig-Kanarienvogel-7"
# The lines that the server may write: its founding link, its addresses, and messages for the operator.
LINES = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:00Z (error|critical) "
    r"intake: (failed|unavailable|the purge failed|the backup failed): [A-Za-z]+ at ([a-z0-9_]+\.py:\d+|elsewhere)(: [ -~]+)?"
    r"|http://[^/ ]+/en/desk/enrol/#[A-Za-z0-9_-]+"
)


def shapes(word: str) -> list[bytes]:
    """Return the word as it is and in other encodings."""
    data = word.encode()
    in_base64 = [base64.b64encode(b"\0" * n + data)[-(-8 * n // 6) + 1 : -4] for n in range(3)]
    return [data, data.lower(), data.upper(), data.hex().encode(), quote(word).encode(), word.encode("utf-16-le"), *in_base64]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, Path, dict[str, str]]]:
    """Start a server that can write files in one folder only."""
    port = free_port()
    (tmp_path / "tmp").mkdir()
    values = {"INTAKE_DATA": f"{tmp_path}/var", "INTAKE_KEY_STORE": f"{tmp_path}/key-store", "INTAKE_PORT": str(port)}
    values |= {"TMPDIR": f"{tmp_path}/tmp", "SQLITE_TMPDIR": f"{tmp_path}/tmp", "HOME": str(tmp_path)}
    environment = {**os.environ, **values}
    with (tmp_path / "stdout").open("wb") as out, (tmp_path / "stderr").open("wb") as err:
        command = [sys.executable, "-m", "tests.support.failing_server"]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=err, start_new_session=True)
        listens(port)
        link = (tmp_path / "stdout").read_text().split()[0]
        enrol(link, PASSPHRASE, "Sam")
        yield port, tmp_path, environment
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)


async def test_no_log_or_file_holds_the_canary_on_any_path_of_error(
    server: tuple[int, Path, dict[str, str]],
) -> None:
    port, folder, environment = server
    statuses: set[int] = set()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, headers={"connection": "close"}) as client:
        for answer in everything(client):
            statuses.add(answer.status_code)
            assert CANARY not in str(answer.headers), "no header of an answer holds it"
            assert CANARY not in answer.text or answer.headers["content-type"].startswith("text/html"), "no problem holds it"
        damage(Path(environment["INTAKE_DATA"]) / "store.db")
        statuses |= {answer.status_code for answer in everything(client)}
    await raw_bytes(port)
    assert statuses >= {400, 401, 403, 404, 405, 413, 500, 503}, "each kind of failure happened"
    said = [line for name in ("stdout", "stderr") for line in (folder / name).read_text().splitlines()]
    assert any("failed: ValueError" in line for line in said)
    assert any("unavailable: " in line for line in said)
    assert [line for line in said if not LINES.fullmatch(line)] == []
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "store.db" for path in files)
    for path in files:
        held = path.read_bytes()
        assert [shape for shape in shapes(CANARY) if shape in held] == [], path.name


def everything(client: httpx.Client) -> Iterator[httpx.Response]:
    """Send each method to each address with the canary everywhere: as JSON, as a form, as an invalid body, too large."""
    json_body = dict.fromkeys(("case", "token", "handle_id", "kind", "authentication", "invite", "offer", "file"), CANARY)
    for path in SPEC["paths"]:
        here = re.sub(r"\{[^}]+\}", CANARY, path)
        if here.endswith("/events"):
            continue
        for method in ("GET", "POST", "PUT", "DELETE"):
            headers = {"cookie": f"desk={CANARY}", "user-agent": CANARY, "referer": f"http://x/{CANARY}", "forwarded": CANARY}
            for _ in range(2):  # every other body fails
                yield client.request(method, f"{here}?q={CANARY}", json=json_body, headers=headers)
            yield client.request(method, here, content=f'{{"case": "{CANARY}', headers={"content-type": "application/json"})
    for path in (
        f"/{CANARY}",
        f"/en/{CANARY}/",
        f"/{quote_plus(CANARY)}.js",
        "/nojs/en/",
        "/nojs/en/send/",
        "/nojs/en/return/",
    ):
        yield client.get(path)
        for _ in range(2):
            yield client.post(path, data={"form": CANARY, "q-words": CANARY, "code": CANARY, "case": CANARY, "ticket": CANARY})
        yield client.post(path, content=CANARY * 100, headers={"content-type": f"text/{CANARY}"})
        yield client.post(path, data={"q-words": CANARY}, headers={"origin": f"http://{CANARY}.example"})
    large = f'{{"case": "{CANARY * 40_000}"}}'
    for kind in ("application/octet-stream", "application/json"):
        yield client.post("/api/form/cases", content=large, headers={"content-type": kind})
    yield client.get("/en/", headers={"host": f"{CANARY}.example"})


def damage(store: Path) -> None:
    """Destroy the key list, so that nothing that needs it can be answered."""
    database = Database(store)
    with database.transaction() as tx:
        first = tx.execute(select(schema.keylist)).first()
        assert first is not None
        tx.execute(update(schema.keylist).values(signatures="{"))
    database.close()


async def raw_bytes(port: int) -> None:
    """Send bytes that are not HTTP."""

    for head in (f"GET /{CANARY} HTTP/9.9\r\n\r\n", f"GET / HTTP/1.1\r\n{CANARY}\r\n\r\n", f"\x16\x03\x01{CANARY}"):
        async with raw.connected(port) as (reader, writer):
            writer.write(head.encode())
            writer.write_eof()
            await reader.read()
