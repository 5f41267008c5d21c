"""Founding a group, and joining one: each malformed body is refused."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import pytest

from crypto import age, keylist, statement
from crypto.age import Identity
from crypto.encoding import GroupId, MemberId, as_dict, b64, new_id
from crypto.keylist import Change
from crypto.labels import Label
from crypto.signing import Signed, SigningKey
from intake.desk.access.enrolment import founding_link
from intake.service.case_events import GROUP_CHANGED
from intake.store.members import members as people
from intake.web.tokens import bearer_hash
from tests.support import requester
from tests.support.api import refused
from tests.support.desk_bodies import ANYONE, KEYRING_FILE, candidate_of, founding_body, join_body
from tests.support.desks import desks
from tests.support.installation import Installation, Member
from tests.support.rotations import statement_of


@dataclass
class Invited:
    """A member's session, an invitation that they made, and the newcomer who has it."""

    installation: Installation
    client: httpx.AsyncClient
    newcomer: httpx.AsyncClient
    invite: str

    async def body(self, **changes: Any) -> dict[str, Any]:
        """What the newcomer's client sends."""
        return await join_body(self.installation, self.newcomer, self.invite, **changes)

    async def join(self, body: dict[str, Any]) -> httpx.Response:
        return await self.newcomer.post("/api/desk/enrolment/join", json=body)

    async def seats(self) -> list[dict[str, str]]:
        """The statements that a requester's client is offered."""
        offer = (await self.newcomer.post("/api/form/offer", json={"case": new_id()})).json()
        seats: list[dict[str, str]] = offer["seats"]
        return seats

    async def enrolment_of(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The number of the next entry, and the member's signed entry that adds the newcomer."""
        keys, member = await requester.key_list(self.client, self.installation.clock.today), self.installation.members[0]
        candidate, _ = statement.verify_candidate(Signed(**body["candidate"]), keys.group)
        today = self.installation.clock.today.isoformat()
        enrol = keylist.next_body(keys, Change.ENROL, today, member=candidate.member, key=candidate.key)
        return len(keys.entries), as_dict(keylist.sign(enrol, {member.id: member.signing}))


@pytest.fixture
async def invited(open_for_requests: Installation) -> AsyncIterator[Invited]:
    async with open_for_requests.client() as client, open_for_requests.client() as newcomer:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        invite = (await client.post("/api/desk/invites")).json()["invite"]
        yield Invited(open_for_requests, client, newcomer, invite)


async def test_a_malformed_enrolment_is_refused_and_the_link_stays_good(invited: Invited) -> None:
    looked = (await invited.newcomer.post("/api/desk/enrolment/", json={"invite": invited.invite})).json()
    assert looked["founded"] is True
    changes: list[dict[str, Any]] = [
        {"unlockers": []},
        {"keyring": b64(age.encrypt(b"short", [ANYONE.recipient]))},
        {"keyring": "AAAA"},
        {"candidate": {"body": "{}", "signature": b64(bytes(64))}},
        {"unlockers": [{"id": "x", "kind": "passphrase", "handle_id": new_id(), "authentication": b64(bytes(32))}]},
        {"statement": (await invited.body())["statement"]},
    ]
    for change in changes:
        refused(await invited.join(await invited.body(**change)), 400, "invalid")
    assert (await invited.join(await invited.body())).status_code == 201


async def test_an_enrolment_link_is_used_once(invited: Invited) -> None:
    sent = await invited.body()
    assert (await invited.join(sent)).status_code == 201
    refused(await invited.join(sent), 404, "invite")


async def test_a_newcomer_is_a_candidate_and_in_no_offer_until_members_sign(invited: Invited) -> None:
    sent = await invited.body()
    await invited.join(sent)
    group = (await invited.client.get("/api/desk/group")).json()
    assert [candidate["signed"] for candidate in group["candidates"]] == [sent["candidate"]]
    assert sent["statement"] not in await invited.seats()
    number, entry = await invited.enrolment_of(sent)
    refused(await invited.client.post("/api/desk/keylist", json={"number": number + 1, "entry": entry}), 409, "stale")
    assert (await invited.client.post("/api/desk/keylist", json={"number": number, "entry": entry})).status_code == 201
    invited.installation.has_signed_in(invited.installation.members[0])  # the snapshot names the newcomer's statement
    assert sent["statement"] in await invited.seats()


async def test_a_newcomer_cannot_take_the_sign_in_name_of_another(invited: Invited) -> None:
    sent = await invited.body()
    await invited.join(sent)
    invited.invite = (await invited.client.post("/api/desk/invites")).json()["invite"]
    refused(await invited.join(await invited.body() | {"unlockers": sent["unlockers"]}), 409, "taken")


async def test_a_members_newer_link_stops_the_older(invited: Invited) -> None:
    newer = (await invited.client.post("/api/desk/invites")).json()["invite"]
    refused(await invited.newcomer.post("/api/desk/enrolment/", json={"invite": invited.invite}), 404, "invite")
    assert (await invited.newcomer.post("/api/desk/enrolment/", json={"invite": newer})).status_code == 200


async def test_an_enrolment_link_of_four_days_ago_is_invalid(invited: Invited) -> None:
    invited.installation.clock.forward(days=4)
    refused(await invited.newcomer.post("/api/desk/enrolment/", json={"invite": invited.invite}), 404, "invite")


def test_a_group_that_was_founded_gets_no_founding_link(open_for_requests: Installation) -> None:
    assert founding_link(open_for_requests.service, "http://localhost") is None


async def test_a_founding_with_keys_that_do_not_verify_founds_nothing(empty: Installation) -> None:
    link = founding_link(empty.service, "http://localhost")
    assert link is not None
    async with empty.client() as client:
        invite = link.partition("#")[2]
        assert (await client.post("/api/desk/enrolment/", json={"invite": invite})).json()["founded"] is False
        body, other = founding_body(empty, invite), SigningKey.generate()
        group = GroupId(json.loads(body["entries"][0]["body"])["group"])
        changes: list[dict[str, Any]] = [
            {"entries": []},
            {"candidate": candidate_of(group, MemberId(new_id()), other, SigningKey.generate())},
            {"candidate": candidate_of(group, MemberId(new_id()), other, other)},
            {"statement": founding_body(empty, invite)["statement"]},
            {"snapshot": founding_body(empty, invite)["snapshot"]},
            {"unlockers": []},
            {"names": "AAAA"},
        ]
        for change in changes:
            refused(await client.post("/api/desk/enrolment/found", json=body | change), 400, "invalid")
        with empty.service.database.transaction() as tx:
            assert people.entries(tx) == []
        assert (await client.post("/api/desk/enrolment/found", json=body)).status_code == 201
        refused(await client.post("/api/desk/enrolment/found", json=body), 404, "invite")


async def test_a_second_founding_is_refused_even_with_a_link_that_is_still_good(empty: Installation) -> None:
    link = founding_link(empty.service, "http://localhost")
    assert link is not None
    empty.found(1)
    async with empty.client() as client:
        body = founding_body(empty, link.partition("#")[2])
        refused(await client.post("/api/desk/enrolment/found", json=body), 404, "invite")


async def test_an_invite_used_by_two_people_at_once_accepts_the_keys_of_one(of_three: Installation) -> None:
    async with desks(of_three, of_three.members[0]) as (ana,):
        token = (await ana.client.post("/api/desk/invites")).json()["invite"]
        keys = await ana.keys()

        def newcomer() -> dict[str, Any]:
            fresh = Member(MemberId(new_id()), SigningKey.generate(), Identity.generate())
            made = statement.Candidate(
                format=Label.CANDIDATE.value, group=keys.group, member=fresh.id, key=fresh.signing.verifying_key.text
            )
            signed = statement.sign_candidate(made, fresh.signing)
            said = statement_of(of_three, fresh, fresh.epoch, keys.head, [])
            unlocker = {"id": new_id(), "kind": "passphrase", "handle_id": new_id(), "authentication": b64(bytes(32))}
            return {
                "invite": token,
                "candidate": {"body": signed.body, "signature": signed.signature},
                "statement": said,
                "keyring": KEYRING_FILE,
                "unlockers": [unlocker],
                "name": KEYRING_FILE,
            }

        assert (await ana.client.post("/api/desk/enrolment/join", json=newcomer())).status_code == 201
        refused(await ana.client.post("/api/desk/enrolment/join", json=newcomer()), 404, "invite")
        assert len((await ana.group())["candidates"]) == 1


async def test_an_inviter_learns_that_their_link_was_used_and_that_an_older_one_expired(invited: Invited) -> None:
    async def link() -> dict[str, Any] | None:
        shown: dict[str, Any] | None = (await invited.client.get("/api/desk/group")).json()["invite"]
        return shown

    stored = {"hash": bearer_hash(invited.invite), "used": False}
    assert await link() == stored
    member = invited.installation.members[0]
    with invited.installation.service.case_events.subscribe(member.id) as events:
        assert (await invited.join(await invited.body())).status_code == 201
        assert events.get_nowait() == GROUP_CHANGED
    assert await link() == {**stored, "used": True}
    assert bearer_hash((await invited.client.post("/api/desk/invites")).json()["invite"]) == (await link() or {})["hash"]
    invited.installation.clock.forward(days=4)
    await invited.installation.sign_in(invited.client, member)
    assert await link() is None
