"""Renewing an epoch key: two rotations at once, cases that arrive meanwhile, and a server killed half-way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from crypto.age import Identity
from intake.desk.group.rotations import VOID_AFTER
from tests.support import requester
from tests.support.api import refused
from tests.support.desk_bodies import a_case
from tests.support.desks import Desk, desks, stored_keys
from tests.support.installation import Installation
from tests.support.rotations import begin, commit, staged


@asynccontextmanager
async def rotation(group: Installation, held: int) -> AsyncIterator[tuple[Desk, Identity, list[str]]]:
    """Begin a rotation by a member who holds `held` cases. Yield their desk, the new key and their cases."""
    async with group.client() as person, desks(group, group.members[0]) as (ana,):
        mine: list[str] = []
        while len(mine) < held:
            sealed = (await a_case(group, person)).body
            if ana.member.id in {grant["member"] for grant in sealed["grants"]}:
                mine.append(sealed["case"])
        epoch = Identity.generate()
        assert (await begin(ana, epoch, 2)).status_code == 201
        yield ana, epoch, mine


async def test_a_second_rotation_at_the_same_time_is_refused_and_nothing_is_lost(of_three: Installation) -> None:
    async with desks(of_three, of_three.members[0]) as (ana,):
        first, second = Identity.generate(), Identity.generate()
        assert (await begin(ana, first, 2)).status_code == 201
        refused(await begin(ana, second, 3), 409, "busy")
        assert (await ana.client.get("/api/desk/rotation")).json()["epoch"] == first.recipient.id
        of_three.clock.forward(seconds=VOID_AFTER + 1)
        await of_three.sign_in(ana.client, ana.member)
        assert (await begin(ana, second, 4)).status_code == 201


async def test_a_rotation_that_lacks_a_grant_is_refused_and_swaps_none(of_three: Installation) -> None:
    async with rotation(of_three, held=3) as (ana, epoch, mine):
        part = [staged(case, ana, epoch, 0) for case in mine[:-1]]
        assert (await ana.client.put("/api/desk/rotation/grants", json={"grants": part})).json() == {"missing": 1}
        answered = await commit(ana, 3, 1)
        refused(answered, 409, "missing")
        assert answered.json()["cases"] == mine[-1:]
        listed = requester.unpacked(await ana.client.get("/api/desk/cases"))["cases"]
        assert {row["epoch"] for row in listed} == {ana.member.epoch.recipient.id}


async def test_a_rotation_swaps_all_grants_and_destroys_the_former_key(of_three: Installation) -> None:
    async with rotation(of_three, held=2) as (ana, epoch, mine):
        before = stored_keys(of_three, "epoch")
        grants = [staged(case, ana, epoch, 0) for case in mine]
        await ana.client.put("/api/desk/rotation/grants", json={"grants": grants})
        assert (await commit(ana, 3, 1)).status_code == 200
        listed = requester.unpacked(await ana.client.get("/api/desk/cases"))["cases"]
        assert {row["epoch"] for row in listed} == {epoch.recipient.id}
        destroyed = before - stored_keys(of_three, "epoch")
        assert [ana.member.epoch.recipient.id in name for name in destroyed] == [True]
        refused(await commit(ana, 4, 2), 404, "not-found")  # the rotation has ended


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
