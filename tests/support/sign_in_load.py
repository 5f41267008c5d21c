"""People who sign in, or send without JavaScript, while others flood the server."""

import asyncio
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx

from crypto import unlocker
from crypto.encoding import b64
from intake.cli.answers import send_with_work
from intake.cli.verified_group import fetch_keys
from tests.support.hash_flood import FORM, HANDLE, PASSPHRASE, Client, ready, ticket
from tests.support.processes import with_coordinator

PATIENCE = 10.0  # seconds for an attempt with the right passphrase


def server(tmp_path: Path) -> AbstractContextManager[str]:
    """Start a server with one coordinator; yield its address."""
    return with_coordinator(tmp_path, PASSPHRASE)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A successful attempt with the right passphrase."""

    seconds: float
    longest_answer: float  # seconds
    prices: list[int]  # the work that the server asked for, in this order


def signing_in(address: str, times: int) -> list[SignedIn]:
    """Yield attempts with the right passphrase, one after another, as the terminal's client makes them."""
    done = []
    with httpx.Client(base_url=address, timeout=60) as client:
        keys, _, _ = fetch_keys(client)
        name = unlocker.normalise_handle(HANDLE)
        way, handle = unlocker.from_passphrase(PASSPHRASE, keys.group, name), unlocker.handle_id(keys.group, name)
        body = {"handle_id": handle, "kind": way.kind.value, "authentication": b64(way.authentication.reveal())}
        for _ in range(times):
            answers: list[float] = []
            prices: list[int] = []

            def post(sent: dict[str, Any], answers: list[float] = answers, prices: list[int] = prices) -> httpx.Response:
                before = time.monotonic()
                answer = client.post("/api/desk/session", json=sent)
                answers.append(time.monotonic() - before)
                prices.extend([answer.json()["price"]] if "price" in answer.json() else [])
                return answer

            before = time.monotonic()
            send_with_work(post, body)
            done.append(SignedIn(time.monotonic() - before, max(answers), prices))
    return done


async def person(address: str, patience: float) -> float | None:
    """Return the seconds until a person without JavaScript, who sends again every two seconds, has a receipt; None if they gave
    up.
    """
    client, since = Client(address), time.monotonic()
    mine = ready(await ticket(client))
    await asyncio.sleep(2.1)  # the server refuses a page that is sent sooner
    while time.monotonic() - since < patience:
        status, _ = await client.send("/nojs/en/send/", urlencode(mine).encode(), FORM)
        if status == 200:
            client.close()
            return time.monotonic() - since
        await asyncio.sleep(2)
    client.close()
    return None
