"""Flood a server with requests that cost a hash, and print the statuses of the answers.

`python -m tests.support.hash_flood sign-in|pay|nojs|ways ADDRESS CLIENTS SECONDS`

- `sign-in`: attempts to sign in, each with a new handle that nobody has.
- `pay`: the same, by clients that do the work that the server asks for.
- `nojs`: 200 posts a second of a few bytes to the path without JavaScript, all with one ticket.
- `ways`: a coordinator's session that changes its unlockers without pause, as many at once as a member may have. A
  change costs one hash, and one for each unlocker.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import httpx2 as httpx

from crypto import age, receipt, unlocker, work
from crypto.age import Identity
from crypto.encoding import b64, new_id
from crypto.sheet import Sizes
from intake.cli.member import Member
from intake.desk.access.enrolment import MAX_UNLOCKERS
from tests.support.flood import Connection

HANDLE, PASSPHRASE = "Sam", "correct horse battery staple in a flood"
AT_ENROLMENT = 2  # unlockers that a coordinator has from the start: a passphrase and a paper code
PLAIN_RATE = 200  # posts a second, of all clients together
FORM = "application/x-www-form-urlencoded"


class Client(Connection):
    """A client on one kept connection. Status 0 means that the server cut the connection."""

    async def send(
        self, path: str, body: bytes, kind: str = "application/json", method: str = "POST", cookie: str = ""
    ) -> tuple[int, bytes]:
        """Return status and body of the answer; the status is 0 if the connection was cut."""
        try:
            return await self.exchange(path, body, kind, method, cookie)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            return 0, b""


def attempt(handle: str, paid: dict[str, str] | None = None) -> bytes:
    """Return an attempt to sign in with a key that nobody has."""
    body = {"handle_id": handle, "kind": "passphrase", "authentication": b64(bytes(32)), "work": paid}
    return json.dumps(body).encode()


async def stranger(client: Client, counted: Counter[int]) -> None:
    """Make one attempt on a new handle."""
    status, _ = await client.send("/api/desk/session", attempt(new_id()))
    counted[status] += 1


async def payer(client: Client, counted: Counter[int]) -> None:
    """Make one attempt on a new handle, and repeat it with the work that it costs."""
    handle = new_id()
    status, answer = await client.send("/api/desk/session", attempt(handle))
    counted[status] += 1
    if status == 503 and "token" in (price := json.loads(answer)):
        nonce = await asyncio.to_thread(work.pay, price["token"], price["price"])
        status, _ = await client.send("/api/desk/session", attempt(handle, {"token": price["token"], "nonce": b64(nonce)}))
        counted[status] += 1


async def ticket(client: Client) -> str:
    """Return a ticket of the form's page."""
    _, page = await client.send("/nojs/en/", b"step=begin&form=need", FORM)
    return page.decode().split('name="ticket" value="')[1].split('"')[0]


class WaysIn:
    """The session of the coordinator who has `PASSPHRASE`."""

    def __init__(self, address: str) -> None:
        with httpx.Client(base_url=address) as client:
            signed_in = Member.sign_in(client, HANDLE, PASSPHRASE)
            self._cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        self._proof = {"kind": signed_in.unlocker.kind.value, "authentication": b64(signed_in.unlocker.authentication.reveal())}
        self._handle_id = unlocker.handle_id(signed_in.keys.group, unlocker.normalise_handle(HANDLE))
        self._keyring = b64(age.encrypt(bytes(Sizes.KEYRING.value[0]), [Identity.generate().recipient]))
        self._number = signed_in.ring.number
        self._added: list[str] = []

    async def change(self, client: Client, counted: Counter[int]) -> None:
        """Replace the unlockers of the last change with as many new ones as a member may have."""
        ids = [new_id() for _ in range(MAX_UNLOCKERS - AT_ENROLMENT)]
        new = [{"id": id_, "kind": "paper", "handle_id": self._handle_id, "authentication": b64(bytes(32))} for id_ in ids]
        self._number += 1
        keyring = {"number": self._number, "file": self._keyring}
        body = {"proof": self._proof, "keyring": keyring, "add": new, "drop": self._added}
        status, _ = await client.send("/api/desk/unlockers", json.dumps(body).encode(), method="PUT", cookie=self._cookie)
        if status == 200:
            self._added = ids
        counted[status] += 1


async def flood(kind: str, address: str, clients: int, seconds: float) -> Counter[int]:
    """Flood a server; return the count of each status."""
    counted, until = Counter[int](), time.monotonic() + seconds
    step: Callable[[Client, Counter[int]], Awaitable[None]] = payer if kind == "pay" else stranger
    if kind == "ways":
        step = WaysIn(address).change
    pause = 0.0
    if kind == "nojs":
        first = Client(address)
        reused = await ticket(first)
        first.close()
        bodies = [b"ticket=" + reused.encode(), urlencode(ready(reused)).encode()]
        pause = clients / PLAIN_RATE

        async def step(client: Client, counted: Counter[int]) -> None:
            status, _ = await client.send("/nojs/en/send/", bodies[sum(counted.values()) % 2], FORM)
            counted[status] += 1

    async def run_client(number: int) -> None:
        client = Client(address)
        await asyncio.sleep(pause * number / clients)
        while time.monotonic() < until:
            before = time.monotonic()
            await step(client, counted)
            await asyncio.sleep(max(0.0, pause - (time.monotonic() - before)))
        client.close()

    await asyncio.gather(*(run_client(number) for number in range(clients)))
    return counted


def ready(ticket: str) -> dict[str, str]:
    """Return a small request as the last page sends it."""
    code, case = receipt.generate(), new_id()
    return {"form": "need", "q-words": "x", "days": "7", "case": case, "code": code, "ticket": ticket}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(flood(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))))
