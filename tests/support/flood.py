"""Flood a server with valid-looking submissions from many clients, as fast as they can, with the work that it asks for.

`python -m tests.support.flood ADDRESS CLIENTS SECONDS [KIND]` prints how many were stored and how many refused. KIND:
`small` requests, `large` ones, or large `entries` under receipts.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any

import httpx2 as httpx

from crypto import age, work
from crypto.age import Identity
from crypto.encoding import b64
from crypto.entry import digest_of
from crypto.sheet import Sizes
from intake.service.quota import CASE_DAILY
from intake.service.service import utc_now
from tests.support import raw, requester
from tests.support.requester import Sealed

ROUNDS = 3  # offers that a browser takes before it stops trying


class Connection:
    """A client on one kept connection. It does little work, so that the test measures the server."""

    def __init__(self, address: str) -> None:
        self.host, port = address.removeprefix("http://").split(":")
        self.port = int(port)
        self._streams: raw.Streams | None = None

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def post(self, path: str, value: object) -> tuple[int, dict[str, Any]]:
        """Return status and JSON of the answer. Send the request once more if the server had closed the connection."""
        return await self._send(path, json.dumps(value).encode(), "application/json")

    async def submit(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Send a sealed case. Otherwise as `post`."""
        return await self._send("/api/form/cases", requester.parcel(body), requester.PARCEL)

    async def _send(self, path: str, body: bytes, kind: str) -> tuple[int, dict[str, Any]]:
        try:
            status, answer = await self.exchange(path, body, kind)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            status, answer = await self.exchange(path, body, kind)
        return status, json.loads(answer.partition(b"\n")[0])  # of a parcel, only the JSON

    async def exchange(
        self, path: str, body: bytes, kind: str = "application/json", method: str = "POST", cookie: str = ""
    ) -> tuple[int, bytes]:
        """Return status and body of the answer; raise if the connection is cut."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port)
        head = f"{method} {path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\ncontent-type: {kind}\r\n"
        head += f"cookie: {cookie}\r\n" if cookie else ""
        return await raw.exchange(self._streams, f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)


async def submit(connection: Connection, like: Sealed) -> int:
    """Submit as a browser does: offer, work, case; again if the offer has become stale. Return the last status."""
    status = 0
    for _ in range(ROUNDS):
        new = requester.renamed(like)
        _, offer = await connection.post("/api/form/offer", {"case": new.body["case"]})
        paid = await asyncio.to_thread(requester.paid, offer, new.body)
        status, _ = await connection.submit({**new.body, "offer": offer["token"], "work": paid})
        if status != 409:
            break
    return status


async def write_entries(connection: Connection, like: Sealed, file: bytes, until: float, counted: Counter[int]) -> None:
    """Send a case, and as many of the largest entries as a day allows. The client does the work for each."""
    new = requester.renamed(like)
    _, offer = await connection.post("/api/form/offer", {"case": new.body["case"]})
    paid = await asyncio.to_thread(requester.paid, offer, new.body)
    status, _ = await connection.submit({**new.body, "offer": offer["token"], "work": paid})
    for number in range(1, CASE_DAILY + 1):
        if status not in (200, 201) or time.monotonic() > until:
            counted[status] += 1
            return
        _, case = await connection.post("/api/form/return", {"token": new.token})
        nonce = ""
        if case["price"]:
            subject = work.for_entry(new.body["lookup"], number, digest_of(file))
            nonce = b64(await asyncio.to_thread(work.pay, subject, work.cost(case["price"], len(file))))
        body = {"token": new.token, "number": number, "shown": True, "file": b64(file), "work": nonce}
        status, _ = await connection.post("/api/form/entries", body)
        counted[status] += 1


async def flood(address: str, clients: int, seconds: float, kind: str = "small") -> Counter[int]:
    """Flood a server; return the count of each status."""
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        like = await requester.seal(client, "x" * (45_000 if kind == "large" else 500), utc_now().date())
    until, counted = time.monotonic() + seconds, Counter[int]()
    key = Identity.generate()
    file = age.encrypt(bytes(Sizes.ENTRY.value[-1]), [key.recipient, key.recipient])

    async def run_client() -> None:
        connection = Connection(address)
        while time.monotonic() < until:
            try:
                if kind == "entries":
                    await write_entries(connection, like, file, until, counted)
                else:
                    counted[await submit(connection, like)] += 1
            except (ConnectionError, asyncio.IncompleteReadError):
                counted[0] += 1
        connection.close()

    await asyncio.gather(*(run_client() for _ in range(clients)))
    return counted


if __name__ == "__main__":
    print(json.dumps(asyncio.run(flood(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), *sys.argv[4:]))))
