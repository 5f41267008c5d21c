"""Signatures made after their author has left count nowhere, even if the host helps. docs/reference/format.md, Heads."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec import UNSET

from crypto import age, entry, hold, names
from crypto import case as protocol
from crypto.case import CaseWarning, Floor, StoredHold, VerifiedGroup, WarningKind
from crypto.encoding import b64
from crypto.entry import Kind, Sequence, Text
from crypto.errors import NamesError, SignatureError
from crypto.keylist import KeyList
from crypto.labels import Label
from crypto.signing import Author
from tests.support.casework import Group, Host, Person, first_look, look, look_own, regrant, submitted

LEFT, AFTER = "2026-11-25", "2026-11-28"
DIGEST = b64(bytes(32))  # of a names file


@dataclass
class Point:
    """A snapshot of the day after somebody left."""

    day: dt.date = dt.date(2026, 11, 26)
    number: int = 3
    names: int = 0
    names_digest: str | None = None


@dataclass
class Story:
    """Three members, a case of two of them, and the third who held it until they were removed."""

    group: Group
    host: Host
    then: KeyList
    former: Person

    @property
    def author(self) -> Author:
        """The former member's signature, as if they were still a member."""
        return Author(self.former.id, self.former.signing, self.then.head)

    def forge(self, kind: Kind, content: entry.Content, day: str, author: Author | None = None) -> None:
        """The host stores an entry by the former member."""
        seen = look(self.host, self.former, self.group, VerifiedGroup(self.then))
        self.host.take(protocol.seal_next(seen, kind, content, author or self.author, day))

    def answer(self, day: str = LEFT) -> None:
        """A member answers, by the list without the former one."""
        sam = self.group.people[0]
        seen = look(self.host, sam, self.group)
        self.host.take(protocol.seal_next(seen, Kind.MESSAGE, Text(text="at six"), self.group.author(sam), day))


@pytest.fixture
def story() -> Story:
    group = Group(3)
    host = submitted(group, *group.people)
    first_look(host, group.people[0], group, *group.people[1:])
    then, former = group.keys, group.people[2]
    group.remove(former, LEFT)
    return Story(group, host, then, former)


def of(warnings: tuple[CaseWarning, ...]) -> list[tuple[WarningKind, str]]:
    return [(warning.kind, warning.reason) for warning in warnings]


def seen_by_all(story: Story, **known: Any) -> list[tuple[list[str], list[tuple[WarningKind, str]]]]:
    """The words and warnings that a member and the requester see."""
    what = VerifiedGroup(story.group.keys, **known)
    desk = look(story.host, story.group.people[0], story.group, what)
    own = look_own(story.host, story.group, what)
    return [
        ([read.content.text for read in entries if isinstance(read.content, Text)], of(warnings))
        for entries, warnings in ((desk.shared, desk.warnings), (own.entries, own.warnings))
    ]


def test_a_former_members_answer_under_an_old_head_does_not_follow_one_under_a_newer_head(story: Story) -> None:
    story.answer()
    story.forge(Kind.MESSAGE, Text(text="bring money"), AFTER)
    for words, warnings in seen_by_all(story):
        assert words == ["at six"]
        assert warnings == [(WarningKind.BEHIND, "an entry whose head is older than an earlier entry's")]


def test_a_former_members_answer_dated_after_the_newest_snapshot_is_left_out(story: Story) -> None:
    story.forge(Kind.MESSAGE, Text(text="bring money"), AFTER)
    for words, warnings in seen_by_all(story, snapshot=Point()):
        assert words == []
        assert warnings == [(WarningKind.BEHIND, "an entry dated after a snapshot, with a head older than the snapshot's")]


def test_a_backdated_answer_that_was_not_there_when_a_session_looked_is_left_out(story: Story) -> None:
    before = look(story.host, story.group.people[0], story.group)
    story.forge(Kind.MESSAGE, Text(text="bring money"), "2026-11-21")
    for words, warnings in seen_by_all(story, floor=protocol.floor_of(before, Point())):
        assert words == []
        assert warnings == [(WarningKind.BEHIND, "an entry received after a snapshot, with a head older than the snapshot's")]
    assert seen_by_all(story, floor=Floor({Sequence.SHARED: 1, Sequence.DESK: 0}, 3))[0][0] == ["bring money"]


def test_a_former_member_who_names_a_head_after_their_removal_is_refused(story: Story) -> None:
    story.forge(
        Kind.MESSAGE, Text(text="bring money"), AFTER, Author(story.former.id, story.former.signing, story.group.keys.head)
    )
    for words, warnings in seen_by_all(story):
        assert words == []
        assert warnings == [(WarningKind.MISSING, "a signature by someone who was not an active member then")]


def test_a_newcomer_who_names_a_head_before_their_enrolment_is_refused(story: Story) -> None:
    newcomer = Person()
    story.group.enrol(newcomer, LEFT)
    story.forge(Kind.MESSAGE, Text(text="x"), AFTER, Author(newcomer.id, newcomer.signing, story.then.head))
    assert seen_by_all(story)[0] == ([], [(WarningKind.MISSING, "a signature by someone who was not an active member then")])


def test_a_former_members_answer_without_a_head_is_left_out_after_the_newest_snapshot(story: Story) -> None:
    """An entry of a version without heads counts as older than every head."""
    old = Author(story.former.id, story.former.signing, UNSET)  # type: ignore[arg-type]
    story.forge(Kind.MESSAGE, Text(text="bring money"), AFTER, old)
    for words, warnings in seen_by_all(story, snapshot=Point()):
        assert words == []
        assert warnings == [(WarningKind.BEHIND, "an entry dated after a snapshot, with a head older than the snapshot's")]


def test_an_answer_without_a_head_does_not_follow_one_with_a_head(story: Story) -> None:
    story.answer()
    sam = story.group.people[0]
    story.forge(Kind.MESSAGE, Text(text="x"), AFTER, Author(sam.id, sam.signing, UNSET))  # type: ignore[arg-type]
    assert seen_by_all(story)[1] == (
        ["at six"],
        [(WarningKind.BEHIND, "an entry whose head is older than an earlier entry's")],
    )


def test_an_answer_under_a_head_that_is_not_in_the_list_is_left_out(story: Story) -> None:
    story.forge(Kind.MESSAGE, Text(text="x"), AFTER, Author(story.former.id, story.former.signing, "A" * 43))
    assert seen_by_all(story)[0] == ([], [(WarningKind.MISSING, "a head that is not in the key list")])


def test_a_keys_entry_by_a_former_member_does_not_redirect_the_requesters_next_words(story: Story) -> None:
    """The entry is backdated and is the last one. Its key opens answers, and nothing is encrypted to it."""
    keys = protocol.with_new_keys(look(story.host, story.former, story.group, VerifiedGroup(story.then)).keys)
    story.forge(Kind.KEYS, protocol.keys_content(story.host.case, keys), "2026-11-21")
    own = look_own(story.host, story.group)
    assert (own.key.number, own.warnings) == (0, ())
    new = protocol.seal_own_next(own, story.host.receipt.identity.recipient, Kind.MESSAGE, "come by", AFTER)
    with pytest.raises(Exception, match="none of the identities"):
        age.decrypt(new.file, [keys.case_keys[-1]])
    # While its author was a member, its key was used.
    assert look_own(story.host, story.group, VerifiedGroup(story.then)).key.number == 1


def test_a_desk_key_that_a_former_member_granted_opens_and_nothing_new_is_sealed_to_it(story: Story) -> None:
    sam, kim = story.group.people
    keys = protocol.with_new_keys(look(story.host, story.former, story.group, VerifiedGroup(story.then)).keys)
    sealed = protocol.seal_grants(story.host.case, keys, [sam.seat, kim.seat], story.author)
    story.host.grants = {grant.member: grant for grant in sealed}
    seen = look(story.host, sam, story.group)
    assert seen.inherited
    with pytest.raises(ValueError, match="new ones first"):
        protocol.seal_next(seen, Kind.MESSAGE, Text(text="x"), story.group.author(sam), AFTER)
    regrant(story.host, protocol.with_new_keys(seen.keys), sam, story.group, sam, kim)
    assert not look(story.host, kim, story.group).inherited


def test_half_a_hold_by_a_former_member_is_left_out(story: Story) -> None:
    sam = story.group.people[0]
    reason = entry.HoldReason(text="the hearing", until="2026-12-10")
    story.host.take(protocol.seal_next(look(story.host, sam, story.group), Kind.HOLD, reason, story.group.author(sam), LEFT))
    digest = entry.digest_of(story.host.entries[Sequence.SHARED][1])
    for head, why in (
        (story.group.keys.head, "a signature by someone who was not an active member then"),
        (story.then.head, "a hold with a head older than its reason's"),
    ):
        body = hold.body_of(story.host.case, "2026-12-10", digest, head)
        both: dict[str, str] = {person.id: hold.sign(body, person.signing) for person in (sam, story.former)}
        story.host.hold = StoredHold(body.decode(), both)
        assert look_own(story.host, story.group).hold is None
        seen = look(story.host, sam, story.group)
        assert (seen.hold, of(seen.warnings)) == (None, [(WarningKind.MISSING, why)])


def test_an_entry_dated_before_an_earlier_one_is_shown_with_a_warning(story: Story) -> None:
    story.answer("2026-12-31")
    story.answer(AFTER)
    words, warnings = seen_by_all(story)[0]
    assert words == ["at six", "at six"]
    assert warnings == [(WarningKind.DATES, "dated before an earlier one")]


def book(story: Story, author: Author, number: int) -> names.Names:
    file = names.seal(
        names.Names(
            format=Label.NAMES.value,
            group=story.group.keys.group,
            number=number,
            author=author.member,
            members={},
            head=author.head,
        ),
        [story.group.people[0].epoch.recipient],
        author.key,
    )
    return names.open_(file, [story.group.people[0].epoch], story.group.keys.group, story.group.keys.author_key)


def test_a_name_by_a_former_member_is_refused(story: Story) -> None:
    with pytest.raises(SignatureError):
        book(story, Author(story.former.id, story.former.signing, story.group.keys.head), 2)
    # Under a head of their own time: names newer than the snapshot need a head that is not older than the snapshot's.
    forged = book(story, story.author, 2)
    with pytest.raises(NamesError, match="a head older than the snapshot's"):
        names.check_rollback(forged, DIGEST, story.group.keys, Point(names=1))
    with pytest.raises(NamesError, match="older than the newest snapshot's"):
        names.check_rollback(forged, DIGEST, story.group.keys, Point(names=3))
    sam = story.group.author(story.group.people[0])
    names.check_rollback(book(story, sam, 3), DIGEST, story.group.keys, Point(names=2))


def test_a_names_file_by_a_former_member_in_place_of_one_of_the_same_number_is_refused(story: Story) -> None:
    forged = book(story, story.author, 2)
    with pytest.raises(NamesError, match="other names than the newest snapshot's"):
        names.check_rollback(forged, DIGEST, story.group.keys, Point(names=2, names_digest=b64(b"\1" * 32)))
    names.check_rollback(forged, DIGEST, story.group.keys, Point(names=2, names_digest=DIGEST))  # of their own time
    names.check_rollback(forged, DIGEST, story.group.keys, Point(names=2))  # an earlier version's snapshot, without a digest


def test_a_former_member_who_names_the_head_of_the_last_snapshot_of_their_time_writes_no_names(story: Story) -> None:
    forged = book(story, story.author, 2)
    with pytest.raises(NamesError, match="by a former member"):
        names.check_rollback(forged, DIGEST, story.group.keys, Point(number=2, names=1))
