"""Decisions of the group by a quorum, and their log. Each attack has a test."""

import datetime as dt
import json

from crypto import keylist
from crypto.encoding import to_json
from crypto.keylist import Change
from intake.store.members import decisions
from tests.support.api import refused
from tests.support.desks import as_json, desks
from tests.support.installation import Installation


async def test_nobody_is_removed_by_one_of_three_and_two_remove_at_once(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, cyd):
        body = await ana.proposal(Change.REMOVE, member=cyd.member.id)
        assert (await ana.sign(body)).json()["missing_signatures"] == 1
        assert (await ana.sign(body)).json()["missing_signatures"] == 1  # the same signature twice counts once
        assert len((await ana.keys()).members) == 3
        (waiting,) = (await ben.group())["proposals"]
        assert waiting["body"] == to_json(body).decode()
        assert (await ben.sign(body)).json()["missing_signatures"] == 0
        assert set((await ana.keys()).members) == {ana.member.id, ben.member.id}
        assert (await ana.group())["proposals"] == []


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


async def test_only_a_signer_can_withdraw_their_signature(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, cyd):
        body = await ana.proposal(Change.QUORUM, value=3)
        await ana.sign(body)
        hash_ = ana.signed(body).hash
        refused(await ben.client.delete(f"/api/desk/proposals/{hash_}"), 404, "not-found")
        assert (await ana.client.delete(f"/api/desk/proposals/{hash_}")).status_code == 200
        assert (await cyd.group())["proposals"] == []
        assert (await ben.sign(body)).json()["missing_signatures"] == 1


async def test_a_lower_quorum_needs_the_old_one(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, _):
        body = await ana.proposal(Change.QUORUM, value=1)
        assert (await ana.sign(body)).json()["missing_signatures"] == 1
        assert (await ana.keys()).needed == 2
        await ben.sign(body)
        assert (await ana.keys()).needed == 1


async def test_the_log_is_a_chain_by_day_that_forgets(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, _):
        body = await ana.proposal(Change.EPOCH, value=14)
        await ana.sign(body)
        await ben.sign(body)
        log = (await ana.group())["group_log"]
        assert decisions.check_log(log)
        assert [json.loads(line)["kind"] for line in log][-1] == "epoch"
        assert not decisions.check_log([*log, log[-1]])
        for line in log:
            assert set(json.loads(line)["day"]) <= set("0123456789-")  # a day, never an hour
        of_three.clock.forward(days=400)
        with of_three.service.database.transaction() as tx:
            decisions.purge_log(tx, of_three.clock.today - dt.timedelta(days=365))
        async with of_three.client() as client:
            await of_three.sign_in(client, ana.member)
            assert (await client.get("/api/desk/group")).json()["group_log"] == log[-1:]
