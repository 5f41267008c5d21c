"""The names of a group and its snapshots, at a terminal, against a lying host. docs/reference/format.md, Names and Snapshot."""

import datetime as dt
from collections.abc import Iterator

import pytest

from crypto import names
from crypto.encoding import GroupId, b64
from crypto.errors import StaleSnapshotError
from crypto.keylist import Change
from crypto.labels import Label
from intake.cli import enrolment
from intake.cli.errors import CommandError
from intake.cli.member import Member
from tests.model.founding import PASSPHRASE
from tests.model.group import World
from tests.model.people import Person
from tests.model.session import connect
from tests.model.shortcuts import in_a_hurry


@pytest.fixture
def world() -> Iterator[World]:
    with in_a_hurry():
        yield World(3, 2, None, lying=True)


def forge_names_by_a_former_member(world: World) -> None:
    """Remove Cyd. The host stores names that Cyd signed under an earlier head, with the number of the group's names."""
    ana, ben, cyd = world.people
    former = world.sign_in(cyd)
    assert former
    for person in (ana, ben):
        world.decide(person, Change.REMOVE, member=cyd.id)
    assert cyd.id not in world.members
    assert world.host.names
    book = names.Names(
        format=Label.NAMES.value,
        group=GroupId(world.group),
        number=world.host.names[0],
        author=cyd.id,
        members={person.id: "mallory" for person in world.people},
        head=former.me.keys.head,
    )
    recipients = [seat.recipient for seat in former.me.seats.values()]
    world.host.names = (book.number, b64(names.seal(book, recipients, former.me.ring.signing_key)))


def names_seen_by(world: World, person: Person) -> set[str]:
    desk = world.sign_in(person)
    assert desk
    return set(desk.me.names.values())


def test_a_host_that_puts_a_former_members_names_in_place_of_the_groups_is_not_believed(world: World) -> None:
    ana = world.people[0]
    assert names_seen_by(world, ana) == {"member0", "member1", "member2"}
    forge_names_by_a_former_member(world)
    assert "mallory" not in names_seen_by(world, ana)


def test_a_member_signs_no_snapshot_of_names_that_they_refuse(world: World) -> None:
    ana, ben, _ = world.people
    forge_names_by_a_former_member(world)
    world.today += dt.timedelta(days=1)
    before = world.host.version()
    for person in (ana, ben):
        assert "mallory" not in names_seen_by(world, person)
    assert world.host.version() == before


def test_names_are_named_in_a_snapshot_by_a_member_who_cannot_open_them_yet(world: World) -> None:
    ana, ben, _ = world.people
    desk = world.sign_in(ana)
    assert desk
    me = desk.me
    sealed = me.sealed_names([me.seats[ana.id].recipient])  # as before somebody was enrolled
    me.ask("PUT", "/api/desk/names", sealed)
    world.sign_in(ana)
    world.today += dt.timedelta(days=1)
    before = world.host.version()
    assert world.sign_in(ben)
    assert world.host.version() > before


def test_a_member_does_not_rely_on_an_older_snapshot_than_they_signed(world: World) -> None:
    ana, ben, _ = world.people
    assert world.sign_in(ana)
    older = world.host.snapshots[0]
    world.today += dt.timedelta(days=1)
    assert world.sign_in(ben)
    world.host.lies.snapshot = older
    with pytest.raises(StaleSnapshotError, match="older than one seen before"):
        Member.sign_in(connect(world.host), ben.handle, PASSPHRASE, world.clock)


def test_a_newcomer_is_asked_to_wait_while_no_coordinator_can_be_notified(world: World) -> None:
    world.today += dt.timedelta(days=16)
    world.host.invites = {"invite"}
    link = f"http://host/#invite.{world.fingerprint}"
    with pytest.raises(CommandError, match="no coordinator has signed in recently"):
        enrolment.enrol(link, "newcomer", PASSPHRASE, connect(world.host), world.clock)
