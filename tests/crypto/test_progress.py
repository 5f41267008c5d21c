"""The progress that a requester sees, and who cannot write it. docs/reference/format.md, Progress."""

import dataclasses

import pytest

from crypto import case as protocol
from crypto import entry
from crypto.case import OpenCase, Progress, Stage, StoredEntry, VerifiedGroup, WarningKind, is_later, stage_of
from crypto.entry import Kind, Sequence, Text
from tests.support.casework import DAY, Group, Host, Person, first_look, look, look_own, regrant, stored, submitted

LATER = "2026-11-23"


@pytest.fixture
def group() -> Group:
    return Group(2)


@pytest.fixture
def host(group: Group) -> Host:
    host = submitted(group, *group.people)
    first_look(host, group.people[0], group, *group.people[1:])
    return host


def write_stage(host: Host, group: Group, stage: str, day: str = DAY, person: Person | None = None) -> None:
    write(host, group, Kind.PROGRESS, entry.Progress(stage=stage), day, person)


def write(host: Host, group: Group, kind: Kind, content: entry.Content, day: str = DAY, person: Person | None = None) -> None:
    by = person or group.people[0]
    host.take(protocol.seal_next(look(host, by, group), kind, content, group.author(by), day))


def write_back(host: Host, group: Group, words: str = "one more thing") -> None:
    own = look_own(host, group)
    host.take(protocol.seal_own_next(own, host.receipt.identity.recipient, Kind.MESSAGE, words, LATER))


def progress_seen(host: Host, group: Group) -> Progress:
    """The progress that the requester sees. A member's client shows the same."""
    own = look_own(host, group)
    assert look(host, group.people[0], group).progress == own.progress
    return own.progress


def withheld(entries: list[StoredEntry], *numbers: int) -> list[StoredEntry]:
    return [dataclasses.replace(row, file=None) if row.number in numbers else row for row in entries]


def test_the_newest_stage_counts_with_its_own_day(host: Host, group: Group) -> None:
    assert progress_seen(host, group) == Progress(Stage.WAITING, "")
    write_stage(host, group, "read")
    assert progress_seen(host, group) == Progress(Stage.READ, DAY)
    write_stage(host, group, "in-progress", LATER)
    assert progress_seen(host, group) == Progress(Stage.IN_PROGRESS, LATER)


def test_a_reply_says_by_itself_that_the_request_is_answered(host: Host, group: Group) -> None:
    write(host, group, Kind.MESSAGE, Text(text="at six"), LATER)
    assert progress_seen(host, group) == Progress(Stage.ANSWERED, LATER)


def test_a_closed_request_stays_closed_until_its_requester_writes(host: Host, group: Group) -> None:
    write_stage(host, group, "closed", LATER)
    write(host, group, Kind.MESSAGE, Text(text="all the best"), "2026-11-24")
    assert progress_seen(host, group) == Progress(Stage.CLOSED, LATER)
    write_back(host, group)
    assert progress_seen(host, group) == Progress(Stage.WAITING, "")
    write_stage(host, group, "read", "2026-11-25")
    assert progress_seen(host, group) == Progress(Stage.READ, "2026-11-25")


def test_a_requesters_message_does_not_reset_the_progress(host: Host, group: Group) -> None:
    write_stage(host, group, "in-progress")
    write_back(host, group)
    assert progress_seen(host, group) == Progress(Stage.IN_PROGRESS, DAY)


def test_a_hidden_request_has_the_same_stages_and_reopens_too(group: Group) -> None:
    host = submitted(group, *group.people, shown=False)
    write_stage(host, group, "closed", LATER)

    def own(*hidden: int) -> Progress:
        return look_own(host, group, entries=withheld(stored(host.entries[Sequence.SHARED]), *hidden)).progress

    assert own(0) == Progress(Stage.CLOSED, LATER)
    write_back(host, group)
    assert own(0, 2) == Progress(Stage.WAITING, "")


def test_a_host_that_repeats_an_old_progress_at_a_later_number_is_refused(host: Host, group: Group) -> None:
    write_stage(host, group, "read")
    write_stage(host, group, "in-progress", LATER)
    host.entries[Sequence.SHARED].append(host.entries[Sequence.SHARED][1])
    own = look_own(host, group)
    assert own.progress == Progress(Stage.IN_PROGRESS, LATER)
    assert [warning.kind for warning in own.warnings] == [WarningKind.MISSING]


def test_a_host_that_serves_the_progress_of_another_case_is_refused(host: Host, group: Group) -> None:
    other = submitted(group, *group.people)
    write_stage(other, group, "closed")
    host.entries[Sequence.SHARED].append(other.entries[Sequence.SHARED][1])
    own = look_own(host, group)
    assert own.progress == Progress(Stage.WAITING, "")
    assert [warning.kind for warning in own.warnings] == [WarningKind.MISSING]


def test_a_host_that_withholds_the_newest_progress_shows_an_older_one_with_its_own_day(host: Host, group: Group) -> None:
    write_stage(host, group, "read")
    write_stage(host, group, "in-progress", LATER)
    own = look_own(host, group, entries=stored(host.entries[Sequence.SHARED][:2]))
    assert own.progress == Progress(Stage.READ, DAY)
    own = look_own(host, group, entries=withheld(stored(host.entries[Sequence.SHARED]), 2))
    assert own.progress == Progress(Stage.READ, DAY)


def test_a_finder_of_the_receipt_cannot_write_a_progress(host: Host, group: Group) -> None:
    own = look_own(host, group)
    file = entry.seal(
        entry.Position(host.case, Sequence.SHARED, 1),
        Kind.PROGRESS,
        entry.Progress(stage="closed"),
        day=DAY,
        previous=own.last.digest,
        recipients=[own.key.recipient, host.receipt.identity.recipient],
        mac_key=own.key.mac,
    )
    host.entries[Sequence.SHARED].append(file)
    own = look_own(host, group)
    assert own.progress == Progress(Stage.WAITING, "")
    assert [warning.reason for warning in own.warnings] == ["a desk entry without an author"]


def test_progress_by_a_former_member_under_an_old_head_does_not_count(group: Group) -> None:
    former = Person()
    group.enrol(former)
    host = submitted(group, *group.people)
    then = group.keys
    seen = look(host, former, group)
    author = group.author(former)
    group.remove(former)
    host.take(protocol.seal_next(seen, Kind.PROGRESS, entry.Progress(stage="closed"), author, DAY))
    assert look_own(host, group, VerifiedGroup(then)).progress == Progress(Stage.CLOSED, DAY)
    own = look_own(host, group)
    assert own.progress == Progress(Stage.WAITING, "")


def test_progress_by_a_member_does_not_count_after_their_removal(host: Host, group: Group) -> None:
    kim = group.people[1]
    write_stage(host, group, "in-progress", person=kim)
    group.remove(kim)
    assert progress_seen(host, group) == Progress(Stage.WAITING, "")


def lost(host: Host, group: Group) -> OpenCase:
    """The second member's view of the case, before the first takes it from them under new keys."""
    sam, kim = group.people
    before = look(host, kim, group)
    keys = protocol.with_new_keys(look(host, sam, group).keys)
    regrant(host, keys, sam, group, sam)
    write(host, group, Kind.KEYS, protocol.keys_content(host.case, keys))
    return before


def test_progress_by_a_colleague_without_the_case_does_not_count(host: Host, group: Group) -> None:
    before = lost(host, group)
    write_stage(host, group, "read")
    last = {**before.last, Sequence.SHARED: look(host, group.people[0], group).last[Sequence.SHARED]}
    kim = group.author(group.people[1])
    seen = dataclasses.replace(before, last=last)
    host.take(protocol.seal_next(seen, Kind.PROGRESS, entry.Progress(stage="closed"), kim, LATER))
    assert progress_seen(host, group) == Progress(Stage.READ, DAY)


def test_progress_from_before_new_keys_still_counts(host: Host, group: Group) -> None:
    write_stage(host, group, "read")
    lost(host, group)
    assert progress_seen(host, group) == Progress(Stage.READ, DAY)


def test_a_high_key_number_from_a_former_member_hides_no_progress(group: Group) -> None:
    former = Person()
    group.enrol(former)
    host = submitted(group, *group.people)
    other = look(host, former, group).keys.case_keys[0]
    keys = entry.Keys(number=2**31 - 1, recipient=str(other.recipient), mac="A" * 43)
    write(host, group, Kind.KEYS, keys, person=former)
    group.remove(former)
    write_stage(host, group, "read")
    assert progress_seen(host, group) == Progress(Stage.READ, DAY)


def test_a_client_writes_only_a_later_stage() -> None:
    written = [Stage.READ, Stage.IN_PROGRESS, Stage.CLOSED]
    allowed = {stage: [new for new in written if is_later(new, Progress(stage))] for stage in Stage}
    assert allowed == {
        Stage.WAITING: written,
        Stage.READ: [Stage.IN_PROGRESS, Stage.CLOSED],
        Stage.IN_PROGRESS: [Stage.CLOSED],
        Stage.ANSWERED: [Stage.CLOSED],
        Stage.CLOSED: [],
    }


def test_of_the_desk_statuses_three_tell_that_somebody_works_on_it_and_the_others_nothing() -> None:
    assert {status: stage_of(status).value for status in entry.STATUSES} == {
        "new": "read",
        "call-back": "in-progress",
        "in-progress": "in-progress",
        "ongoing": "in-progress",
        "done": "read",
        "sent-elsewhere": "read",
        "cannot-help": "read",
        "duplicate": "read",
    }
