"""Renew an epoch key over HTTP, step by step."""

import datetime as dt
import json
from typing import Any

import httpx2 as httpx

from crypto import grant, statement
from crypto.age import Identity
from crypto.encoding import CaseId, EpochId, GroupId, as_dict, b64, unb64
from crypto.grant import Address, CaseKeys
from crypto.labels import Label
from crypto.names import digest_of
from crypto.signing import Signed
from intake.desk.group.snapshots import present_statements
from intake.store.members import rotations
from tests.support.desk_bodies import KEYRING_FILE
from tests.support.desks import Desk
from tests.support.installation import Installation, Member


def statement_of(installation: Installation, member: Member, epoch: Identity, head: str, tags: list[str]) -> dict[str, str]:
    with installation.service.database.transaction() as tx:
        group_id = installation.service.keys(tx).group
    body = statement.Body(
        format=Label.STATEMENT.value,
        group=GroupId(group_id),
        member=member.id,
        recipient=str(epoch.recipient),
        head=head,
        from_=installation.clock.today.isoformat(),
        until=(installation.clock.today + dt.timedelta(days=60)).isoformat(),
        tags=tags,
    )
    signed = statement.sign(body, member.signing)
    return {"body": signed.body, "signature": signed.signature}


def with_snapshot(installation: Installation, member: Member, said: dict[str, str]) -> dict[str, Any]:
    """Return a statement with the snapshot that names it."""
    with installation.service.database.transaction() as tx:
        named = present_statements(installation.service, tx) | {member.id: statement.hash_of(Signed(**said))}
        return {"statement": said, "snapshot": as_dict(installation.snapshot(tx, member, statements=named))}


async def begin(desk: Desk, epoch: Identity, number: int) -> httpx.Response:
    head = (await desk.keys()).head
    said = statement_of(desk.installation, desk.member, epoch, head, [])
    return await desk.client.post(
        "/api/desk/rotation", json={"statement": said, "keyring": {"number": number, "file": KEYRING_FILE}}
    )


def staged(case: str, desk: Desk, epoch: Identity, version: int) -> dict[str, Any]:
    address = Address(CaseId(case), desk.member.id, EpochId(epoch.recipient.id))
    file = grant.seal(address, CaseKeys((Identity.generate(),), ()), epoch.recipient)
    return {"case": case, "version": version, "file": b64(file)}


async def commit(desk: Desk, number: int, names: int, lost: list[str] | None = None) -> httpx.Response:
    installation, member = desk.installation, desk.member
    with installation.service.database.transaction() as tx:
        statements, rotation = present_statements(installation.service, tx), rotations.under_way(tx, member.id)
        if rotation is not None:
            new = Signed(**json.loads(rotations.statement_of(tx, member.id, rotation.epoch)))
            statements |= {member.id: statement.hash_of(new)}
        named = {"names": names, "names_digest": digest_of(unb64(KEYRING_FILE))}
        seen = as_dict(installation.snapshot(tx, member, statements=statements, **named))
    books = {"keyring": {"number": number, "file": KEYRING_FILE}, "names": {"number": names, "file": KEYRING_FILE}}
    sent = {**books, "lost": lost or [], "snapshot": seen}
    return await desk.client.post("/api/desk/rotation/commit", json=sent)
