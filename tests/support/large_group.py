"""Make a large group quickly: real keys and signatures, written to the store without a request for each."""

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from crypto import age, keylist, names, statement
from crypto.age import Identity
from crypto.encoding import GroupId, MemberId, new_id, to_json
from crypto.keylist import Body, Change, SignedEntry
from crypto.labels import Label
from crypto.sheet import Sizes
from crypto.signing import SigningKey
from intake import settings
from intake.cli import snapshots
from intake.cli.member import Member
from intake.desk.access import verifiers
from intake.service.service import Service
from intake.store.cases.row_keys import RowKeys
from intake.store.engines.engine import Transaction
from intake.store.members import members as people
from intake.store.members import unlockers
from intake.store.members.members import Seat
from intake.store.members.unlockers import StoredUnlocker

ENVIRONMENT = {**os.environ, "INTAKE_ASSIGNMENT": "language"}  # with this setting, the assignment offer names everybody


class Signer(Protocol):
    """A member who signs entries."""

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
    """Return a newcomer with new keys."""
    return Newcomer(handle, MemberId(new_id()), SigningKey.generate(), Identity.generate())


def enrolments(before: Sequence[SignedEntry], by: Signer, members: Sequence[Newcomer], day: dt.date) -> list[SignedEntry]:
    """Return the key list `before` with one entry for each of `members`, signed by one member. Nothing is verified."""
    entries, group = list(before), keylist.body_of(before[0]).group
    for member in members:
        body = Body(
            format=Label.KEY_LIST.value, group=group, number=len(entries), previous=entries[-1].hash, day=day.isoformat(),
            kind=Change.ENROL, member=member.id, key=member.signing.verifying_key.text, value=0,
        )  # fmt: skip
        entries.append(keylist.sign(body, {by.id: by.signing}))
    return entries


def grow(me: Member, handles: Sequence[str], environment: dict[str, str]) -> list[Newcomer]:
    """Add newcomers of these handles, as if `me` had invited and approved each, in a group with a quorum of 1.

    The function writes what their clients and the server would store directly to the server's store, because each
    approval would verify the whole list again. `me` then signs the state and the names, as after any approval. Nobody can
    sign in with the keyrings that are stored.
    """
    made = [newcomer(handle) for handle in handles]
    service = Service.open(settings.read(environment))
    try:
        with service.database.transaction() as tx:
            before = people.entries(tx)
            for number, entry in enumerate(enrolments(before, _Signing(me.id, me.ring.signing_key), made, me.today)):
                if number >= len(before):
                    people.append_entry(tx, number, entry)
            for who in made:
                _store(tx, service.row_keys, who, me)
    finally:
        service.close()
    me.refresh()
    snapshots.sign_present(me)
    me.names |= {who.id: who.handle for who in made}
    me.ask("PUT", "/api/desk/names", me.sealed_names())
    me.refresh()
    snapshots.sign_present(me)
    return made


@dataclass
class _Signing:
    id: MemberId
    signing: SigningKey


def _store(tx: Transaction, row_keys: RowKeys, who: Newcomer, by: Member) -> None:
    """Store what a newcomer sends. Their name is sealed to `by` alone."""
    group, today = GroupId(by.keys.group), by.today
    candidate = statement.Candidate(
        format=Label.CANDIDATE.value, group=group, member=who.id, key=who.signing.verifying_key.text
    )
    body = statement.Body(
        format=Label.STATEMENT.value, group=group, member=who.id, recipient=str(who.epoch.recipient), head=by.keys.head,
        from_=today.isoformat(), until=(today + dt.timedelta(days=60)).isoformat(), tags=[],
    )  # fmt: skip
    book = names.Names(format=Label.NAMES.value, group=group, number=0, author=who.id, members={who.id: who.handle})
    name = names.seal(book, [by.seats[by.id].recipient], who.signing)
    people.add_candidate(tx, who.id, to_json(statement.sign_candidate(candidate, who.signing)).decode(), name)
    signed = to_json(statement.sign(body, who.signing)).decode()
    people.set_epoch(tx, row_keys, Seat(who.id, who.epoch.recipient.id, signed))
    unlockers.add(tx, row_keys, StoredUnlocker(new_id(), who.id, "passphrase", verifiers.DECOY), new_id())
    people.put_keyring(tx, row_keys, who.id, 1, age.encrypt(bytes(Sizes.KEYRING.value[0]), [who.epoch.recipient]))
