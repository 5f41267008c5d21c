"""A group of many, quickly: newcomers hand in real keys without stretching a passphrase, one coordinator enrols them all."""

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import httpx2 as httpx

from crypto import age, keylist, names, statement
from crypto.age import Identity
from crypto.encoding import GroupId, MemberId, as_dict, b64, new_id
from crypto.keylist import Body, Change, SignedEntry
from crypto.labels import Label
from crypto.sheet import Sizes
from crypto.signing import Signed, SigningKey
from intake.cli.group import decide
from intake.cli.member import Member, fetch_keys, valid

ENVIRONMENT = {**os.environ, "INTAKE_ASSIGNMENT": "language"}  # the assignment offer that names everybody


class Signer(Protocol):
    """Whoever signs entries."""

    id: MemberId
    signing: SigningKey


@dataclass
class Newcomer:
    """A coordinator's secrets."""

    handle: str
    id: MemberId
    signing: SigningKey
    epoch: Identity


def newcomer(handle: str) -> Newcomer:
    """Fresh keys."""
    return Newcomer(handle, MemberId(new_id()), SigningKey.generate(), Identity.generate())


def enrolments(before: Sequence[SignedEntry], by: Signer, members: Sequence[Newcomer], day: dt.date) -> list[SignedEntry]:
    """The key list `before` and one entry for each of `members`, signed by one alone; nothing is verified on the way."""
    entries, group = list(before), keylist.body_of(before[0]).group
    for member in members:
        body = Body(
            format=Label.KEY_LIST.value, group=group, number=len(entries), previous=entries[-1].hash, day=day.isoformat(),
            kind=Change.ENROL, member=member.id, key=member.signing.verifying_key.text, value=0,
        )  # fmt: skip
        entries.append(keylist.sign(body, {by.id: by.signing}))
    return entries


def join(client: httpx.Client, invite: str, who: Newcomer) -> httpx.Response:
    """Hand in a newcomer's keys, their name sealed to everyone who is a member; nobody can sign in with what is sent."""
    keys, newest, clocks = fetch_keys(client)
    today = clocks.today
    assert newest is not None
    group = GroupId(keys.group)
    told = client.post("/api/desk/enrolment/", json={"invite": invite}).json()
    seats = [seat for one in told["statements"] if (seat := valid(Signed(**one), keys, today, newest))]
    candidate = statement.Candidate(
        format=Label.CANDIDATE.value, group=group, member=who.id, key=who.signing.verifying_key.text
    )
    stated = statement.Body(
        format=Label.STATEMENT.value, group=group, member=who.id, recipient=str(who.epoch.recipient), head=keys.head,
        from_=today.isoformat(), until=(today + dt.timedelta(days=60)).isoformat(), tags=[],
    )  # fmt: skip
    book = names.Names(format=Label.NAMES.value, group=group, number=0, author=who.id, members={who.id: who.handle})
    unlocker = {"id": new_id(), "kind": "passphrase", "handle_id": new_id(), "authentication": b64(os.urandom(32))}
    body = {
        "invite": invite,
        "candidate": as_dict(statement.sign_candidate(candidate, who.signing)),
        "statement": as_dict(statement.sign(stated, who.signing)),
        "keyring": b64(age.encrypt(bytes(Sizes.BOOK.value[0]), [who.epoch.recipient])),
        "unlockers": [unlocker],
        "name": b64(names.seal(book, [seat.recipient for seat in seats], who.signing)),
    }
    return client.post("/api/desk/enrolment/join", json=body)


def grow(me: Member, handles: Sequence[str]) -> list[Newcomer]:
    """Enrol newcomers of these handles, each by an invitation and a signature of `me`, whose group has a quorum of 1."""
    made = []
    for handle in handles:
        who = newcomer(handle)
        assert join(me.client, me.ask("POST", "/api/desk/invites")["invite"], who).status_code == 201
        assert decide(me, Change.ENROL, member=who.id, key=who.signing.verifying_key.text) == 0
        made.append(who)
    return made
