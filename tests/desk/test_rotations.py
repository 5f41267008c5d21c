"""Renewing an epoch key: two rotations at once, cases that arrive meanwhile, and a server killed half-way."""

import pytest

from crypto.age import Identity
from intake.desk.group.rotations import VOID_AFTER
from tests.support.api import refused
from tests.support.desk_bodies import a_case
from tests.support.desks import desks, stored_keys
from tests.support.installation import Installation
from tests.support.rotations import begin, commit, staged


async def test_a_second_rotation_at_the_same_time_is_refused_and_nothing_is_lost(of_three: Installation) -> None:
    async with desks(of_three, of_three.members[0]) as (ana,):
        first, second = Identity.generate(), Identity.generate()
        assert (await begin(ana, first, 2)).status_code == 201
        refused(await begin(ana, second, 3), 409, "busy")
        assert (await ana.client.get("/api/desk/rotation")).json()["epoch"] == first.recipient.id
        of_three.clock.forward(seconds=VOID_AFTER + 1)
        await of_three.sign_in(ana.client, ana.member)
        assert (await begin(ana, second, 4)).status_code == 201


async def test_a_rotation_covers_all_grants_or_none_with_those_of_cases_that_arrived_meanwhile(of_three: Installation) -> None:
    async with of_three.client() as person:
        cases = [(await a_case(of_three, person)).body for _ in range(6)]
        ana_ = of_three.members[0]
        mine = [sealed["case"] for sealed in cases if ana_.id in {g["member"] for g in sealed["grants"]}]
        async with desks(of_three, ana_) as (ana,):
            before, epoch = stored_keys(of_three, "epoch"), Identity.generate()
            assert (await begin(ana, epoch, 2)).status_code == 201
            part = [staged(case, ana, epoch, 0) for case in mine[:-1]]
            assert (await ana.client.put("/api/desk/rotation/grants", json={"grants": part})).json() == {"missing": 1}
            refused(await commit(ana, 3, 1), 409, "missing")
            assert (await commit(ana, 3, 1)).json()["cases"] == mine[-1:]
            listed = (await ana.client.get("/api/desk/cases")).json()["cases"]
            assert {row["epoch"] for row in listed} == {ana_.epoch.recipient.id}  # nothing was swapped
            await ana.client.put("/api/desk/rotation/grants", json={"grants": [staged(mine[-1], ana, epoch, 0)]})
            assert (await commit(ana, 3, 1)).status_code == 200
            listed = (await ana.client.get("/api/desk/cases")).json()["cases"]
            assert {row["epoch"] for row in listed} == {epoch.recipient.id}
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
