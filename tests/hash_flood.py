"""Floods of what costs a hash: `python -m tests.hash_flood sign-in|pay|plain ADDRESS CLIENTS SECONDS`; prints the statuses.

`sign-in`: attempts on handles that nobody has, each new. `pay`: the same, by clients that do the work that they are asked for.
`plain`: 200 posts a second of a few bytes to the path without JavaScript, all with one ticket.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from crypto import receipt, work
from crypto.encoding import b64, new_id
from tests.flood import Connection

PLAIN_RATE = 200  # posts a second, of all clients together
FORM = "application/x-www-form-urlencoded"


class Client(Connection):
    """One kept connection to which a cut is an answer."""

    async def send(self, path: str, body: bytes, kind: str = "application/json") -> tuple[int, bytes]:
        """Status and body of the answer; 0 if the connection was cut."""
        try:
            return await self.exchange(path, body, kind)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            return 0, b""


def attempt(handle: str, paid: dict[str, str] | None = None) -> bytes:
    """An attempt to sign in with a key that nobody has."""
    body = {"handle_id": handle, "kind": "passphrase", "authentication": b64(bytes(32)), "work": paid}
    return json.dumps(body).encode()


async def stranger(client: Client, counted: Counter[int]) -> None:
    """One attempt on a new handle."""
    status, _ = await client.send("/api/desk/session", attempt(new_id()))
    counted[status] += 1


async def payer(client: Client, counted: Counter[int]) -> None:
    """One attempt on a new handle, and again with the work that it costs."""
    handle = new_id()
    status, told = await client.send("/api/desk/session", attempt(handle))
    counted[status] += 1
    if status == 503 and "token" in (price := json.loads(told)):
        nonce = await asyncio.to_thread(work.pay, price["token"], price["price"])
        status, _ = await client.send("/api/desk/session", attempt(handle, {"token": price["token"], "nonce": b64(nonce)}))
        counted[status] += 1


async def ticket(client: Client) -> str:
    """A ticket of the form's page."""
    _, page = await client.send("/plain/en/", b"step=begin&form=need", FORM)
    return page.decode().split('name="ticket" value="')[1].split('"')[0]


async def flood(kind: str, address: str, clients: int, seconds: float) -> Counter[int]:
    """Statuses that came back."""
    counted, until = Counter[int](), time.monotonic() + seconds
    step: Callable[[Client, Counter[int]], Awaitable[None]] = payer if kind == "pay" else stranger
    pause = 0.0
    if kind == "plain":
        first = Client(address)
        reused = await ticket(first)
        first.close()
        bodies = [b"ticket=" + reused.encode(), urlencode(ready(reused)).encode()]
        pause = clients / PLAIN_RATE

        async def step(client: Client, counted: Counter[int]) -> None:
            status, _ = await client.send("/plain/en/send/", bodies[sum(counted.values()) % 2], FORM)
            counted[status] += 1

    async def one(number: int) -> None:
        client = Client(address)
        await asyncio.sleep(pause * number / clients)
        while time.monotonic() < until:
            before = time.monotonic()
            await step(client, counted)
            await asyncio.sleep(max(0.0, pause - (time.monotonic() - before)))
        client.close()

    await asyncio.gather(*(one(number) for number in range(clients)))
    return counted


def ready(ticket: str) -> dict[str, str]:
    """A small request as the last page sends it."""
    code, case = receipt.generate(), new_id()
    return {"form": "need", "q-words": "x", "days": "7", "case": case, "code": code, "ticket": ticket}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(flood(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))))
