"""Snapshots over HTTP: what the server accepts, what the form needs, and when one of two members is enough."""

import datetime as dt
from typing import Any

import httpx2 as httpx
import pytest

from crypto import keylist, snapshot, statement
from crypto.age import Identity
from crypto.encoding import as_dict, b64, new_id
from crypto.keylist import Change, SignedEntry
from crypto.signing import Signed
from intake.desk.group.snapshots import present_statements
from intake.store.members import snapshots
from tests.support import requester
from tests.support.api import refused
from tests.support.desk_bodies import KEYRING_FILE
from tests.support.desks import Desk, desks
from tests.support.installation import Installation, Member
from tests.support.rotations import with_snapshot


def signed_by(installation: Installation, member: Member, **changes: Any) -> dict[str, object]:
    """A member's snapshot of the current state, as a request's body."""
    with installation.service.database.transaction() as tx:
        return as_dict(installation.snapshot(tx, member, **changes))


async def sign(desk: Desk, **changes: Any) -> httpx.Response:
    """Send a snapshot, as a member's client does."""
    return await desk.client.put("/api/desk/snapshot", json=signed_by(desk.installation, desk.member, **changes))


async def enact(desk: Desk, evidence: dict[str, object]) -> httpx.Response:
    """Put the pending entry into effect with a snapshot as evidence."""
    seen = Signed(**evidence)  # type: ignore[arg-type]
    body = await desk.proposal(Change.ENACT, key=snapshot.hash_of(seen))
    entry = keylist.sign(body, {desk.member.id: desk.member.signing}, seen)
    return await desk.client.post("/api/desk/keylist", json={"number": body.number, "entry": as_dict(entry)})


async def pending_removal(ana: Desk, ben: Desk) -> None:
    """Ana alone signs to remove Ben."""
    assert (await ana.sign(await ana.proposal(Change.REMOVE, member=ben.member.id))).json()["missing_signatures"] == 0
    assert (await ana.keys()).pending


async def test_the_form_is_open_from_the_founding_on_and_closes_until_somebody_signs_in(of_two: Installation) -> None:
    async with desks(of_two) as (ana, _):
        assert (await ana.client.post("/api/form/offer", json={"case": new_id()})).status_code == 200
        of_two.clock.forward(days=14)
        assert (await ana.client.post("/api/form/offer", json={"case": new_id()})).status_code == 200
        of_two.clock.forward(days=1)
        refused(await ana.client.post("/api/form/offer", json={"case": new_id()}), 503, "no-recent-sign-in")
        assert (await ana.client.get("/api/form/keylist")).json()["snapshot"] is None
        await of_two.sign_in(ana.client, ana.member)
        assert (await sign(ana)).json() == {"version": 2}
        assert (await ana.client.post("/api/form/offer", json={"case": new_id()})).status_code == 200


async def test_a_host_with_a_stolen_old_keyring_offers_a_superseded_statement_and_nobody_seals_to_it(
    of_two: Installation,
) -> None:
    async with of_two.client() as client:
        stolen = of_two.members[0]
        keys, newest = await requester.group(client, of_two.clock.today)
        assert newest is not None
        old = statement.sign(
            statement.Body(
                format="sealed-intake/1/statement",
                group=keys.group,
                member=stolen.id,
                recipient=str(stolen.epoch.recipient),
                head=keys.head,
                from_=of_two.clock.today.isoformat(),
                until=(of_two.clock.today + dt.timedelta(days=59)).isoformat(),
                tags=[],
            ),
            stolen.signing,
        )
        assert statement.check(old, keys, of_two.clock.today).member == stolen.id  # valid by itself
        with pytest.raises(Exception, match="a statement that the snapshot does not name"):
            statement.verify(old, keys, of_two.clock.today, newest)


def statement_from(desk: Desk, keys: keylist.KeyList, epoch: Identity, days_back: int) -> dict[str, str]:
    """A member's statement that begins on an earlier day. Alone, it is valid."""
    first = desk.installation.clock.today - dt.timedelta(days=days_back)
    body = statement.Body(
        format="sealed-intake/1/statement",
        group=keys.group,
        member=desk.member.id,
        recipient=str(epoch.recipient),
        head=keys.head,
        from_=first.isoformat(),
        until=(first + dt.timedelta(days=60)).isoformat(),
        tags=[],
    )
    signed = statement.sign(body, desk.member.signing)
    statement.check(signed, keys, desk.installation.clock.today)
    return {"body": signed.body, "signature": signed.signature}


async def test_a_member_cannot_backdate_their_statement_and_shut_colleagues_out(of_two: Installation) -> None:
    """No client names a statement older than one it has named before. The server could then accept nobody's snapshot."""

    async with desks(of_two) as (ana, ben):
        keys = await ana.keys()
        sent = with_snapshot(of_two, ana.member, statement_from(ana, keys, ana.member.epoch, 1))
        refused(await ana.client.put("/api/desk/statement", json=sent), 400, "invalid")
        begun = {
            "statement": statement_from(ana, keys, Identity.generate(), 1),
            "keyring": {"number": 2, "file": KEYRING_FILE},
        }
        refused(await ana.client.post("/api/desk/rotation", json=begun), 400, "invalid")
        assert (await sign(ben)).status_code == 200


async def test_a_rotation_that_was_overtaken_by_a_later_statement_is_not_committed(of_two: Installation) -> None:
    async with desks(of_two) as (ana, _):
        keys, epoch = await ana.keys(), Identity.generate()
        begun = {"statement": statement_from(ana, keys, epoch, 0), "keyring": {"number": 2, "file": KEYRING_FILE}}
        assert (await ana.client.post("/api/desk/rotation", json=begun)).status_code == 201
        of_two.clock.jump(days=1)
        await of_two.sign_in(ana.client, ana.member)
        later = with_snapshot(of_two, ana.member, statement_from(ana, keys, ana.member.epoch, 0))
        assert (await ana.client.put("/api/desk/statement", json=later)).status_code == 200
        snapshot_ = signed_by(of_two, ana.member, statements={}, names=2)
        book = {"number": 2, "file": KEYRING_FILE}
        body = {"keyring": {"number": 9, "file": KEYRING_FILE}, "names": book, "snapshot": snapshot_, "lost": []}
        refused(await ana.client.post("/api/desk/rotation/commit", json=body), 400, "invalid")


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"version": 102}, 409, "stale"),
        ({"version": 2**31 - 1}, 409, "stale"),
        ({"version": 1}, 409, "stale"),
        ({"names": 3}, 409, "stale"),
        ({"names_digest": b64(bytes(32))}, 409, "stale"),
        ({"statements": {}}, 409, "stale"),
        ({"number": 0}, 400, "invalid"),
        ({"head": b64(bytes(32))}, 400, "invalid"),
        ({"day": "2026-11-22"}, 400, "invalid"),
        ({"day": "2026-11-18"}, 400, "invalid"),
        ({"group": new_id()}, 400, "invalid"),
    ],
)
async def test_a_member_cannot_publish_a_snapshot_of_anything_but_the_present(
    of_two: Installation, changes: dict[str, Any], status: int, kind: str
) -> None:
    async with desks(of_two) as (ana, ben):
        refused(await sign(ana, **changes), status, kind)
        foreign = signed_by(of_two, ben.member)
        refused(await ana.client.put("/api/desk/snapshot", json=foreign), 400, "invalid")
        assert (await sign(ana)).status_code == 200


async def test_in_a_group_of_two_one_signature_waits_until_the_other_member_has_seen_it_for_three_days(
    of_two: Installation,
) -> None:
    async with desks(of_two) as (ana, ben):
        await pending_removal(ana, ben)
        assert (await sign(ben)).status_code == 200
        seen = (await ana.group())["snapshots"][0]
        of_two.clock.forward(days=2)
        await of_two.sign_in(ana.client, ana.member)
        refused(await enact(ana, seen), 400, "invalid")
        of_two.clock.forward(days=1)
        await of_two.sign_in(ana.client, ana.member)
        assert len((await ana.keys()).members) == 2  # time alone removes nobody
        assert (await enact(ana, seen)).status_code == 201
        assert set((await ana.keys()).members) == {ana.member.id}


async def test_one_of_two_members_stops_the_others_proposal(of_two: Installation) -> None:
    async with desks(of_two) as (ana, ben):
        await pending_removal(ana, ben)
        of_two.clock.forward(days=1)
        await of_two.sign_in(ben.client, ben.member)
        assert (await sign(ben)).status_code == 200
        stop = await ben.proposal(Change.STOP, key=(await ben.keys()).head)
        assert (await ben.sign(stop)).json()["missing_signatures"] == 0
        of_two.clock.forward(days=4)
        await of_two.sign_in(ana.client, ana.member)
        refused(await enact(ana, (await ana.group())["snapshots"][0]), 400, "invalid")
        assert len((await ana.keys()).members) == 2


async def test_a_decision_waits_thirty_days_for_a_member_who_never_signs_in_again(of_two: Installation) -> None:
    async with desks(of_two) as (ana, ben):
        await pending_removal(ana, ben)
        assert (await sign(ana)).status_code == 200
        own = (await ana.group())["snapshots"][0]
        for days in (29, 1):
            of_two.clock.forward(days=days)
            await of_two.sign_in(ana.client, ana.member)
            assert (await sign(ana)).status_code == 200
            answer = await enact(ana, own)
            assert answer.status_code == (400 if days == 29 else 201)
        assert set((await ana.keys()).members) == {ana.member.id}


async def test_a_signer_cannot_shorten_the_wait_by_a_backdated_snapshot_of_their_own(of_two: Installation) -> None:
    async with desks(of_two) as (ana, ben):
        await pending_removal(ana, ben)
        of_two.clock.forward(days=20)
        await of_two.sign_in(ana.client, ana.member)
        day = (of_two.clock.today - dt.timedelta(days=30)).isoformat()
        backdated = signed_by(of_two, ana.member, day=day)
        refused(await ana.client.put("/api/desk/snapshot", json=backdated), 400, "invalid")
        refused(await enact(ana, backdated), 400, "invalid")
        assert len((await ana.keys()).members) == 2


async def test_only_snapshots_that_can_be_evidence_are_stored(of_two: Installation) -> None:
    async with desks(of_two) as (ana, ben):
        await pending_removal(ana, ben)
        for _ in range(3):
            assert (await sign(ben)).status_code == 200
        with of_two.service.database.transaction() as tx:
            kept = [(row.version, row.member) for row in snapshots.all_stored(tx)]
        assert kept == [(4, ben.member.id), (2, ben.member.id), (1, ana.member.id)]


async def test_a_snapshot_as_evidence_is_carried_to_every_reader(of_two: Installation) -> None:
    async with desks(of_two) as (ana, ben):
        await pending_removal(ana, ben)
        assert (await sign(ben)).status_code == 200
        seen = (await ana.group())["snapshots"][0]
        of_two.clock.forward(days=3)
        await of_two.sign_in(ana.client, ana.member)
        assert (await enact(ana, seen)).status_code == 201
        entries = (await ana.client.get("/api/form/keylist")).json()["entries"]
        assert entries[-1]["evidence"] == seen
        assert all("evidence" not in entry for entry in entries[:-1])
        with of_two.service.database.transaction() as tx:
            assert set(present_statements(of_two.service, tx)) == {ana.member.id}


async def test_an_entry_of_another_kind_carries_no_evidence(of_two: Installation) -> None:
    async with desks(of_two) as (ana, _):
        seen = Signed(**(await ana.group())["snapshots"][0])
        body = await ana.proposal(Change.EPOCH, value=14)
        signed = ana.signed(body)
        entry = SignedEntry(body=signed.body, signatures=signed.signatures, evidence=seen)
        sent = {"number": body.number, "entry": as_dict(entry)}
        refused(await ana.client.post("/api/desk/keylist", json=sent), 400, "invalid")
