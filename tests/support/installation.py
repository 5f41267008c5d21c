"""A service on a real store with a group, reached over ASGI."""

import datetime as dt
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from msgspec import UNSET
from sqlalchemy import select

from crypto import age, keylist, snapshot, statement
from crypto.age import Identity
from crypto.encoding import GroupId, MemberId, b64, new_id, to_json
from crypto.keylist import Change
from crypto.labels import Label
from crypto.secret import Secret
from crypto.sheet import Sizes
from crypto.signing import Signed, SigningKey
from intake import settings
from intake.desk.access import verifiers
from intake.desk.group.snapshots import accept, present_names, present_statements
from intake.server import app
from intake.service.service import Service
from intake.store import schema
from intake.store.engines.engine import Transaction
from intake.store.members import members as people
from intake.store.members import snapshots, unlockers
from intake.store.members.members import Seat
from intake.store.members.unlockers import StoredUnlocker
from tests.support.rendered import rendered

START = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


class FakeClock:
    """A clock that moves only when a test sets it."""

    def __init__(self) -> None:
        self.now = START
        self.on_day: Callable[[], None] = lambda: None  # called when a day has passed; a server stores the current day

    def __call__(self) -> dt.datetime:
        return self.now

    @property
    def today(self) -> dt.date:
        return self.now.date()

    def forward(self, **by: int) -> None:
        """Let time pass while a server runs."""
        self.now += dt.timedelta(**by)
        self.on_day()

    def jump(self, **by: int) -> None:
        """Change the time at once, as a wrong clock does."""
        self.now += dt.timedelta(**by)


@dataclass
class Member:
    """A coordinator's secrets."""

    id: MemberId
    signing: SigningKey
    epoch: Identity


@dataclass
class Installation:
    """A service and its clock, with the group's secrets."""

    service: Service
    clock: FakeClock
    members: list[Member]

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app.build(self.service, rendered()), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client

    def found(self, count: int, quorum: int = 1) -> None:
        """Found a group of `count` members, as their own clients do."""
        today = self.clock.today.isoformat()
        group = GroupId(new_id())
        self.members = [Member(MemberId(new_id()), SigningKey.generate(), Identity.generate()) for _ in range(count)]
        first = self.members[0]
        entries = [keylist.found_group(group, first.id, first.signing, today, quorum=quorum)]
        for member in self.members[1:]:
            keys = keylist.verify(entries, self.clock.today)
            body = keylist.next_body(keys, Change.ENROL, today, member=member.id, key=member.signing.verifying_key.text)
            signers = self.members[: keys.needed]
            entries.append(keylist.sign(body, {signer.id: signer.signing for signer in signers}))
        with self.service.database.transaction() as tx:
            for number, entry in enumerate(entries):
                people.append_entry(tx, number, entry)
            for member in self.members:
                people.set_epoch(tx, self.service.row_keys, self.seat(member, group, entries[-1].hash))
            self.sign_snapshot(tx, first)

    def snapshot(self, tx: Transaction, member: Member, **changes: Any) -> Signed:
        """The snapshot of the current state that a member's client signs."""
        keys = self.service.keys(tx)
        number, digest = present_names(tx)
        fields = {
            "format": Label.SNAPSHOT.value,
            "group": keys.group,
            "member": member.id,
            "version": snapshots.newest_version(tx) + 1,
            "day": self.clock.today.isoformat(),
            "number": len(keys.entries) - 1,
            "head": keys.head,
            "statements": present_statements(self.service, tx),
            "names": number,
            "names_digest": UNSET if digest is None else digest,
            "cases": snapshot.digest_of([]),
            **changes,
        }
        return snapshot.sign(snapshot.Body(**fields), member.signing)

    def has_signed_in(self, member: Member) -> None:
        """Store a member's snapshot of the current state."""
        with self.service.database.transaction() as tx:
            self.sign_snapshot(tx, member)

    def sign_snapshot(self, tx: Transaction, member: Member) -> None:
        """Store a snapshot that this member signs, as their client does at sign-in."""
        accept(self.service, tx, member.id, self.snapshot(tx, member))

    async def sign_in(self, client: httpx.AsyncClient, member: Member) -> tuple[str, bytes]:
        """Sign a member in with a new unlocker; return their handle id and authentication key."""
        handle, authentication = self.unlocker_of(member)
        body = {"handle_id": handle, "kind": "passphrase", "authentication": b64(authentication)}
        answer = await client.post("/api/desk/session", json=body)
        assert answer.status_code == 201, answer.text
        return handle, authentication

    def unlocker_of(self, member: Member) -> tuple[str, bytes]:
        """Store a keyring and an unlocker of it; return the handle id and the authentication key."""
        handle, authentication = new_id(), os.urandom(32)
        ring = age.encrypt(bytes(Sizes.KEYRING.value[0]), [member.epoch.recipient])
        with self.service.database.transaction() as tx:
            numbers = [row.number for row in tx.execute(select(schema.keyrings).where(schema.keyrings.c.member == member.id))]
            people.put_keyring(tx, self.service.row_keys, member.id, max(numbers, default=0) + 1, ring)
            new = StoredUnlocker(new_id(), member.id, "passphrase", verifiers.hash_key(Secret(authentication)))
            unlockers.add(tx, self.service.row_keys, new, handle)
        return handle, authentication

    def seat(self, member: Member, group: GroupId, head: str, days: int = 60) -> Seat:
        """A member's signed statement for their epoch key."""
        body = statement.Body(
            format=Label.STATEMENT.value,
            group=group,
            member=member.id,
            recipient=str(member.epoch.recipient),
            head=head,
            from_=self.clock.today.isoformat(),
            until=(self.clock.today + dt.timedelta(days=days)).isoformat(),
            tags=[],
        )
        signed = statement.sign(body, member.signing)
        return Seat(member.id, member.epoch.recipient.id, to_json(signed).decode())


def open_service(folder: Path, clock: Callable[[], dt.datetime], url: str = "", *, upgrade: bool = True) -> Service:
    """A service on a fresh or an existing folder, and the PostgreSQL at `url` if given."""
    values = {"INTAKE_DATA": str(folder / "var"), "INTAKE_KEY_STORE": str(folder / "key-store"), "INTAKE_DATABASE_URL": url}
    return Service.open(settings.read(values), clock, upgrade=upgrade)


on_both_engines = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
