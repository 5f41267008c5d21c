"""A terminal seals only to statements that are valid today and that the newest snapshot names."""

import datetime as dt

import pytest

from crypto import keylist, snapshot, statement
from crypto.age import Identity
from crypto.encoding import GroupId, MemberId, new_id
from crypto.keylist import KeyList
from crypto.labels import Label
from crypto.signing import Signed, SigningKey
from crypto.snapshot import Snapshot
from intake.cli.verified_group import usable_statement

FIRST_DAY = dt.date(2026, 11, 20)
LAST_DAY = FIRST_DAY + dt.timedelta(days=60)
GROUP, MEMBER, KEY = GroupId(new_id()), MemberId(new_id()), SigningKey.generate()


@pytest.fixture
def keys() -> KeyList:
    return keylist.verify([keylist.found_group(GROUP, MEMBER, KEY, FIRST_DAY.isoformat())], FIRST_DAY)


def signed_statement(keys: KeyList) -> Signed:
    body = statement.Body(
        format=Label.STATEMENT.value, group=GROUP, member=MEMBER, recipient=str(Identity.generate().recipient),
        head=keys.head, from_=FIRST_DAY.isoformat(), until=LAST_DAY.isoformat(), tags=[],
    )  # fmt: skip
    return statement.sign(body, KEY)


def naming(keys: KeyList, signed: Signed) -> Snapshot:
    body = snapshot.Body(
        format=Label.SNAPSHOT.value, group=GROUP, member=MEMBER, version=1, day=LAST_DAY.isoformat(), number=0, head=keys.head,
        statements={MEMBER: statement.hash_of(signed)}, names=0, cases=snapshot.digest_of([]),
    )  # fmt: skip
    return snapshot.read(snapshot.sign(body, KEY), keys)


def test_an_expired_statement_is_not_sealed_to_at_a_terminal(keys: KeyList) -> None:
    signed = signed_statement(keys)
    newest = naming(keys, signed)
    assert usable_statement(signed, keys, LAST_DAY, newest)
    assert usable_statement(signed, keys, LAST_DAY + dt.timedelta(days=1), newest) is None


def test_a_superseded_statement_is_not_sealed_to_at_a_terminal(keys: KeyList) -> None:
    superseded, present = signed_statement(keys), signed_statement(keys)
    newest = naming(keys, present)
    assert usable_statement(present, keys, LAST_DAY, newest)
    assert usable_statement(superseded, keys, LAST_DAY, newest) is None
