"""A requester's client in Python, over HTTP: what the browser does, for tests of the server."""

import datetime as dt
import os
from dataclasses import dataclass
from typing import Any

import httpx

from crypto import entry, grant, keylist, receipt, statement, work
from crypto.age import Identity, Recipient
from crypto.encoding import CaseId, EpochId, b64, new_id
from crypto.keylist import KeyList, SignedEntry
from crypto.labels import Label
from crypto.recovery import RECOVERY
from crypto.statement import Signed
from tests.conftest import request as content_of


@dataclass
class Sealed:
    """A sealed case and what its requester knows of it."""

    body: dict[str, Any]
    code: str
    case_key: Identity
    token: str


async def key_list(client: httpx.AsyncClient, today: dt.date) -> KeyList:
    """The verified key list."""
    found = (await client.get("/api/form/keylist")).json()
    return keylist.verify([SignedEntry(**one) for one in found["entries"]], today)


async def seal(
    client: httpx.AsyncClient, words: str, today: dt.date, *, days: int = 30, shown: bool = True, case: str = ""
) -> Sealed:
    """Take a slate, verify it, choose, seal."""
    case_id = CaseId(case or new_id())
    keys = await key_list(client, today)
    slate = (await client.post("/api/form/slate", json={"case": case_id})).json()
    seats = [statement.verify(Signed(**seat), keys, today) for seat in slate["seats"]][: slate["assigned"]]
    code = receipt.generate()
    opened = receipt.stretch(code, keys.group)
    case_key = Identity.generate()
    mac = entry.shared_mac_key(case_key, case_id)
    expires = (today + dt.timedelta(days=days)).isoformat()
    file = entry.seal(
        entry.Place(case_id, entry.Sequence.SHARED, 0),
        entry.Kind.REQUEST,
        content_of(words, today + dt.timedelta(days=days), case_key, opened.identity),
        day=today.isoformat(),
        previous="",
        recipients=[case_key.recipient, opened.identity.recipient] if shown else [case_key.recipient],
        mac_key=mac,
    )
    given = receipt.ReceiptGrant(
        format=Label.RECEIPT_GRANT.value,
        case=case_id,
        recipient=str(case_key.recipient),
        mac=b64(mac.reveal()),
        request=entry.digest_of(file),
        shown=shown,
        deletion=expires,
    )
    grants = []
    for seat in seats:
        address = grant.Address(case_id, seat.member, EpochId(seat.recipient.id))
        sealed = grant.seal(address, grant.CaseKeys((case_key,), ()), seat.recipient)
        grants.append({"member": seat.member, "epoch": seat.recipient.id, "file": b64(sealed)})
    if slate["recovery"]:
        recipient = Recipient.parse(slate["recovery"])
        address = grant.Address(case_id, RECOVERY, EpochId(recipient.id))
        sealed = grant.seal(address, grant.CaseKeys((case_key,), ()), recipient)
        grants.append({"member": RECOVERY, "epoch": recipient.id, "file": b64(sealed)})
    body = {
        "slate": slate["token"],
        "work": b64(work.pay(slate["token"], slate["price"])),
        "case": case_id,
        "lookup": opened.lookup,
        "expires": expires,
        "shown": shown,
        "request": b64(file),
        "receipt_grant": b64(receipt.seal_grant(given, opened.identity.recipient)),
        "grants": grants,
    }
    return Sealed(body, code, case_key, b64(opened.token.reveal()))


def renamed(like: Sealed) -> Sealed:
    """The same sealed files under another id and receipt; its slate is to be taken."""
    token = os.urandom(32)
    body = {**like.body, "case": new_id(), "lookup": receipt.lookup_of(token)}
    return Sealed(body, like.code, like.case_key, b64(token))


async def copy(client: httpx.AsyncClient, like: Sealed) -> Sealed:
    """Another case with the same sealed files under its own id, slate and receipt: what the server sees of a thousand."""
    new = renamed(like)
    slate = (await client.post("/api/form/slate", json={"case": new.body["case"]})).json()
    new.body |= {"slate": slate["token"], "work": b64(work.pay(slate["token"], slate["price"]))}
    return new
