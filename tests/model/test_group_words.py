"""The group's templates, tags and names of statuses, at a terminal, against a lying host and a dishonest member.

docs/reference/format.md, Group words.
"""

import datetime as dt
from collections.abc import Iterator

import pytest

from crypto import group_words
from crypto.encoding import GroupId
from crypto.group_words import GroupWords, Tag
from crypto.keylist import Change
from crypto.labels import Label
from crypto.signing import Signed
from intake.cli import group, rotation
from intake.cli.desk import Desk
from intake.cli.member import Member
from tests.model.group import World
from tests.model.people import Person
from tests.model.shortcuts import in_a_hurry


@pytest.fixture
def world() -> Iterator[World]:
    with in_a_hurry():
        yield World(3, 2, None, lying=True)


def signed_in(world: World, person: Person) -> Desk:
    desk = world.sign_in(person)
    assert desk
    return desk


def written(me: Member, label: str, number: int) -> Signed:
    """Return group words with one tag, signed by a member."""
    words = GroupWords(
        format=Label.GROUP_WORDS.value,
        group=GroupId(me.keys.group),
        number=number,
        author=me.id,
        day=me.signing_day,
        head=me.keys.head,
        templates=[],
        tags=[Tag(id="a", label=label, colour="red")],
        statuses={},
    )
    return group_words.sign(words, me.ring.signing_key)


def write(me: Member, words: list[Signed]) -> None:
    """Store group words as a member's client does."""
    me.ask("PUT", "/api/desk/names", me.sealed_names(words=words))
    me.refresh()


def tag_seen_by(world: World, person: Person) -> tuple[str, str]:
    """Return the label of the group's tag, and who wrote it, as a member's client verified them."""
    words = signed_in(world, person).me.group_words
    return (words.tags[0].label, words.author) if words else ("", "")


def first_words(world: World, person: Person) -> Member:
    me = signed_in(world, person).me
    write(me, [written(me, "flood", me.names_number + 1)])
    return me


def test_a_removal_and_a_renewal_of_keys_keep_the_words_under_their_authors_name(world: World) -> None:
    ana, ben, cyd = world.people
    first_words(world, ana)
    assert tag_seen_by(world, ben) == ("flood", ana.id)
    for person in (ana, ben):
        world.decide(person, Change.REMOVE, member=cyd.id)
    world.today += dt.timedelta(days=1)
    desk = signed_in(world, ben)
    rotation.rotate(desk.me, lambda done, of: None)
    assert tag_seen_by(world, ana) == tag_seen_by(world, ben) == ("flood", ana.id)


def test_a_member_who_puts_older_words_into_a_new_file_is_not_believed_by_an_open_session(world: World) -> None:
    ana, ben, _ = world.people
    mallory = first_words(world, ana)
    older = written(mallory, "flood", mallory.names_number)
    open_session = signed_in(world, ben).me
    write(open_session, [written(open_session, "repair", open_session.names_number + 1)])
    mallory.refresh()
    write(mallory, [older])
    open_session.refresh()
    assert open_session.group_words
    assert open_session.group_words.tags[0].label == "repair"
    open_session.ask("PUT", "/api/desk/names", open_session.sealed_names())
    assert tag_seen_by(world, ana) == ("repair", ben.id)


def test_a_member_cannot_write_words_in_a_colleagues_name(world: World) -> None:
    ana, ben, cyd = world.people
    first_words(world, ana)
    mallory = signed_in(world, ben).me
    honest = written(mallory, "spoiled", mallory.names_number + 1)
    forged = Signed(body=honest.body.replace(ben.id, ana.id), signature=honest.signature)
    kept = mallory.sealed_words[0]
    write(mallory, [forged, kept])
    assert tag_seen_by(world, cyd) == ("flood", ana.id)


def test_a_member_cannot_shut_colleagues_out_with_a_number_that_none_can_exceed(world: World) -> None:
    ana, ben, cyd = world.people
    first_words(world, ana)
    mallory = signed_in(world, ben).me
    write(mallory, [written(mallory, "spoiled", 2**31 - 1), mallory.sealed_words[0]])
    assert tag_seen_by(world, cyd) == ("flood", ana.id)


def test_a_member_who_cannot_open_the_names_yet_does_not_replace_the_words(world: World) -> None:
    ana, ben, cyd = world.people
    me = first_words(world, ana)
    words = me.sealed_words
    me.ask("PUT", "/api/desk/names", me.sealed_names([me.seats[ana.id].recipient], words))  # as before Ben was added
    signed_in(world, ana)  # her snapshot names the file
    desk = signed_in(world, ben)
    desk.me.names = {ana.id: "ana"}  # as if he could open the name that she sent at enrolment
    world.decide(ana, Change.REMOVE, member=cyd.id)
    with world.acting(ben):
        group.decide(desk.me, Change.REMOVE, member=cyd.id)
    assert cyd.id not in world.members
    assert tag_seen_by(world, ana) == ("flood", ana.id)
