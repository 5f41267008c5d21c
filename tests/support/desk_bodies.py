"""Cases at the desk, and the bodies that coordinators' clients send."""

import json
from typing import Any

import httpx2 as httpx

from crypto import age, entry, grant, keylist, snapshot, statement
from crypto.age import Identity
from crypto.encoding import CaseId, EpochId, GroupId, MemberId, as_dict, b64, new_id, unb64
from crypto.entry import Kind, Position, Sequence, Text
from crypto.grant import Address, CaseKeys
from crypto.labels import Label
from crypto.names import digest_of
from crypto.sheet import Sizes
from crypto.signing import Author, Signed, SigningKey
from tests.support import requester
from tests.support.installation import Installation, Member

ANYONE = Identity.generate()
KEYRING_FILE = b64(age.encrypt(bytes(Sizes.KEYRING.value[0]), [ANYONE.recipient]))


def holders(installation: Installation, sealed: requester.Sealed) -> list[Member]:
    chosen = {sent["member"] for sent in sealed.body["grants"]}
    return [member for member in installation.members if member.id in chosen]


async def a_case(installation: Installation, client: httpx.AsyncClient) -> requester.Sealed:
    sealed = await requester.seal(client, "milk", installation.clock.today)
    assert (await requester.submit(client, sealed.body)).status_code == 201
    return sealed


def a_note(case: str, number: int = 0) -> dict[str, Any]:
    key, author = Identity.generate(), MemberId(new_id())
    position = Position(CaseId(case), Sequence.DESK, number)
    mac = entry.desk_mac_key(key, CaseId(case))
    file = entry.seal(
        position,
        Kind.NOTE,
        Text(text="a"),
        day="2026-11-20",
        previous="",
        recipients=[key.recipient],
        mac_key=mac,
        author=Author(author, SigningKey.generate(), "A" * 43),
    )
    return {"sequence": "desk", "number": number, "file": b64(file)}


def a_message(case: str, number: int) -> dict[str, Any]:
    key, author = Identity.generate(), MemberId(new_id())
    file = entry.seal(
        Position(CaseId(case), Sequence.SHARED, number),
        Kind.MESSAGE,
        Text(text="a"),
        day="2026-11-20",
        previous="",
        recipients=[key.recipient, Identity.generate().recipient],
        mac_key=entry.shared_mac_key(key, CaseId(case)),
        author=Author(author, SigningKey.generate(), "A" * 43),
    )
    return {"sequence": "shared", "number": number, "file": b64(file)}


def grants_to(case: str, members: list[Member], version: int) -> dict[str, Any]:
    grants = []
    for member in members:
        address = Address(CaseId(case), member.id, EpochId(member.epoch.recipient.id))
        file = grant.seal(address, CaseKeys((Identity.generate(),), ()), member.epoch.recipient)
        grants.append({"member": member.id, "epoch": member.epoch.recipient.id, "file": b64(file)})
    return {"version": version, "grants": grants}


async def join_body(installation: Installation, client: httpx.AsyncClient, invite: str, **change: Any) -> dict[str, Any]:
    """Return what a newcomer's client sends."""
    keys = await requester.key_list(client, installation.clock.today)
    member, signing, epoch = MemberId(new_id()), SigningKey.generate(), Identity.generate()
    candidate = statement.Candidate(
        format=Label.CANDIDATE.value, group=keys.group, member=member, key=signing.verifying_key.text
    )
    newcomer = Member(member, signing, epoch)
    seat = installation.seat(newcomer, keys.group, keys.head)
    unlocker = {"id": new_id(), "kind": "passphrase", "handle_id": new_id(), "authentication": b64(bytes(32))}
    return {
        "invite": invite,
        "candidate": as_dict(statement.sign_candidate(candidate, signing)),
        "statement": json.loads(seat.statement),
        "keyring": KEYRING_FILE,
        "unlockers": [unlocker],
        "name": KEYRING_FILE,
        **change,
    }


def founding_body(installation: Installation, invite: str) -> dict[str, Any]:
    """Return what the first coordinator's client sends."""
    signing, member, group = SigningKey.generate(), MemberId(new_id()), GroupId(new_id())
    first = keylist.found_group(group, member, signing, installation.clock.today.isoformat())
    seat = installation.seat(Member(member, signing, Identity.generate()), group, first.hash)
    said = Signed(**json.loads(seat.statement))
    seen = snapshot.Body(
        format=Label.SNAPSHOT.value,
        group=group,
        member=member,
        version=1,
        day=installation.clock.today.isoformat(),
        number=0,
        head=first.hash,
        statements={member: statement.hash_of(said)},
        names=1,
        names_digest=digest_of(unb64(KEYRING_FILE)),
        cases=snapshot.digest_of([]),
    )
    return {
        "invite": invite,
        "entries": [as_dict(first)],
        "candidate": candidate_of(group, member, signing, signing),
        "statement": as_dict(said),
        "snapshot": as_dict(snapshot.sign(seen, signing)),
        "keyring": KEYRING_FILE,
        "names": KEYRING_FILE,
        "unlockers": [{"id": new_id(), "kind": "paper", "handle_id": new_id(), "authentication": b64(bytes(32))}],
    }


def candidate_of(group: GroupId, member: MemberId, key: SigningKey, signer: SigningKey) -> dict[str, Any]:
    candidate = statement.Candidate(format=Label.CANDIDATE.value, group=group, member=member, key=key.verifying_key.text)
    return as_dict(statement.sign_candidate(candidate, signer))
