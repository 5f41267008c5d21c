"""A whole case between requester, members and a host that may lie. docs/reference/format.md, The case."""

import dataclasses
from dataclasses import dataclass

import pytest

from crypto import case as protocol
from crypto import entry, hold
from crypto.age import Identity
from crypto.case import CaseWarning, NewestKey, Reader, StoredHold, VerifiedGroup, WarningKind
from crypto.entry import Kind, Note, Sequence, Summary, Text
from crypto.errors import BindingError, CryptoError, SignatureError
from tests.support.casework import DAY, Group, Host, first_look, look, look_own, regrant, stored, submitted

SUMMARY = Summary(
    arrived=DAY, name="", kinds=[], line="x", language="en", direction="need", deletion="2026-12-20",
    area="", urgency="", contact="",
)  # fmt: skip


def kinds(warnings: tuple[CaseWarning, ...]) -> list[WarningKind]:
    return [warning.kind for warning in warnings]


def say(host: Host, group: Group, text: str, number: int = 0) -> None:
    """A member answers."""
    person = group.people[number]
    host.take(protocol.seal_next(look(host, person, group), Kind.MESSAGE, Text(text=text), group.author(person), DAY))


def hand_over(host: Host, group: Group) -> None:
    """The first member gives the case to the second, under new keys."""
    sam, kim = group.people[:2]
    keys = protocol.with_new_keys(look(host, sam, group).keys)
    regrant(host, keys, sam, group, sam, kim)
    content = protocol.keys_content(host.case, keys)
    host.take(protocol.seal_next(look(host, sam, group), Kind.KEYS, content, group.author(sam), DAY))
    regrant(host, keys, sam, group, kim)


def test_requester_and_members_see_the_same_messages_and_only_the_desk_sees_notes() -> None:
    group = Group(2)
    sam, kim = group.people
    host = submitted(group, sam, kim)
    first_look(host, sam, group, kim)
    note = Note(status="new", summary=SUMMARY, text="ring twice")
    host.take(protocol.seal_next(look(host, sam, group), Kind.NOTE, note, group.author(sam), DAY))
    say(host, group, "at six")
    own = look_own(host, group)
    host.take(protocol.seal_own_next(own, host.receipt.identity.recipient, Kind.CORRECTION, "two loaves", DAY))
    for person in (sam, kim):
        seen = look(host, person, group)
        assert [read.content for read in seen.shared[1:]] == [Text(text="at six"), Text(text="two loaves")]
        assert [read.content for read in seen.desk] == [note]
        assert seen.warnings == ()
    assert [read.content for read in look_own(host, group).entries[1:]] == [Text(text="at six"), Text(text="two loaves")]


def test_a_host_that_answers_with_a_case_of_its_own_is_refused() -> None:
    group = Group(1)
    asked, its_own = submitted(group, group.people[0]), submitted(group, group.people[0], words="the host's own")
    reader = Reader(group.people[0].id, group.people[0].epoch, VerifiedGroup(group.keys))
    with pytest.raises(BindingError, match="another case than the requested one"):
        protocol.open_case(asked.case, its_own.served(group.people[0]), reader)
    # The same case is refused under the requested id.
    with pytest.raises(BindingError, match="another case, member or epoch"):
        protocol.open_case(asked.case, its_own.served(group.people[0], case=asked.case), reader)


def test_a_host_that_answers_with_a_colleagues_grant_is_refused() -> None:
    group = Group(2)
    host = submitted(group, *group.people)
    with pytest.raises(BindingError, match="someone else"):
        look(host, group.people[0], group, grantee=group.people[1].id)


def test_a_case_whose_request_does_not_open_or_is_missing_is_refused() -> None:
    group = Group(1)
    host, other = submitted(group, group.people[0]), submitted(group, group.people[0])
    with pytest.raises(CryptoError):
        look(host, group.people[0], group, shared=stored(other.entries[Sequence.SHARED]))
    with pytest.raises(BindingError, match="without its request"):
        look(host, group.people[0], group, shared=[])


def test_an_entry_that_does_not_open_is_left_out_with_a_warning_and_nothing_is_written_over_it() -> None:
    group = Group(1)
    host, other = submitted(group, group.people[0]), submitted(group, group.people[0])
    say(other, group, "for somebody else")
    files = [*host.entries[Sequence.SHARED], other.entries[Sequence.SHARED][1]]
    seen = look(host, group.people[0], group, shared=stored(files))
    assert len(seen.shared) == 1
    assert kinds(seen.warnings) == [WarningKind.MISSING]
    assert seen.last[Sequence.SHARED].number == 1
    assert protocol.seal_next(seen, Kind.MESSAGE, Text(text="x"), group.author(group.people[0]), DAY).number == 2


@pytest.fixture
def answered() -> tuple[Group, Host]:
    """A case with two answers."""
    group = Group(1)
    host = submitted(group, group.people[0])
    for words in ("one", "two"):
        say(host, group, words)
    return group, host


def test_a_missing_entry_between_two_others_causes_a_warning(answered: tuple[Group, Host]) -> None:
    group, host = answered
    whole = stored(host.entries[Sequence.SHARED])
    seen = look(host, group.people[0], group, shared=[whole[0], whole[2]])
    assert [read.position.number for read in seen.shared] == [0, 2]
    assert WarningKind.MISSING in kinds(seen.warnings)


def test_an_entry_that_the_host_repeats_is_shown_once_with_a_warning(answered: tuple[Group, Host]) -> None:
    group, host = answered
    whole = stored(host.entries[Sequence.SHARED])
    twice = look(host, group.people[0], group, shared=[*whole, whole[2]])
    assert [read.position.number for read in twice.shared] == [0, 1, 2]
    assert kinds(twice.warnings) == [WarningKind.MISSING]


def test_an_entry_under_the_digest_of_another_causes_a_warning(answered: tuple[Group, Host]) -> None:
    group, host = answered
    whole = stored(host.entries[Sequence.SHARED])
    renamed = dataclasses.replace(whole[2], digest=whole[1].digest)
    assert WarningKind.MISSING in kinds(look(host, group.people[0], group, shared=[*whole[:2], renamed]).warnings)


def test_a_host_that_keeps_a_case_longer_than_its_requester_chose_causes_a_warning() -> None:
    group = Group(1)
    host = submitted(group, group.people[0])
    assert kinds(look(host, group.people[0], group, expires="2026-12-21").warnings) == [WarningKind.LATE]


def test_after_a_hand_over_messages_of_both_sides_are_encrypted_under_the_new_key() -> None:
    group = Group(2)
    host = submitted(group, group.people[0])
    first_look(host, group.people[0], group)
    hand_over(host, group)
    say(host, group, "I have it now", number=1)
    own = look_own(host, group)
    assert (own.key.number, own.warnings) == (1, ())
    host.take(protocol.seal_own_next(own, host.receipt.identity.recipient, Kind.MESSAGE, "thank you", DAY))
    seen = look(host, group.people[1], group)
    assert [read.key for read in seen.shared] == [0, 0, 1, 1]
    assert seen.warnings == ()


def test_a_second_key_under_a_published_number_is_refused() -> None:
    group = Group(1)
    host = submitted(group, group.people[0])
    first_look(host, group.people[0], group)
    other = Identity.generate()
    for number in (0, 1, 1):
        content = entry.Keys(number=number, recipient=str(other.recipient), mac="A" * 43)
        host.take(
            protocol.seal_next(look(host, group.people[0], group), Kind.KEYS, content, group.author(group.people[0]), DAY)
        )
        other = Identity.generate()
    own = look_own(host, group)
    assert len(own.warnings) == 2
    assert isinstance(own.key, NewestKey)
    assert own.key.number == 1


def test_a_request_that_is_not_the_receipts_is_left_out_with_a_warning() -> None:
    group = Group(1)
    host = submitted(group, group.people[0])
    keys = look(host, group.people[0], group).keys.case_keys[0]
    content = look_own(host, group).entries[0].content
    again = entry.seal(
        entry.Position(host.case, Sequence.SHARED, 0),
        Kind.REQUEST,
        content,
        day=DAY,
        previous="",
        recipients=[keys.recipient, host.receipt.identity.recipient],
        mac_key=entry.shared_mac_key(keys, host.case),
    )
    own = look_own(host, group, entries=stored([again]))
    assert own.entries == ()
    assert kinds(own.warnings) == [WarningKind.MISSING]


def test_a_hidden_request_is_counted_and_encrypted_only_to_the_case() -> None:
    group = Group(1)
    host = submitted(group, group.people[0], shown=False)
    hidden = [dataclasses.replace(row, file=None) for row in stored(host.entries[Sequence.SHARED])]
    own = look_own(host, group, entries=hidden)
    assert (own.hidden, own.entries, own.warnings) == (1, (), ())
    host.take(protocol.seal_own_next(own, host.receipt.identity.recipient, Kind.MESSAGE, "x", DAY))
    with pytest.raises(CryptoError):
        entry.open_(
            host.entries[Sequence.SHARED][1],
            entry.Position(host.case, Sequence.SHARED, 1),
            [host.receipt.identity],
            {0: own.grant.mac_key},
            group.keys.author_key,
        )


@dataclass
class Held:
    """A case of two members, the shared entry with a reason, and both members' signatures of a hold."""

    group: Group
    host: Host
    body: bytes
    signatures: dict[str, str]


@pytest.fixture
def held() -> Held:
    group = Group(2)
    sam, kim = group.people
    host = submitted(group, sam, kim)
    reason = entry.HoldReason(text="the hearing", until="2026-12-10")
    host.take(protocol.seal_next(look(host, sam, group), Kind.HOLD, reason, group.author(sam), DAY))
    body = hold.body_of(host.case, "2026-12-10", entry.digest_of(host.entries[Sequence.SHARED][1]), group.keys.head)
    return Held(group, host, body, {person.id: hold.sign(body, person.signing) for person in (sam, kim)})


def test_a_hold_that_one_member_signed_is_proposed_to_members_and_hidden_from_the_requester(held: Held) -> None:
    sam, kim = held.group.people
    held.host.hold = StoredHold(held.body.decode(), {sam.id: held.signatures[sam.id]})
    proposed = look(held.host, kim, held.group).hold
    assert proposed
    assert (proposed.reason, proposed.in_force, proposed.by) == ("the hearing", False, (sam.id,))
    assert look_own(held.host, held.group).hold is None


def test_a_hold_that_two_members_signed_is_shown_to_the_requester(held: Held) -> None:
    held.host.hold = StoredHold(held.body.decode(), held.signatures)
    kept = look_own(held.host, held.group).hold
    assert kept
    assert (kept.until, kept.in_force) == ("2026-12-10", True)


def test_a_hold_with_a_signature_under_another_members_name_is_left_out_with_a_warning(held: Held) -> None:
    sam, kim = held.group.people
    held.host.hold = StoredHold(held.body.decode(), {sam.id: held.signatures[kim.id]})
    assert kinds(look(held.host, kim, held.group).warnings) == [WarningKind.MISSING]


def test_a_hold_whose_reason_is_another_entry_is_left_out(held: Held) -> None:
    sam, kim = held.group.people
    digest = entry.digest_of(held.host.entries[Sequence.SHARED][0])
    without = hold.body_of(held.host.case, "2026-12-10", digest, held.group.keys.head)
    held.host.hold = StoredHold(without.decode(), {sam.id: hold.sign(without, sam.signing)})
    assert look(held.host, kim, held.group).hold is None


def test_a_grant_in_a_strangers_name_is_refused() -> None:
    group, stranger = Group(1), Group(1).people[0]
    host = submitted(group, group.people[0])
    keys = protocol.with_desk_key(look(host, group.people[0], group).keys)
    regrant(host, keys, stranger, group, group.people[0])
    with pytest.raises(SignatureError):
        look(host, group.people[0], group)
