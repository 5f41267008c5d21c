"""Founding a group, and joining one: every body that must not pass."""

import json
from typing import Any

from crypto import age, keylist, statement
from crypto.age import Identity
from crypto.encoding import GroupId, MemberId, as_dict, b64, new_id
from crypto.keylist import Change
from crypto.labels import Label
from crypto.signing import Signed, SigningKey
from intake.desk.access.enrolment import founding_link
from intake.store.members import members as people
from tests.support import requester
from tests.support.api import refused
from tests.support.desk_bodies import ANYONE, BOOK, candidate_of, founding_body, join_body
from tests.support.desks import desks
from tests.support.installation import Installation, Member
from tests.support.rotations import statement_of


async def test_a_newcomer_waits_until_members_sign_and_a_link_is_used_once(open_for_requests: Installation) -> None:
    installation = open_for_requests
    async with installation.client() as client, installation.client() as newcomer:
        await installation.sign_in(client, installation.members[0])
        invite = (await client.post("/api/desk/invites")).json()["invite"]
        looked = (await newcomer.post("/api/desk/enrolment/", json={"invite": invite})).json()
        assert looked["founded"] is True
        changes: list[dict[str, Any]] = [
            {"unlockers": []},
            {"keyring": b64(age.encrypt(b"short", [ANYONE.recipient]))},
            {"keyring": "AAAA"},
            {"candidate": {"body": "{}", "signature": b64(bytes(64))}},
            {"unlockers": [{"id": "x", "kind": "passphrase", "handle_id": new_id(), "authentication": b64(bytes(32))}]},
            {"statement": (await join_body(installation, newcomer, invite))["statement"]},
        ]
        for change in changes:
            sent = await join_body(installation, newcomer, invite, **change)
            refused(await newcomer.post("/api/desk/enrolment/join", json=sent), 400, "invalid")
        sent = await join_body(installation, newcomer, invite)
        assert (await newcomer.post("/api/desk/enrolment/join", json=sent)).status_code == 201
        refused(await newcomer.post("/api/desk/enrolment/join", json=sent), 404, "invite")
        group = (await client.get("/api/desk/group")).json()
        assert [candidate["signed"] for candidate in group["candidates"]] == [sent["candidate"]]
        offer = (await newcomer.post("/api/form/offer", json={"case": new_id()})).json()
        assert sent["statement"] not in offer["seats"]

        keys = await requester.key_list(client, installation.clock.today)
        candidate, _ = statement.verify_candidate(Signed(**sent["candidate"]), keys.group)
        today = installation.clock.today.isoformat()
        body = keylist.next_body(keys, Change.ENROL, today, member=candidate.member, key=candidate.key)
        number = len(keys.entries)
        signed = {
            "number": number,
            "entry": as_dict(keylist.sign(body, {installation.members[0].id: installation.members[0].signing})),
        }
        refused(await client.post("/api/desk/keylist", json=signed | {"number": number + 1}), 409, "stale")
        assert (await client.post("/api/desk/keylist", json=signed)).status_code == 201
        installation.has_signed_in(installation.members[0])  # the snapshot names the newcomer's statement
        offer = (await newcomer.post("/api/form/offer", json={"case": new_id()})).json()
        assert sent["statement"] in offer["seats"]
        again = await join_body(installation, newcomer, (await client.post("/api/desk/invites")).json()["invite"])
        taken = again | {"unlockers": sent["unlockers"]}
        refused(await newcomer.post("/api/desk/enrolment/join", json=taken), 409, "taken")


async def test_a_members_newer_link_stops_the_older_and_links_run_out(open_for_requests: Installation) -> None:
    installation = open_for_requests
    async with installation.client() as client:
        await installation.sign_in(client, installation.members[0])
        older = (await client.post("/api/desk/invites")).json()["invite"]
        newer = (await client.post("/api/desk/invites")).json()["invite"]
        refused(await client.post("/api/desk/enrolment/", json={"invite": older}), 404, "invite")
        assert (await client.post("/api/desk/enrolment/", json={"invite": newer})).status_code == 200
        installation.clock.forward(days=4)
        refused(await client.post("/api/desk/enrolment/", json={"invite": newer}), 404, "invite")
        assert founding_link(installation.service, "http://localhost") is None


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


async def test_an_invite_raced_by_two_people_lets_one_hand_in_keys(of_three: Installation) -> None:
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
                "keyring": BOOK,
                "unlockers": [unlocker],
                "name": BOOK,
            }

        assert (await ana.client.post("/api/desk/enrolment/join", json=newcomer())).status_code == 201
        refused(await ana.client.post("/api/desk/enrolment/join", json=newcomer()), 404, "invite")
        assert len((await ana.group())["candidates"]) == 1
