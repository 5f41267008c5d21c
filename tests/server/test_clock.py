"""On the server, no member chooses the day of an entry, and a wrong clock dates nothing."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import select

from crypto import keylist
from crypto.age import Identity
from crypto.encoding import new_id
from crypto.keylist import Change
from crypto.signing import SigningKey
from intake.desk.access.enrolment import founding_link
from intake.desk.group import decisions
from intake.errors import ClockError
from intake.server.run import RETRY_SECONDS, purge
from intake.store import schema
from intake.store.members import decisions as group
from intake.store.members import members
from tests.support import requester
from tests.support.api import refused
from tests.support.desk_bodies import KEYRING_FILE, a_case, founding_body
from tests.support.desks import Desk, as_json, desks, stored_keys
from tests.support.installation import FakeClock, Installation, open_service
from tests.support.rotations import begin, commit, staged

DAY = dt.timedelta(days=1)
DATED = ("store", "keylist", "proposals", "group_log", "presence", "cases", "entries", "grants", "sessions", "invites",
         "rotations", "epochs", "keyrings", "staged_grants", "drafts", "used_tokens", "tombstones", "usage", "certificates",
         "days", "holds")  # fmt: skip


def rows(installation: Installation) -> dict[str, list[Any]]:
    with installation.service.database.transaction(read_only=True) as tx:
        return {name: sorted(map(repr, tx.execute(select(schema.METADATA.tables[name])))) for name in DATED}


async def backdated(desk: Desk, kind: Change, days: int, **what: Any) -> httpx.Response:
    day = (desk.installation.clock.today - days * DAY).isoformat()
    return await desk.sign(keylist.next_body(await desk.keys(), kind, day, **what))


@pytest.mark.parametrize("days", [10, 2, -1])
async def test_one_of_two_backdates_the_removal_of_the_other_and_it_is_refused(of_two: Installation, days: int) -> None:
    of_two.clock.forward(days=20)  # otherwise the key list's order of days would refuse it
    async with desks(of_two) as (ana, ben):
        refused(await backdated(ana, Change.REMOVE, days, member=ben.member.id), 400, "invalid")
        assert (await ben.client.get("/api/desk/group")).status_code == 200
        assert len((await ana.keys()).entries) == 2


async def test_one_of_two_backdates_the_enrolment_of_a_puppet_and_it_is_refused(of_two: Installation) -> None:
    of_two.clock.forward(days=20)
    async with desks(of_two, of_two.members[0]) as (ana,):
        puppet = SigningKey.generate().verifying_key.text
        refused(await backdated(ana, Change.ENROL, 10, member=new_id(), key=puppet), 400, "invalid")
        assert len((await ana.keys()).members) == 2


async def test_a_leaver_backdates_their_own_removal_and_it_is_refused(of_three: Installation) -> None:
    of_three.clock.forward(days=50)
    of_three.has_signed_in(of_three.members[1])
    async with desks(of_three, of_three.members[0]) as (ana,):
        refused(await backdated(ana, Change.REMOVE, 40, member=ana.member.id), 400, "invalid")
        assert (await ana.client.post("/api/form/offer", json={"case": new_id()})).status_code == 200


async def test_a_founder_who_dates_the_first_entries_on_another_day_founds_nothing(empty: Installation) -> None:
    link = founding_link(empty.service, "http://localhost")
    assert link is not None
    body = founding_body(empty, link.partition("#")[2])
    empty.clock.forward(days=3)
    async with empty.client() as client:
        link = founding_link(empty.service, "http://localhost")
        assert link is not None
        refused(await client.post("/api/desk/enrolment/found", json={**body, "invite": link.partition("#")[2]}), 400, "invalid")


async def test_a_proposal_collects_signatures_for_two_weeks_and_then_lapses(of_three: Installation) -> None:
    installation = of_three
    async with desks(installation) as (ana, ben, _):
        slow, late = await ana.proposal(Change.EPOCH, value=14), await ana.proposal(Change.EPOCH, value=21)
        assert [(await ana.sign(body)).json()["missing_signatures"] for body in (slow, late)] == [1, 1]
    installation.clock.forward(days=keylist.PROPOSAL_DAYS)
    await installation.service.write(lambda tx: decisions.daily(installation.service, tx))
    async with desks(installation) as (ana, ben, _):
        assert (await ben.sign(slow)).json()["missing_signatures"] == 0
        other = await ana.proposal(Change.EPOCH, value=28)
        await ana.sign(other)
    installation.clock.forward(days=keylist.PROPOSAL_DAYS + 1)
    async with desks(installation) as (ana, ben, _):
        refused(await ben.sign(other), 400, "invalid")
        await installation.service.write(lambda tx: decisions.daily(installation.service, tx))
        assert (await ana.group())["proposals"] == []


WRONG: list[Callable[[FakeClock], None]] = [
    lambda clock: clock.jump(days=40),
    lambda clock: clock.jump(days=3),
    lambda clock: clock.jump(days=-2),
    lambda clock: clock.jump(days=-40),
    lambda clock: setattr(clock, "now", dt.datetime(1970, 1, 1, 0, 5, tzinfo=dt.UTC)),
    lambda clock: setattr(clock, "now", dt.datetime(2028, 2, 29, 12, tzinfo=dt.UTC)),
]


async def prepared(installation: Installation, person: httpx.AsyncClient, ana: Desk) -> tuple[requester.Sealed, dict[str, Any]]:
    """Return a request that is not sent yet, and a signed decision."""
    new = await requester.seal(person, "bread", installation.clock.today)
    rule = await ana.proposal(Change.EPOCH, value=14)
    return new, {"number": rule.number, "entry": as_json(ana.signed(rule))}


@pytest.mark.parametrize("wrong", WRONG, ids=["40 ahead", "3 ahead", "2 behind", "40 behind", "1970", "leap day"])
async def test_a_wrong_clock_dates_signs_and_rotates_nothing(
    of_three: Installation, wrong: Callable[[FakeClock], None]
) -> None:
    installation = of_three
    async with installation.client() as person, desks(installation, installation.members[0]) as (ana,):
        stored = await a_case(installation, person)
        new, entry = await prepared(installation, person, ana)
        before, keys = rows(installation), stored_keys(installation, "")
        wrong(installation.clock)
        answers = [
            await person.post("/api/form/offer", json={"case": new_id()}),
            await requester.submit(person, new.body),
            await person.post("/api/form/return", json={"token": stored.token}),
            await ana.client.post("/api/desk/keylist", json=entry),
            await ana.client.put("/api/desk/duty", json={"on_duty": False}),
            await ana.client.put("/api/desk/keyring", json={"number": 2, "file": KEYRING_FILE}),
            await ana.client.post("/api/desk/invites"),
            await ana.client.post("/api/desk/rotation/commit", json={}),
        ]
        for answer in answers:
            refused(answer, 503, "clock")
        with pytest.raises(ClockError):
            await installation.service.write(lambda tx: decisions.daily(installation.service, tx))
        assert await purge(installation.service) == RETRY_SECONDS
        health = await person.get("/healthz/ready")
        assert (health.status_code, health.json()) == (503, {"status": "clock"})
        assert (rows(installation), stored_keys(installation, "")) == (before, keys)


@pytest.mark.parametrize("wrong", WRONG, ids=["40 ahead", "3 ahead", "2 behind", "40 behind", "1970", "leap day"])
async def test_a_server_works_again_once_its_wrong_clock_is_right(
    of_three: Installation, wrong: Callable[[FakeClock], None]
) -> None:
    installation = of_three
    async with installation.client() as person, desks(installation, installation.members[0]) as (ana,):
        new, entry = await prepared(installation, person, ana)
        right = installation.clock.now
        wrong(installation.clock)
        refused(await requester.submit(person, new.body), 503, "clock")
        installation.clock.now = right
        assert (await person.get("/healthz/ready")).json() == {"status": "up"}
        assert (await requester.submit(person, new.body)).status_code == 201
        assert (await ana.client.post("/api/desk/keylist", json=entry)).status_code == 201


def test_a_first_start_in_1970_founds_nothing_and_serves_nobody(tmp_path: Path) -> None:
    clock = FakeClock()
    clock.now = dt.datetime(1970, 1, 1, 0, 5, tzinfo=dt.UTC)
    service = open_service(tmp_path, clock)
    try:
        with pytest.raises(ClockError):
            founding_link(service, "http://localhost")
        assert service.job.store.last_run() is None
        clock.now = dt.datetime(2028, 2, 29, 0, 5, tzinfo=dt.UTC)  # the test sets this: a leap day is an ordinary day
        service.guard.note_day()
        service.job.run(clock.today)
        assert founding_link(service, "http://localhost")
        clock.forward(days=1)
        assert service.today == dt.date(2028, 3, 1)
        service.job.run(clock.today)
    finally:
        service.close()


async def test_a_server_that_was_off_for_a_month_waits_for_a_confirmed_clock(of_three: Installation) -> None:
    installation = of_three
    installation.clock.jump(days=30)
    async with installation.client() as person:
        refused(await person.post("/api/form/offer", json={"case": new_id()}), 503, "clock")
        assert installation.service.guard.confirm().nonzero() == {}
        installation.has_signed_in(installation.members[0])
        assert (await person.post("/api/form/offer", json={"case": new_id()})).status_code == 200


async def test_dates_that_a_wrong_clock_wrote_are_corrected(of_three: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier version believed every clock. Its clock was 40 days ahead for a moment."""

    installation, service, right = of_three, of_three.service, of_three.clock.now
    installation.clock.jump(days=40)
    with monkeypatch.context() as unguarded:
        unguarded.setattr(type(service.guard), "contradiction", property(lambda self: None))
        async with installation.client() as person, desks(installation) as (ana, ben, _):
            installation.has_signed_in(ben.member)
            stored = await a_case(installation, person)
            rule = await ana.proposal(Change.EPOCH, value=14)
            assert [(await member.sign(rule)).json()["missing_signatures"] for member in (ana, ben)] == [1, 0]
            await ana.sign(await ana.proposal(Change.EPOCH, value=21))
            assert (await begin(ana, Identity.generate(), 2)).status_code == 201
            assert (await ana.client.post("/api/desk/invites")).status_code == 201
    service.job.run(installation.clock.today, clock_is_right=True)
    installation.clock.now = right
    service.guard.refresh()
    async with installation.client() as person:
        refused(await person.post("/api/form/offer", json={"case": new_id()}), 503, "clock")
        done = service.guard.confirm().nonzero()
        assert done == {
            "entries": 1, "group_log": 1, "presences": 3, "cases": 1, "sessions": 3, "invites": 1, "rotations": 1, "tokens": 1,
            "snapshots": 1,
        }  # fmt: skip
        assert service.guard.confirm().nonzero() == {}
        service.job.run(installation.clock.today)
        async with desks(installation) as (ana, ben, _):
            rule = await ana.proposal(Change.EPOCH, value=14)
            assert [(await member.sign(rule)).json()["missing_signatures"] for member in (ana, ben)] == [1, 0]
            assert group.check_log((await ana.group())["group_log"])
        assert (await a_case(installation, person)).body
        assert (await person.post("/api/form/return", json={"token": stored.token})).status_code == 200


async def test_a_rotation_by_a_clock_ahead_keeps_the_keys_of_every_case_that_it_skipped(of_three: Installation) -> None:
    installation = of_three
    async with installation.client() as person:
        soon = await requester.seal(person, "milk", installation.clock.today, days=1)
        holder = soon.body["grants"][0]["member"]
        member = next(candidate for candidate in installation.members if candidate.id == holder)
        assert (await requester.submit(person, soon.body)).status_code == 201
    old = f"epoch.{member.id}.{member.epoch.recipient.id}"
    installation.clock.jump(days=2)  # as far ahead as a clock may be
    async with desks(installation, member) as (ana,):
        assert (await begin(ana, Identity.generate(), 2)).status_code == 201
        rotation = (await ana.client.get("/api/desk/rotation")).json()
        assert (rotation["missing"], rotation["older"]) == (0, [member.epoch.recipient.id])
        assert (await commit(ana, 3, 1)).status_code == 200
    assert any(name.startswith(old) for name in stored_keys(installation, "epoch"))
    installation.clock.jump(days=-2)
    async with desks(installation, member) as (ana,):
        listed = requester.unpacked(await ana.client.get("/api/desk/cases"))["cases"]
        assert [(case["case"], case["epoch"]) for case in listed] == [(soon.body["case"], member.epoch.recipient.id)]
        assert listed[0]["grant"]
    installation.clock.forward(days=3)
    installation.service.job.run(installation.clock.today)
    await installation.service.write(lambda tx: decisions.daily(installation.service, tx))
    await installation.service.destroy_retired()
    assert not any(name.startswith(old) for name in stored_keys(installation, "epoch"))


async def test_a_case_that_could_not_be_opened_in_a_rotation_is_not_given_up(of_three: Installation) -> None:
    installation, member = of_three, of_three.members[0]
    async with installation.client() as person:
        mine: list[str] = []
        while len(mine) < 2:
            body = (await a_case(installation, person)).body
            mine += [body["case"]] if member.id in {grant["member"] for grant in body["grants"]} else []
    async with desks(installation, member) as (ana,):
        epoch = Identity.generate()
        assert (await begin(ana, epoch, 2)).status_code == 201
        await ana.client.put("/api/desk/rotation/grants", json={"grants": [staged(mine[0], ana, epoch, 0)]})
        assert (await commit(ana, 3, 1, lost=[mine[1]])).status_code == 200
        listed = {case["case"]: case["epoch"] for case in requester.unpacked(await ana.client.get("/api/desk/cases"))["cases"]}
        assert listed == {mine[0]: epoch.recipient.id, mine[1]: member.epoch.recipient.id}
        assert any(member.epoch.recipient.id in name for name in stored_keys(installation, "epoch"))
        with installation.service.database.transaction() as tx:
            assert [seat.epoch for seat in members.seats(tx) if seat.member == member.id] == [epoch.recipient.id]
