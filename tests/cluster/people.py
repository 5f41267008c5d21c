"""People who send requests through HAProxy and withdraw some, and what they were told."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx2 as httpx

from intake.service.service import utc_now
from tests.support import proxies, requester
from tests.support.requester import Sealed

PEOPLE = 4
PAUSE = 0.3  # seconds between two requests of a person
EVERY = 3  # every third request is withdrawn
PATIENCE = 20.0  # seconds that a person waits for an answer
AGAIN = 0.3  # seconds until a person tries again


@dataclass(slots=True)
class Told:
    """What people were told."""

    stored: dict[str, Sealed] = field(default_factory=dict)  # acknowledged, by case
    withdrawn: dict[str, bool] = field(default_factory=dict)  # by case: whether the answer said that it is destroyed
    moments: list[float] = field(default_factory=list)  # of each acknowledged request, in seconds of the monotonic clock
    answers: Counter[int] = field(default_factory=Counter)  # by status; 0 is a connection that broke or did not answer

    def longest_gap(self, since: float, until: float) -> float:
        """Return the longest time without an acknowledged request between two moments, in seconds."""
        moments = [since, *(moment for moment in self.moments if since < moment < until), until]
        return max(later - earlier for earlier, later in pairwise(moments))


def client(address: str) -> httpx.AsyncClient:
    """Return a client of a server, or of HAProxy with its self-signed certificate."""
    return httpx.AsyncClient(base_url=address, headers={"Host": proxies.NAME}, verify=False, timeout=PATIENCE)


async def people(address: str, over: asyncio.Event, told: Told) -> None:
    """Let people send and withdraw until `over`. Everyone repeats a request until it is answered."""
    async with client(address) as first:
        like = await requester.seal(first, "x", utc_now().date())
    await asyncio.gather(*(_Person(address, like, told).live(over) for _ in range(PEOPLE)))


class _Person:
    def __init__(self, address: str, like: Sealed, told: Told) -> None:
        self._address, self._like, self._told = address, like, told

    async def live(self, over: asyncio.Event) -> None:
        sent = 0
        async with client(self._address) as self._client:
            while not over.is_set():
                await asyncio.sleep(PAUSE)
                sealed = await self._submit(over)
                sent += sealed is not None
                if sealed and sent % EVERY == 0:
                    await self._withdraw(sealed)

    async def _submit(self, over: asyncio.Event) -> Sealed | None:
        """Send a request until it is acknowledged. Return None if no offer could be had, or the offer expired."""
        sealed = requester.renamed(self._like)
        offer = await self._post("/api/form/offer", json={"case": sealed.body["case"]})
        if offer is None or offer.status_code != 200:
            await asyncio.sleep(AGAIN)
            return None
        answer = offer.json()
        sealed.body |= {"offer": answer["token"], "work": requester.paid(answer, sealed.body)}
        while True:
            response = await self._post("/api/form/cases", **requester.posted(sealed.body))
            if response is not None and response.status_code in (200, 201):
                self._told.stored[sealed.body["case"]] = sealed
                self._told.moments.append(time.monotonic())
                return sealed
            if response is not None and response.status_code == 409:
                return None
            await asyncio.sleep(AGAIN)

    async def _withdraw(self, sealed: Sealed) -> None:
        """Withdraw a request, again and again until the answer is clear."""
        while True:
            response = await self._post("/api/form/withdraw", json={"token": sealed.token})
            if response is not None and response.status_code in (200, 404):
                # 404: an earlier try, whose answer was lost, has withdrawn it.
                self._told.withdrawn[sealed.body["case"]] = response.status_code == 200 and response.json()["destroyed"]
                return
            await asyncio.sleep(AGAIN)

    async def _post(self, path: str, **content: Any) -> httpx.Response | None:
        try:
            response = await self._client.post(path, **content)
        except httpx.HTTPError:
            self._told.answers[0] += 1
            return None
        self._told.answers[response.status_code] += 1
        return response
