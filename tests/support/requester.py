"""A requester's client in Python, over HTTP: what the browser does, for tests of the server."""

import datetime as dt
import json
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
from msgspec import structs

from crypto import case as protocol
from crypto import keylist, receipt, snapshot, statement, work
from crypto.age import Identity, Recipient
from crypto.case import OwnCase, ServedOwnCase, StoredEntry, VerifiedGroup
from crypto.content import Recipients, Request
from crypto.encoding import CaseId, b64, from_dict, new_id
from crypto.keylist import KeyList, SignedEntry
from crypto.parcel import unpack
from crypto.recovery import RECOVERY
from crypto.signing import Signed
from crypto.snapshot import Snapshot
from intake.service.service import utc_now
from retention.policy import expiry_day
from tests.support import requester
from tests.support.world import request as content_of

PARCEL = "application/octet-stream"


@dataclass
class Sealed:
    """A sealed case, and what its requester knows about it. The files in `body` are bytes."""

    body: dict[str, Any]
    code: str
    case_key: Identity
    token: str


async def key_list(client: httpx.AsyncClient, today: dt.date) -> KeyList:
    """Return the verified key list."""
    return (await group(client, today))[0]


async def group(client: httpx.AsyncClient, today: dt.date) -> tuple[KeyList, Snapshot | None]:
    """Return the verified key list and the newest snapshot."""
    served = (await client.get("/api/form/keylist")).json()
    keys = keylist.verify([from_dict(SignedEntry, entry) for entry in served["entries"]], today)
    return keys, snapshot.verify(Signed(**served["snapshot"]), keys, today) if served["snapshot"] else None


async def seal(
    client: httpx.AsyncClient,
    words: str,
    today: dt.date,
    *,
    days: int = 30,
    shown: bool = True,
    case: str = "",
    content: Callable[[str, dt.date, Recipients], Request] | None = None,
    only: Collection[str] = (),
) -> Sealed:
    """Take an offer, verify it, choose coordinators and seal a case. With `only`, choose these members."""
    case_id = CaseId(case or new_id())
    keys, newest = await group(client, today)
    assert newest is not None
    offer = (await client.post("/api/form/offer", json={"case": case_id})).json()
    offered = [statement.verify(Signed(**seat), keys, today, newest) for seat in offer["seats"]]
    seats = [seat for seat in offered if not only or seat.member in only][: offer["assigned"]]
    code = receipt.generate()
    opened = receipt.stretch(code, keys.group)
    deletion = expiry_day(today, days)
    grantees: list[tuple[str, Recipient]] = [(seat.member, seat.recipient) for seat in seats]
    if offer["recovery"]:
        grantees.append((RECOVERY, Recipient.parse(offer["recovery"])))
    new = protocol.seal_new(
        case_id,
        lambda to: structs.replace((content or content_of)(words, deletion, to), shown=shown),
        opened.identity.recipient,
        grantees,
        today.isoformat(),
    )
    body = {
        "offer": offer["token"],
        "work": "",
        "case": case_id,
        "lookup": opened.lookup,
        "days": days,
        "expires": new.deletion,
        "shown": shown,
        "request": new.request,
        "receipt_grant": new.receipt_grant,
        "grants": [{"member": grant.member, "epoch": grant.epoch, "file": grant.file} for grant in new.grants],
    }
    body["work"] = paid(offer, body)
    return Sealed(body, code, new.case_key, b64(opened.token.reveal()))


async def returned(client: httpx.AsyncClient, sealed: Sealed, today: dt.date) -> OwnCase:
    """Return the case as its requester opens it with the receipt."""
    keys, _ = await group(client, today)
    answer = await client.post("/api/form/return", json={"token": sealed.token})
    assert answer.status_code == 200, answer.text
    case = unpacked(answer)
    entries = [StoredEntry(entry["number"], entry["digest"], entry["file"]) for entry in case["entries"]]
    served = ServedOwnCase(case["case"], case["receipt_grant"], entries)
    return protocol.open_own(served, receipt.stretch(sealed.code, keys.group), VerifiedGroup(keys))


def parcel(body: dict[str, Any]) -> bytes:
    """Return the parcel of `POST cases`: one line of JSON, then the files in the order of their sizes in it."""
    files: list[bytes] = []

    def size_of(file: bytes) -> dict[str, int]:
        files.append(file)
        return {"bytes": len(file)}

    return b"\n".join((json.dumps(body, default=size_of).encode(), b"".join(files)))


def posted(body: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with which an HTTP client posts a sealed case."""
    return {"content": parcel(body), "headers": {"content-type": PARCEL}}


async def submit(client: httpx.AsyncClient, body: dict[str, Any]) -> httpx.Response:
    """Send a sealed case."""
    return await client.post("/api/form/cases", **posted(body))


def unpacked(answer: httpx.Response) -> Any:
    """Return the JSON of an answer that is a parcel, with bytes where its files were."""
    assert answer.headers.get("content-type") == PARCEL, answer.text
    return unpack(answer.content)


def paid(offer: dict[str, Any], body: dict[str, Any]) -> str:
    """Compute the work for a sealed case, by its size."""
    files = [body["request"], body["receipt_grant"], *(grant["file"] for grant in body["grants"])]
    return b64(work.pay(offer["token"], work.cost(offer["price"], sum(map(len, files)))))


def renamed(like: Sealed) -> Sealed:
    """Return the same sealed files under another id and receipt, still without an offer."""
    token = os.urandom(32)
    body = {**like.body, "case": new_id(), "lookup": receipt.lookup_of(token)}
    return Sealed(body, like.code, like.case_key, b64(token))


async def copy(client: httpx.AsyncClient, like: Sealed) -> Sealed:
    """Make another case of the same sealed files, with its own id, offer and receipt. The server cannot tell the difference."""
    new = renamed(like)
    offer = (await client.post("/api/form/offer", json={"case": new.body["case"]})).json()
    new.body |= {"offer": offer["token"], "work": paid(offer, new.body)}
    return new


async def send(server: str, words: str) -> requester.Sealed:
    async with httpx.AsyncClient(base_url=server) as client:
        sealed = await requester.seal(client, words, utc_now().date())
        answer = await submit(client, sealed.body)
        assert answer.status_code == 201, answer.text
        return sealed


async def sent(server: str, count: int) -> list[requester.Sealed]:
    async with httpx.AsyncClient(base_url=server, timeout=30) as client:
        submissions = []
        for n in range(count):
            sealed = await requester.seal(client, f"words {n}", utc_now().date())
            answer = await submit(client, sealed.body)
            assert answer.status_code == 201, answer.text
            submissions.append(sealed)
        return submissions
