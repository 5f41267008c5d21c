"""Attacks on follow-ups by the host and by a former member. docs/reference/format.md, Follow-up."""

from typing import Any

import pytest
from msgspec import UNSET

from crypto import case as protocol
from crypto import entry
from crypto.case import VerifiedGroup
from crypto.entry import FollowUp, Kind, Note, Position, Sequence, Status, Summary
from crypto.errors import BindingError, CryptoError
from crypto.signing import Author
from tests.support.casework import Group, Host, Person, first_look, look, submitted

THURSDAY, FRIDAY, LATER = "2026-12-03", "2026-12-04", "2026-11-28"
SUMMARY = Summary(
    arrived="2026-11-20", name="", kinds=[], line="bread", language="en", direction="need", deletion="2026-12-20",
    area="", urgency="", contact="",
)  # fmt: skip


class Story:
    """A case of three members, whose host stores what each of them writes."""

    def __init__(self) -> None:
        self.group = Group(3)
        self.host: Host = submitted(self.group, *self.group.people)
        self.sam, self.kim, self.lee = self.group.people
        first_look(self.host, self.sam, self.group, self.kim, self.lee)

    def write(self, day: str | None, by: Person | None = None, **more: Any) -> None:
        """A member sets the follow-up to a day, or ends it."""
        author = by or self.sam
        seen = look(self.host, author, self.group)
        self.host.take(protocol.seal_next(seen, Kind.FOLLOW_UP, status(day, **more), self.group.author(author), "2026-11-25"))

    def seen(self) -> tuple[str | None, list[str]]:
        """The day that a colleague sees, and the warnings."""
        opened = look(self.host, self.kim, self.group)
        found = protocol.follow_up_of(opened.desk)
        return found.day if found else None, [warning.reason for warning in opened.warnings]


def status(day: str | None, **more: Any) -> Status:
    follow_up = FollowUp(day=day, text="call back", member="") if day else UNSET
    return Status(status="call-back", summary=SUMMARY, **{"follow_up": follow_up, **more})


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_colleague_sees_the_newest_follow_up_and_not_one_that_is_done(story: Story) -> None:
    assert story.seen() == (None, [])
    story.write(THURSDAY)
    story.write(FRIDAY, by=story.lee)
    assert story.seen() == (FRIDAY, [])
    story.write(None)
    assert story.seen() == (None, [])


def test_an_older_follow_up_that_the_host_replays_is_left_out_and_named(story: Story) -> None:
    story.write(THURSDAY)
    older = story.host.entries[Sequence.DESK][-1]
    story.write(FRIDAY)
    story.host.entries[Sequence.DESK].append(older)
    day, warnings = story.seen()
    assert day == FRIDAY
    assert "an entry that belongs elsewhere" in warnings


def test_a_follow_up_that_the_host_moves_to_another_case_does_not_open(story: Story) -> None:
    story.write(THURSDAY)
    keys = look(story.host, story.sam, story.group).keys
    other = submitted(story.group, story.sam).case
    with pytest.raises(BindingError, match="an entry that belongs elsewhere"):
        entry.open_(
            story.host.entries[Sequence.DESK][0],
            Position(other, Sequence.DESK, 0),
            keys.desk_keys,
            {0: entry.desk_mac_key(keys.desk_keys[0], other)},
            story.group.keys.author_key,
        )


def test_a_follow_up_in_a_colleagues_name_is_left_out_and_named(story: Story) -> None:
    story.write(THURSDAY)
    forged = Author(story.kim.id, story.lee.signing, story.group.keys.head)
    seen = look(story.host, story.lee, story.group)
    story.host.take(protocol.seal_next(seen, Kind.FOLLOW_UP, status(None), forged, "2026-11-25"))
    assert story.seen() == (THURSDAY, ["a signature that does not verify"])


def test_a_former_member_cannot_end_a_follow_up_after_they_were_removed(story: Story) -> None:
    then = story.group.keys
    story.group.remove(story.lee, "2026-11-26")
    story.write(THURSDAY)
    seen = look(story.host, story.lee, story.group, VerifiedGroup(then))
    forged = Author(story.lee.id, story.lee.signing, then.head)
    late = protocol.seal_next(seen, Kind.FOLLOW_UP, status(None), forged, LATER)
    story.host.entries[Sequence.DESK].append(late.file)
    day, warnings = story.seen()
    assert day == THURSDAY
    assert "an entry whose head is older than an earlier entry's" in warnings


def test_a_former_member_cannot_set_a_follow_up_under_the_head_that_removed_them(story: Story) -> None:
    story.group.remove(story.lee, "2026-11-26")
    seen = look(story.host, story.lee, story.group)
    forged = Author(story.lee.id, story.lee.signing, story.group.keys.head)
    story.host.take(protocol.seal_next(seen, Kind.FOLLOW_UP, status(THURSDAY), forged, LATER))
    assert story.seen() == (None, ["a signature by someone who was not an active member then"])


def test_a_follow_up_on_the_day_of_deletion_is_left_out_and_hides_no_other_entry(story: Story) -> None:
    story.write(THURSDAY)
    story.write("2026-12-20")
    assert story.seen() == (THURSDAY, ["a follow-up on or after the day of deletion"])


def test_a_note_that_repeats_a_follow_up_keeps_it(story: Story) -> None:
    story.write(THURSDAY)
    seen = look(story.host, story.kim, story.group)
    repeated = protocol.follow_up_of(seen.desk)
    assert repeated
    note = Note(status="call-back", summary=SUMMARY, text="not at home", follow_up=repeated)
    story.host.take(protocol.seal_next(seen, Kind.NOTE, note, story.group.author(story.kim), LATER))
    assert story.seen() == (THURSDAY, [])


@pytest.mark.parametrize("text", ["a" * 101, "\n" * 101])
def test_a_follow_up_with_a_long_text_is_left_out(story: Story, text: str) -> None:
    story.write(None, follow_up=FollowUp(day=THURSDAY, text=text, member=""))
    assert story.seen() == (None, ["a follow-up whose text is too long"])


def test_the_errors_of_a_follow_up_never_quote_its_text() -> None:
    with pytest.raises(CryptoError) as refusal:
        FollowUp(day=THURSDAY, text="secret" * 30, member="").check("2026-12-20")
    assert "secret" not in str(refusal.value)
