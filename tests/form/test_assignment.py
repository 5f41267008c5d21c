"""Which coordinators a new case is offered to."""

import dataclasses
import json

import pytest

from crypto.age import Identity
from crypto.encoding import new_id
from intake.settings import Assignment
from tests.support.api import refused
from tests.support.desks import desks
from tests.support.installation import Installation
from tests.support.rotations import statement_of, with_snapshot


async def test_a_member_away_for_thirty_days_gets_no_new_case_and_is_named(of_three: Installation) -> None:
    async with desks(of_three):
        pass
    of_three.clock.forward(days=31)
    async with desks(of_three, *of_three.members[:2]) as (ana, _):
        of_three.has_signed_in(ana.member)
        away = of_three.members[2].id
        assert (await ana.group())["inactive"] == [away]
        for _ in range(4):
            offer = (await ana.client.post("/api/form/offer", json={"case": new_id()})).json()
            assert away not in {json.loads(seat["body"])["member"] for seat in offer["seats"]}


async def test_only_members_on_duty_get_cases(of_three: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_three.service, "settings", _with(of_three, "duty"))

    async with desks(of_three) as (ana, ben, cyd):
        for desk in (ben, cyd):
            assert (await desk.client.put("/api/desk/duty", json={"on_duty": False})).json() == {"on_duty": False}
            assert not (await desk.group())["on_duty"]
        assert set((await ana.group())["off_duty"]) == {ben.member.id, cyd.member.id}
        offer = (await ana.client.post("/api/form/offer", json={"case": new_id()})).json()
        assert [json.loads(seat["body"])["member"] for seat in offer["seats"]] == [ana.member.id]
        await ana.client.put("/api/desk/duty", json={"on_duty": False})
        offer = (await ana.client.post("/api/form/offer", json={"case": new_id()})).json()
        assert len(offer["seats"]) == 3  # with nobody on duty, somebody still gets the request


async def test_a_group_that_does_not_assign_by_duty_does_not_say_who_is_off_duty(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, _):
        await ben.client.put("/api/desk/duty", json={"on_duty": False})
        assert (await ana.group())["off_duty"] == []


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
        assert {member["member"]: member["tags"] for member in offer["all"]}[ana.member.id] == ["lang:ar"]
        assert len(offer["all"]) == 3
        asked = [ben.member.id, ana.member.id]
        seats = (await ana.client.post("/api/form/seats", json={"members": asked})).json()["seats"]
        assert {json.loads(seat["body"])["member"] for seat in seats} == set(asked)


def _with(installation: Installation, policy: str) -> object:

    return dataclasses.replace(installation.service.settings, assignment=Assignment(policy))
