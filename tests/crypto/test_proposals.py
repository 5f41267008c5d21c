"""Entries that are proposed for a key list: what they still lack, which days they may have, and their text by itself."""

import datetime as dt

import pytest

from crypto import keylist
from crypto.encoding import GroupId, new_id
from crypto.errors import KeyListError
from crypto.keylist import Change, KeyList, SignedEntry
from tests.support.casework import DAY, Group, Person

TODAY = dt.date.fromisoformat(DAY)


def enrolment(keys: KeyList, *signers: Person, day: str = DAY, newcomer: Person | None = None) -> SignedEntry:
    newcomer = newcomer or Person()
    body = keylist.next_body(keys, Change.ENROL, day, member=newcomer.id, key=newcomer.signing.verifying_key.text)
    return keylist.sign(body, {signer.id: signer.signing for signer in signers})


def days_from_today(days: int) -> str:
    return (TODAY + dt.timedelta(days=days)).isoformat()


def test_a_proposal_by_one_of_two_members_lacks_no_signature_because_it_waits_as_pending() -> None:
    first, second = Person(), Person()
    founded = keylist.found_group(GroupId(new_id()), first.id, first.signing, DAY, quorum=2)
    of_one = keylist.verify([founded], TODAY)
    of_two = keylist.verify([founded, enrolment(of_one, first, newcomer=second)], TODAY)
    assert keylist.check_proposal(of_two, enrolment(of_two, first), TODAY) == 0


@pytest.mark.parametrize("days", [-1, 0])
def test_a_new_entry_may_be_dated_yesterday_or_today(days: int) -> None:
    group = Group(1)
    keylist.check_new(enrolment(group.keys, *group.people, day=days_from_today(days)), TODAY)


@pytest.mark.parametrize("days", [-2, 1])
def test_a_new_entry_that_is_backdated_or_from_the_future_is_refused(days: int) -> None:
    group = Group(1)
    with pytest.raises(KeyListError, match="an entry of another day"):
        keylist.check_new(enrolment(group.keys, *group.people, day=days_from_today(days)), TODAY)


def test_an_entry_that_nobody_signed_is_parsed_by_itself() -> None:
    keys = Group(1).keys
    body = keylist.next_body(keys, Change.QUORUM, DAY, value=2)
    assert keylist.body_of(keylist.sign(body, {})) == body
