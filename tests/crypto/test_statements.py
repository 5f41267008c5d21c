"""Statements as their members make them, snapshots that name them, and the statement of a candidate."""

import datetime as dt
from typing import Any

import pytest
from msgspec import structs

from crypto import snapshot, statement
from crypto.encoding import b64
from crypto.errors import EncodingError, StatementError
from crypto.labels import Label
from crypto.signing import Signed
from tests.support.casework import DAY, Group, Person

TODAY = dt.date.fromisoformat(DAY)


@pytest.fixture(scope="module")
def group() -> Group:
    return Group(1)


def statement_of(person: Person, group: Group, **changes: Any) -> Signed:
    keys = group.keys
    body = statement.Body(
        format=Label.STATEMENT.value,
        group=keys.group,
        member=person.id,
        recipient=str(person.epoch.recipient),
        head=keys.head,
        from_=DAY,
        until="2027-01-19",
        tags=[],
    )
    return statement.sign(structs.replace(body, **changes), person.signing)


def snapshot_naming(signed: Signed, group: Group) -> snapshot.Snapshot:
    """Return what a reader reads of the first member's snapshot, which names this statement of theirs."""
    keys, sam = group.keys, group.people[0]
    body = snapshot.Body(
        format=Label.SNAPSHOT.value,
        group=keys.group,
        member=sam.id,
        version=1,
        day=DAY,
        number=0,
        head=keys.head,
        statements={sam.id: statement.hash_of(signed)},
        names=0,
        cases=b64(bytes(32)),
    )
    return snapshot.verify(snapshot.sign(body, sam.signing), keys, TODAY)


def candidate_of(person: Person, group: Group) -> statement.Candidate:
    key = person.signing.verifying_key.text
    return statement.Candidate(format=Label.CANDIDATE.value, group=group.keys.group, member=person.id, key=key)


def test_a_snapshot_that_names_a_statement_by_its_hash_lets_clients_encrypt_to_it(group: Group) -> None:
    sam = group.people[0]
    signed = statement_of(sam, group)
    verified = statement.verify(signed, group.keys, TODAY, snapshot_naming(signed, group))
    assert verified.recipient == sam.epoch.recipient


def test_a_snapshot_does_not_name_another_statement_of_its_member(group: Group) -> None:
    sam = group.people[0]
    named, other = statement_of(sam, group), statement_of(sam, group, tags=["lang:ar"])
    with pytest.raises(StatementError, match="a statement that the snapshot does not name"):
        statement.verify(other, group.keys, TODAY, snapshot_naming(named, group))


def test_the_first_day_of_a_statement_is_read_without_its_group(group: Group) -> None:
    assert statement.first_day(statement_of(group.people[0], group)) == TODAY


def test_a_statement_that_cannot_be_parsed_has_no_first_day() -> None:
    with pytest.raises(EncodingError):
        statement.first_day(Signed(body="{}", signature=""))


def test_a_candidates_statement_is_valid_before_their_enrolment(group: Group) -> None:
    newcomer = Person()
    signed = statement_of(newcomer, group)
    checked = statement.verify_of_candidate(signed, group.keys, candidate_of(newcomer, group), TODAY)
    assert (checked.member, checked.recipient) == (newcomer.id, newcomer.epoch.recipient)


def test_a_statement_in_a_candidates_name_that_another_key_signed_is_refused(group: Group) -> None:
    newcomer = Person()
    forged = statement_of(Person(id=newcomer.id), group)
    with pytest.raises(StatementError, match="a signature that does not verify"):
        statement.verify_of_candidate(forged, group.keys, candidate_of(newcomer, group), TODAY)
