"""What the group decides: quorum, rotation, recovery, leaving, assignment. Each attack by its name."""

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import select

from crypto import keylist, statement
from crypto.age import Identity
from crypto.encoding import MemberId, b64, new_id, to_json
from crypto.keylist import Change
from crypto.labels import Label
from crypto.recovery import RECOVERY
from crypto.signing import SigningKey
from intake.desk.group.rotations import VOID_AFTER
from intake.settings import Assignment
from intake.store import schema
from intake.store.members import decisions, unlockers
from tests.support import requester
from tests.support.api import refused
from tests.support.deals import SHARE, deal, dealt
from tests.support.desk_bodies import BOOK, a_case, a_note, grants_to, holders
from tests.support.desks import as_json, desks, stored_keys
from tests.support.installation import Installation, Member
from tests.support.rotations import begin, commit, staged, statement_of, with_snapshot


async def test_nobody_is_removed_by_one_of_three_and_two_remove_at_once(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, cyd):
        body = await ana.proposal(Change.REMOVE, member=cyd.member.id)
        assert (await ana.sign(body)).json()["lacking"] == 1
        assert (await ana.sign(body)).json()["lacking"] == 1  # the same signature twice is one
        assert len((await ana.keys()).members) == 3
        (waiting,) = (await ben.group())["proposals"]
        assert waiting["body"] == to_json(body).decode()
        assert (await ben.sign(body)).json()["lacking"] == 0
        assert set((await ana.keys()).members) == {ana.member.id, ben.member.id}
        assert (await ana.group())["proposals"] == []


async def test_a_removed_coordinators_open_session_ends_at_once_and_their_keys_are_destroyed(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, cyd):
        assert any(cyd.member.id in name for name in stored_keys(of_three, ""))
        body = await ana.proposal(Change.REMOVE, member=cyd.member.id)
        await ana.sign(body)
        await ben.sign(body)
        for answer in (await cyd.client.get("/api/desk/group"), await cyd.client.get("/api/desk/cases")):
            refused(answer, 401, "sign-in")
        refused(
            await cyd.client.post("/api/desk/keylist", json={"number": 4, "entry": as_json(cyd.signed(body))}),
            401,
            "sign-in",
        )
        assert not any(cyd.member.id in name for name in stored_keys(of_three, ""))
        with of_three.service.database.transaction() as tx:
            assert not unlockers.of_member(tx, of_three.service.row_keys, cyd.member.id)


async def test_a_signature_in_anothers_name_or_by_another_key_is_refused(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, cyd):
        body = await ana.proposal(Change.REMOVE, member=cyd.member.id)
        number = len((await ana.keys()).entries)
        both = keylist.sign(body, {ana.member.id: ana.member.signing, ben.member.id: ben.member.signing})
        for entry in (both, ben.signed(body), ana.signed(body, by=ben.member)):
            refused(
                await ana.client.post("/api/desk/keylist", json={"number": number, "entry": as_json(entry)}), 400, "invalid"
            )
        sent = {"number": number - 1, "entry": as_json(ana.signed(body))}
        refused(await ana.client.post("/api/desk/keylist", json=sent), 409, "stale")
        assert (await ana.group())["proposals"] == []


async def test_who_signed_takes_it_back_and_nobody_else_does(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, cyd):
        body = await ana.proposal(Change.QUORUM, value=3)
        await ana.sign(body)
        hash_ = ana.signed(body).hash
        refused(await ben.client.delete(f"/api/desk/proposals/{hash_}"), 404, "not-found")
        assert (await ana.client.delete(f"/api/desk/proposals/{hash_}")).status_code == 200
        assert (await cyd.group())["proposals"] == []
        assert (await ben.sign(body)).json()["lacking"] == 1


async def test_a_lower_quorum_needs_the_old_one(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, _):
        body = await ana.proposal(Change.QUORUM, value=1)
        assert (await ana.sign(body)).json()["lacking"] == 1
        assert (await ana.keys()).needed == 2
        await ben.sign(body)
        assert (await ana.keys()).needed == 1


async def test_two_rotations_at_once_the_second_is_told_to_wait_and_nothing_is_lost(of_three: Installation) -> None:
    async with desks(of_three, of_three.members[0]) as (ana,):
        first, second = Identity.generate(), Identity.generate()
        assert (await begin(ana, first, 2)).status_code == 201
        refused(await begin(ana, second, 3), 409, "busy")
        assert (await ana.client.get("/api/desk/rotation")).json()["epoch"] == first.recipient.id
        of_three.clock.forward(seconds=VOID_AFTER + 1)
        await of_three.sign_in(ana.client, ana.member)
        assert (await begin(ana, second, 4)).status_code == 201


async def test_a_rotation_covers_every_grant_or_none_and_a_case_that_came_meanwhile(of_three: Installation) -> None:
    async with of_three.client() as person:
        cases = [(await a_case(of_three, person)).body for _ in range(6)]
        ana_ = of_three.members[0]
        mine = [one["case"] for one in cases if ana_.id in {g["member"] for g in one["grants"]}]
        async with desks(of_three, ana_) as (ana,):
            before, epoch = stored_keys(of_three, "epoch"), Identity.generate()
            assert (await begin(ana, epoch, 2)).status_code == 201
            part = [staged(case, ana, epoch, 0) for case in mine[:-1]]
            assert (await ana.client.put("/api/desk/rotation/grants", json={"grants": part})).json() == {"missing": 1}
            refused(await commit(ana, 3, 1), 409, "missing")
            assert (await commit(ana, 3, 1)).json()["cases"] == mine[-1:]
            listed = (await ana.client.get("/api/desk/cases")).json()["cases"]
            assert {one["epoch"] for one in listed} == {ana_.epoch.recipient.id}  # nothing was swapped
            await ana.client.put("/api/desk/rotation/grants", json={"grants": [staged(mine[-1], ana, epoch, 0)]})
            assert (await commit(ana, 3, 1)).status_code == 200
            listed = (await ana.client.get("/api/desk/cases")).json()["cases"]
            assert {one["epoch"] for one in listed} == {epoch.recipient.id}
            gone = before - stored_keys(of_three, "epoch")
            assert [ana_.epoch.recipient.id in name for name in gone] == [True]
            refused(await commit(ana, 4, 2), 404, "not-found")


async def test_a_kill_between_commit_and_destruction_is_made_up_for_by_the_next_start(of_three: Installation) -> None:
    ana_ = of_three.members[0]
    async with desks(of_three, ana_) as (ana,):
        epoch = Identity.generate()
        await begin(ana, epoch, 2)

        async def killed() -> None:
            raise KeyboardInterrupt

        of_three.service.destroy_retired = killed  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            await commit(ana, 3, 1)
        assert any(ana_.epoch.recipient.id in name for name in stored_keys(of_three, "epoch"))
        del of_three.service.destroy_retired
        of_three.service.job.run(of_three.clock.today)
        assert not any(ana_.epoch.recipient.id in name for name in stored_keys(of_three, "epoch"))


async def test_a_case_nobody_opened_for_two_days_is_shown_as_waiting_by_number_alone(of_three: Installation) -> None:
    async with of_three.client() as person:
        sealed = await a_case(of_three, person)
    async with desks(of_three) as found:
        assert (await found[0].group())["waiting"] == 0
    of_three.clock.forward(days=2)
    async with desks(of_three) as found:
        told = await found[0].group()
        assert told["waiting"] == 1
        assert set(told["waiting_by"]) == {one["member"] for one in sealed.body["grants"]}
        holder = next(desk for desk in found if desk.member in holders(of_three, sealed))
        again = grants_to(sealed.body["case"], of_three.members, 0)
        await holder.client.put(f"/api/desk/cases/{sealed.body['case']}/grants", json=again)
        assert (await found[0].group())["waiting"] == 1  # handed on is not read
        await holder.client.post(f"/api/desk/cases/{sealed.body['case']}/entries", json=a_note(sealed.body["case"]))
        assert (await found[0].group())["waiting"] == 0


async def test_who_was_away_for_thirty_days_gets_no_new_case_and_is_named(of_three: Installation) -> None:
    async with desks(of_three):
        pass
    of_three.clock.forward(days=31)
    async with desks(of_three, *of_three.members[:2]) as (ana, _):
        of_three.has_signed_in(ana.member)
        away = of_three.members[2].id
        assert (await ana.group())["inactive"] == [away]
        for _ in range(4):
            offer = (await ana.client.post("/api/form/offer", json={"case": new_id()})).json()
            assert away not in {json.loads(one["body"])["member"] for one in offer["seats"]}


async def test_on_duty_only_those_who_said_so_get_cases(of_three: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_three.service, "settings", _with(of_three, "duty"))

    async with desks(of_three) as (ana, ben, cyd):
        for one in (ben, cyd):
            assert (await one.client.put("/api/desk/duty", json={"on_duty": False})).json() == {"on_duty": False}
            assert not (await one.group())["on_duty"]
        offer = (await ana.client.post("/api/form/offer", json={"case": new_id()})).json()
        assert [json.loads(one["body"])["member"] for one in offer["seats"]] == [ana.member.id]
        await ana.client.put("/api/desk/duty", json={"on_duty": False})
        offer = (await ana.client.post("/api/form/offer", json={"case": new_id()})).json()
        assert len(offer["seats"]) == 3  # with nobody on duty a request still goes to someone


async def test_by_language_everyones_tags_are_sent_and_any_four_may_be_asked_for(
    of_three: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_three.service, "settings", _with(of_three, "language"))

    async with desks(of_three) as (ana, ben, _):
        said = statement_of(of_three, ana.member, ana.member.epoch, (await ana.keys()).head, ["lang:ar"])
        said = with_snapshot(of_three, ana.member, said)
        assert (await ana.client.put("/api/desk/statement", json=said)).status_code == 200
        forged = statement_of(of_three, ana.member, Identity.generate(), (await ana.keys()).head, [])
        forged = with_snapshot(of_three, ana.member, forged)
        refused(await ana.client.put("/api/desk/statement", json=forged), 404, "not-found")
        refused(await ben.client.put("/api/desk/statement", json=said), 400, "invalid")
        offer = (await ana.client.post("/api/form/offer", json={"case": new_id()})).json()
        assert offer["policy"] == "language"
        assert {one["member"]: one["tags"] for one in offer["all"]}[ana.member.id] == ["lang:ar"]
        assert len(offer["all"]) == 3
        asked = [ben.member.id, ana.member.id]
        seats = (await ana.client.post("/api/form/seats", json={"members": asked})).json()["seats"]
        assert {json.loads(one["body"])["member"] for one in seats} == set(asked)


def _with(place: Installation, policy: str) -> object:

    return dataclasses.replace(place.service.settings, assignment=Assignment(policy))


async def test_the_log_is_a_chain_by_day_that_forgets(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, _):
        body = await ana.proposal(Change.EPOCH, value=14)
        await ana.sign(body)
        await ben.sign(body)
        told = (await ana.group())["log"]
        assert decisions.check_log(told)
        assert [json.loads(one)["kind"] for one in told][-1] == "epoch"
        assert not decisions.check_log([*told, told[-1]])
        for one in told:
            assert set(json.loads(one)["day"]) <= set("0123456789-")  # a day, never an hour
        of_three.clock.forward(days=400)
        with of_three.service.database.transaction() as tx:
            decisions.purge_log(tx, of_three.clock.today - dt.timedelta(days=365))
        async with of_three.client() as client:
            await of_three.sign_in(client, ana.member)
            assert (await client.get("/api/desk/group")).json()["log"] == told[-1:]


async def test_a_deal_reaches_every_member_and_is_recorded_and_a_partial_one_is_refused(of_three: Installation) -> None:
    async with desks(of_three) as found:
        ana, ben, cyd = found
        _, sent = await dealt(found, Identity.generate(), ben.member.id)
        partial = {**sent, "shares": {ana.member.id: SHARE}}
        refused(await ana.client.post("/api/desk/recovery/deal", json=partial), 409, "stale")
        secret = await deal(found)
        told = await ana.group()
        assert told["deal"] == {"id": secret.recipient.id, "recipient": str(secret.recipient)}
        assert [set(one["signatures"]) for one in told["deals"]] == [{ana.member.id, ben.member.id}]
        (share,) = (await cyd.client.get("/api/desk/recovery/shares")).json()["shares"]
        assert (share["giver"], share["purpose"]) == (ana.member.id, secret.recipient.id)
        assert (await cyd.client.delete(f"/api/desk/recovery/shares/{share['purpose']}")).status_code == 200
        assert (await cyd.client.get("/api/desk/recovery/shares")).json()["shares"] == []


async def test_what_hangs_on_an_older_recovery_key_is_counted_until_a_holder_moves_it(of_four: Installation) -> None:
    async with desks(of_four) as found:
        ana, ben, cyd, dan = found
        secret = await deal(found)
        sealed = await requester.seal(ana.client, "milk", of_four.clock.today)
        assert sealed.body["grants"][-1]["epoch"] == secret.recipient.id  # as a requester's client grants it
        assert (await ana.client.post("/api/form/cases", json=sealed.body)).status_code == 201
        assert (await ana.group())["hanging"] == {secret.recipient.id: 1}
        body = await ana.proposal(Change.REMOVE, member=cyd.member.id)
        await ana.sign(body)
        await ben.sign(body)
        told = await ana.group()
        assert told["deal"]["id"] == secret.recipient.id  # nothing is unrecoverable until the next deal
        newer = await deal([ana, ben, dan])
        told = await ana.group()
        assert told["deal"]["id"] == newer.recipient.id
        assert told["hanging"] == {secret.recipient.id: 1}  # shown until a holder moves it


async def test_only_who_gets_the_cases_is_shown_them_and_only_of_whom_the_decision_names(of_three: Installation) -> None:
    async with desks(of_three) as found:
        ana, ben, cyd = found
        secret = await deal(found)
        sealed = await requester.seal(ana.client, "milk", of_three.clock.today)
        case = sealed.body["case"]
        assert sealed.body["grants"][-1]["epoch"] == secret.recipient.id
        await ana.client.post("/api/form/cases", json=sealed.body)
        of = holders(of_three, sealed)[0]
        one, two = (desk for desk in found if desk.member is not of)
        outsider = next(desk for desk in found if desk.member not in holders(of_three, sealed))
        refused(await outsider.client.get(f"/api/desk/cases/{case}"), 404, "not-found")
        number = len((await one.keys()).entries)
        body = await one.proposal(Change.RECOVER, member=one.member.id, key=of.signing.verifying_key.text)
        for desk in (one, two):
            share = SHARE if desk is two else ""
            sent = {"number": number, "entry": as_json(desk.signed(body)), "share": share, "deal": ""}
            assert (await desk.client.post("/api/desk/recovery/sign", json=sent)).status_code == 201
        listed = (await one.client.get(f"/api/desk/recovery/cases/{number}")).json()
        assert listed == {"cases": [case], "to": one.member.id, "of": of.id}
        refused(await two.client.get(f"/api/desk/recovery/cases/{number}"), 404, "not-found")
        third = next(desk for desk in found if desk.member is of)
        refused(await third.client.get(f"/api/desk/recovery/cases/{number}"), 404, "not-found")
        whole = await outsider.client.get(f"/api/desk/cases/{case}")
        if outsider is one:
            assert whole.json()["grantee"] == RECOVERY
        else:
            refused(whole, 404, "not-found")
        of_three.clock.forward(days=8)
        await of_three.sign_in(one.client, one.member)
        refused(await one.client.get(f"/api/desk/recovery/cases/{number}"), 404, "not-found")
        assert cyd in found
        assert ben in found


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


async def test_two_holders_writing_at_once_get_a_number_each_and_overwrite_nothing(of_three: Installation) -> None:
    async with of_three.client() as person:
        sealed = await a_case(of_three, person)
    case = sealed.body["case"]
    async with desks(of_three, *holders(of_three, sealed)) as (one, two):
        assert (await one.client.post(f"/api/desk/cases/{case}/entries", json=a_note(case))).status_code == 201
        refused(await two.client.post(f"/api/desk/cases/{case}/entries", json=a_note(case)), 409, "stale")
        assert (await two.client.post(f"/api/desk/cases/{case}/entries", json=a_note(case, 1))).status_code == 201
        found = (await one.client.get(f"/api/desk/cases/{case}")).json()["desk"]
        assert [entry["number"] for entry in found] == [0, 1]


async def test_nothing_of_the_removed_is_left_but_what_they_wrote(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, cyd):
        body = await ana.proposal(Change.REMOVE, member=cyd.member.id)
        await ana.sign(body)
        await ben.sign(body)
        with of_three.service.database.transaction() as tx:
            for table in (schema.sessions, schema.keyrings, schema.epochs, schema.unlockers):
                assert not tx.execute(select(table).where(table.c.member == cyd.member.id)).all(), table.name
