"""Coordinators who are signed in over HTTP and decide together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx

from crypto import keylist
from crypto.keylist import Body, Change, KeyList, SignedEntry
from tests.support import requester
from tests.support.installation import Installation, Member


@dataclass
class Desk:
    """A member at their desk: signed in, with keys of their own."""

    place: Installation
    client: httpx.AsyncClient
    member: Member

    async def keys(self) -> KeyList:
        return await requester.key_list(self.client, self.place.clock.today)

    async def proposal(self, kind: Change, *, member: str = "", key: str = "", value: int = 0) -> Body:
        day = self.place.clock.today.isoformat()
        return keylist.next_body(await self.keys(), kind, day, member=member, key=key, value=value)

    def signed(self, body: Body, by: Member | None = None) -> SignedEntry:
        signer = by or self.member
        return keylist.sign(body, {self.member.id: signer.signing})

    async def sign(self, body: Body) -> httpx.Response:
        sent = {"number": len((await self.keys()).entries), "entry": as_json(self.signed(body))}
        return await self.client.post("/api/desk/keylist", json=sent)

    async def group(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.get("/api/desk/group")).json()
        return found


def as_json(entry: SignedEntry) -> dict[str, Any]:
    return {"body": entry.body, "signatures": dict(entry.signatures)}


@asynccontextmanager
async def desks(place: Installation, *members: Member) -> AsyncIterator[list[Desk]]:
    async with AsyncExitStack() as stack:
        found = []
        for member in members or place.members:
            client = await stack.enter_async_context(place.client())
            await place.sign_in(client, member)
            found.append(Desk(place, client, member))
        yield found


def stored_keys(place: Installation, purpose: str) -> set[str]:
    folder = place.service.settings.key_store
    return {path.name for path in folder.iterdir() if path.name.startswith(purpose) and path.suffix == ".key"}
