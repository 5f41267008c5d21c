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

    installation: Installation
    client: httpx.AsyncClient
    member: Member

    async def keys(self) -> KeyList:
        return await requester.key_list(self.client, self.installation.clock.today)

    async def proposal(self, kind: Change, *, member: str = "", key: str = "", value: int = 0) -> Body:
        day = self.installation.clock.today.isoformat()
        return keylist.next_body(await self.keys(), kind, day, member=member, key=key, value=value)

    def signed(self, body: Body, by: Member | None = None) -> SignedEntry:
        signer = by or self.member
        return keylist.sign(body, {self.member.id: signer.signing})

    async def sign(self, body: Body) -> httpx.Response:
        sent = {"number": len((await self.keys()).entries), "entry": as_json(self.signed(body))}
        return await self.client.post("/api/desk/keylist", json=sent)

    async def group(self) -> dict[str, Any]:
        group: dict[str, Any] = (await self.client.get("/api/desk/group")).json()
        return group


def as_json(entry: SignedEntry) -> dict[str, Any]:
    return {"body": entry.body, "signatures": dict(entry.signatures)}


@asynccontextmanager
async def desks(installation: Installation, *members: Member) -> AsyncIterator[list[Desk]]:
    async with AsyncExitStack() as stack:
        opened = []
        for member in members or installation.members:
            client = await stack.enter_async_context(installation.client())
            await installation.sign_in(client, member)
            opened.append(Desk(installation, client, member))
        yield opened


def stored_keys(installation: Installation, purpose: str) -> set[str]:
    folder = installation.service.settings.key_store
    return {path.name for path in folder.iterdir() if path.name.startswith(purpose) and path.suffix == ".key"}
