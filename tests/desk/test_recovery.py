"""The recovery key at the server: who makes it, who tests it, who opens it, and which shares a signature needs."""

from crypto import recovery
from crypto.age import Identity
from crypto.keylist import Body, Change
from crypto.labels import Label
from crypto.recovery import RECOVERY
from tests.support import requester
from tests.support.api import refused
from tests.support.desk_bodies import holders
from tests.support.desks import Desk, as_json, desks
from tests.support.installation import Installation
from tests.support.recovery_keys import SHARE, make_recovery_key, recovery_body


async def test_a_deal_without_a_share_for_every_member_is_refused(of_three: Installation) -> None:
    async with desks(of_three) as everyone:
        ana, ben, _ = everyone
        _, sent = await recovery_body(everyone, Identity.generate(), ben.member.id)
        partial = {**sent, "shares": {ana.member.id: SHARE}}
        refused(await ana.client.post("/api/desk/recovery/deal", json=partial), 409, "stale")


async def test_a_deal_is_recorded_with_the_signatures_of_its_dealer_and_its_tester(of_three: Installation) -> None:
    async with desks(of_three) as everyone:
        ana, ben, _ = everyone
        secret = await make_recovery_key(everyone)
        group = await ana.group()
        assert group["recovery_key"] == {"id": secret.recipient.id, "recipient": str(secret.recipient)}
        assert [set(recorded["signatures"]) for recorded in group["recovery_deals"]] == [{ana.member.id, ben.member.id}]


async def test_a_members_share_waits_until_they_have_stored_it(of_three: Installation) -> None:
    async with desks(of_three) as everyone:
        ana, _, cyd = everyone
        secret = await make_recovery_key(everyone)
        (share,) = (await cyd.client.get("/api/desk/recovery/shares")).json()["shares"]
        assert (share["sender"], share["purpose"]) == (ana.member.id, secret.recipient.id)
        assert (await cyd.client.delete(f"/api/desk/recovery/shares/{share['purpose']}")).status_code == 200
        assert (await cyd.client.get("/api/desk/recovery/shares")).json()["shares"] == []


async def test_cases_under_an_older_recovery_key_are_counted_until_a_holder_moves_them(of_four: Installation) -> None:
    async with desks(of_four) as everyone:
        ana, ben, cyd, dan = everyone
        secret = await make_recovery_key(everyone)
        sealed = await requester.seal(ana.client, "milk", of_four.clock.today)
        assert sealed.body["grants"][-1]["epoch"] == secret.recipient.id  # a requester's client makes this grant
        assert (await requester.submit(ana.client, sealed.body)).status_code == 201
        assert (await ana.group())["recovery_grants"] == {secret.recipient.id: 1}
        body = await ana.proposal(Change.REMOVE, member=cyd.member.id)
        await ana.sign(body)
        await ben.sign(body)
        group = await ana.group()
        assert group["recovery_key"]["id"] == secret.recipient.id  # nothing is unrecoverable until the next deal
        newer = await make_recovery_key([ana, ben, dan])
        group = await ana.group()
        assert group["recovery_key"]["id"] == newer.recipient.id
        assert group["recovery_grants"] == {secret.recipient.id: 1}  # shown until a holder moves it


async def test_only_the_named_member_gets_the_cases_and_only_of_the_named_former_holder(of_three: Installation) -> None:
    async with desks(of_three) as everyone:
        ana, *_ = everyone
        secret = await make_recovery_key(everyone)
        sealed = await requester.seal(ana.client, "milk", of_three.clock.today)
        case = sealed.body["case"]
        assert sealed.body["grants"][-1]["epoch"] == secret.recipient.id
        await requester.submit(ana.client, sealed.body)
        of = holders(of_three, sealed)[0]
        opener, colleague = (desk for desk in everyone if desk.member is not of)
        outsider = next(desk for desk in everyone if desk.member not in holders(of_three, sealed))
        refused(await outsider.client.get(f"/api/desk/cases/{case}"), 404, "not-found")
        number = len((await opener.keys()).entries)
        body = await opener.proposal(Change.RECOVER, member=opener.member.id, key=of.signing.verifying_key.text)
        for desk in (opener, colleague):
            share = SHARE if desk is colleague else ""
            sent = {"number": number, "entry": as_json(desk.signed(body)), "share": share, "deal": ""}
            assert (await desk.client.post("/api/desk/recovery/sign", json=sent)).status_code == 201
        listed = (await opener.client.get(f"/api/desk/recovery/cases/{number}")).json()
        assert listed == {"cases": [case], "to": opener.member.id, "of": of.id}
        refused(await colleague.client.get(f"/api/desk/recovery/cases/{number}"), 404, "not-found")
        third = next(desk for desk in everyone if desk.member is of)
        refused(await third.client.get(f"/api/desk/recovery/cases/{number}"), 404, "not-found")
        whole = await outsider.client.get(f"/api/desk/cases/{case}")
        if outsider is opener:
            assert requester.unpacked(whole)["grantee"] == RECOVERY
        else:
            refused(whole, 404, "not-found")
        of_three.clock.forward(days=8)
        await of_three.sign_in(opener.client, opener.member)
        refused(await opener.client.get(f"/api/desk/recovery/cases/{number}"), 404, "not-found")


async def shares(desk: Desk) -> list[tuple[str, str]]:
    """Purpose and sender of each share that waits for a member."""
    waiting = (await desk.client.get("/api/desk/recovery/shares")).json()["shares"]
    return [(share["purpose"], share["sender"]) for share in waiting]


async def test_shares_are_sent_to_the_member_whom_the_decision_names(of_four: Installation) -> None:
    async with desks(of_four) as everyone:
        ana, ben, cyd, dan = everyone
        await make_recovery_key(everyone)
        body = await ana.proposal(Change.RECOVER, member=dan.member.id, key=cyd.member.signing.verifying_key.text)
        number = len((await ana.keys()).entries)
        for desk in (ana, ben):
            entry = as_json(desk.signed(body))
            sent = {"number": number, "entry": entry, "share": SHARE, "deal": ""}
            assert (await desk.client.post("/api/desk/recovery/sign", json=sent)).status_code == 201
        purpose = ana.signed(body).hash
        assert {sender for of, sender in await shares(dan) if of == purpose} == {ana.member.id, ben.member.id}
        for desk in (ana, ben, cyd):
            assert not [sender for of, sender in await shares(desk) if of == purpose]
            refused(await desk.client.get(f"/api/desk/recovery/cases/{number}"), 404, "not-found")
        assert (await dan.client.get(f"/api/desk/recovery/cases/{number}")).status_code == 200


async def test_shares_for_decisions_that_the_group_did_not_make_do_not_add_up_for_one_opener(of_four: Installation) -> None:
    """A member asks one colleague after another for a different recovery, each time for themselves."""
    async with desks(of_four) as everyone:
        ana, ben, cyd, dan = everyone
        await make_recovery_key(everyone)
        number = len((await ana.keys()).entries)
        bodies = [
            await ana.proposal(Change.RECOVER, member=dan.member.id, key=of.member.signing.verifying_key.text)
            for of in (ben, cyd)
        ]

        async def missing_signatures(desk: Desk, body: Body) -> int:
            sent = {"number": number, "entry": as_json(desk.signed(body)), "share": SHARE, "deal": ""}
            return int((await desk.client.post("/api/desk/recovery/sign", json=sent)).json()["missing_signatures"])

        assert [await missing_signatures(ana, bodies[0]), await missing_signatures(ben, bodies[1])] == [1, 1]
        undecided = {ana.signed(body).hash for body in bodies}
        assert not [sender for purpose, sender in await shares(dan) if purpose in undecided]
        assert await missing_signatures(ben, bodies[0]) == 0
        assert {purpose for purpose, _ in await shares(dan)} & undecided == {ana.signed(bodies[0]).hash}


async def test_a_recovery_key_that_nobody_handed_in_cannot_be_signed_for(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, _):
        key = recovery.key_hash(Identity.generate().recipient)
        body = await ana.proposal(Change.RECOVERY, member=ben.member.id, key=key, value=2)
        refused(await ana.sign(body), 400, "invalid")  # without a share
        sent = {"number": body.number, "entry": as_json(ben.signed(body)), "share": "", "deal": "x"}
        refused(await ben.client.post("/api/desk/recovery/sign", json=sent), 400, "invalid")
        assert (await ana.keys()).recovery is None


async def test_a_key_that_nobody_but_its_dealer_tried_does_not_count_and_the_one_before_stays(of_three: Installation) -> None:
    async with desks(of_three) as everyone:
        ana, ben, cyd = everyone
        before = await make_recovery_key(everyone)
        itself, sent = await recovery_body(everyone, Identity.generate(), ana.member.id)
        refused(await ana.client.post("/api/desk/recovery/deal", json=sent), 400, "invalid")
        body, sent = await recovery_body(everyone, Identity.generate(), ben.member.id)
        assert (await ana.client.post("/api/desk/recovery/deal", json=sent)).json()["missing_signatures"] == 1
        signed = {"number": body.number, "entry": as_json(cyd.signed(body)), "share": SHARE, "deal": ""}
        answered = await cyd.client.post("/api/desk/recovery/sign", json=signed)
        assert answered.json()["missing_signatures"] == 1  # two of two have signed, but not its tester
        foreign = cyd.member.signing.sign(Label.DEAL, sent["deal"]["body"].encode())
        tried = {"number": body.number, "entry": as_json(ben.signed(body)), "share": "", "deal": foreign}
        refused(await ben.client.post("/api/desk/recovery/sign", json=tried), 400, "invalid")
        assert (await ana.group())["recovery_key"]["id"] == before.recipient.id
        tried["deal"] = ben.member.signing.sign(Label.DEAL, sent["deal"]["body"].encode())
        assert (await ben.client.post("/api/desk/recovery/sign", json=tried)).json()["missing_signatures"] == 0
        assert (await ana.group())["recovery_key"]["id"] != before.recipient.id
        assert itself.kind is Change.RECOVERY


async def test_the_quorum_cannot_exceed_the_threshold_of_the_recovery_key(of_three: Installation) -> None:
    async with desks(of_three) as everyone:
        ana, *_ = everyone
        await make_recovery_key(everyone)
        refused(await ana.sign(await ana.proposal(Change.QUORUM, value=3)), 400, "invalid")
