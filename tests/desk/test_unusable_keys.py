"""Invalid public keys from one dishonest member: in statements that an earlier version stored, and in new ones."""

from collections.abc import Callable

import pytest

from crypto import statement
from crypto.age import Identity, Recipient, bech32
from crypto.encoding import b64, from_json, new_id, to_json
from crypto.errors import EncodingError
from crypto.keylist import Change
from crypto.labels import Label
from crypto.signing import Signed
from intake.store.members import members
from intake.store.members.members import Seat
from tests.support import requester
from tests.support.api import post, refused
from tests.support.desk_bodies import KEYRING_FILE
from tests.support.desks import desks
from tests.support.installation import Installation, Member

RAW = Identity.generate().recipient.raw
NO_KEYS = {
    "x25519-all-zero": RAW[:1184] + bytes(32),
    "x25519-of-order-eight": RAW[:1184] + bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    "mlkem-not-reduced": b"\xff\xff" + RAW[2:],
}
NEUTRAL = b64(b"\1" + bytes(31))  # OpenSSL accepts this key, and R = neutral, S = 0 as its signature of any text


def signed_statement(installation: Installation, member: Member, recipient: str) -> Signed:
    """A statement that is valid except for its recipient."""
    with installation.service.database.transaction() as tx:
        keys = installation.service.keys(tx)
    today = installation.clock.today.isoformat()
    body = statement.Body(
        format=Label.STATEMENT.value, group=keys.group, member=member.id, recipient=recipient, head=keys.head, from_=today,
        until="2026-12-20", tags=[],
    )  # fmt: skip
    return statement.sign(body, member.signing)


@pytest.fixture
def of_three(empty: Installation) -> Installation:
    """A group of three."""
    empty.found(3, quorum=2)
    return empty


@pytest.mark.parametrize("raw", NO_KEYS.values(), ids=NO_KEYS)
async def test_a_member_whose_statement_names_no_key_is_in_no_offer_and_the_others_get_requests(
    of_three: Installation, raw: bytes
) -> None:
    """The server stored the statement before it checked keys. With the fewest cases, its member would come first in offers."""
    mallory = of_three.members[0]
    signed = signed_statement(of_three, mallory, bech32.encode("age1pq", raw))
    with of_three.service.database.transaction() as tx:
        members.set_epoch(tx, of_three.service.row_keys, Seat(mallory.id, new_id(), to_json(signed).decode()))

    async with of_three.client() as client:
        offered = (await post(client, "offer", {"case": new_id()})).json()
        assert {statement_member(seat["body"]) for seat in offered["seats"]} == {member.id for member in of_three.members[1:]}
        for _ in range(10):
            sealed = await requester.seal(client, "milk", of_three.clock.today)
            assert (await post(client, "cases", sealed.body)).status_code == 201


def statement_member(body: str) -> str:
    """The member who made the statement."""
    return from_json(statement.Body, body.encode()).member


@pytest.mark.parametrize("raw", NO_KEYS.values(), ids=NO_KEYS)
async def test_a_statement_that_names_no_key_is_not_taken(of_three: Installation, raw: bytes) -> None:
    async with desks(of_three, of_three.members[0]) as (ana,):
        signed = signed_statement(of_three, ana.member, bech32.encode("age1pq", raw))
        sent = {
            "statement": {"body": signed.body, "signature": signed.signature},
            "keyring": {"number": 2, "file": KEYRING_FILE},
        }
        refused(await ana.client.post("/api/desk/rotation", json=sent), 400, "invalid")


@pytest.mark.parametrize(
    "of",
    [lambda key: {"kind": Change.ENROL, "member": new_id(), "key": key}, lambda key: {"kind": Change.RETENTION, "key": key}],
)
async def test_a_puppet_whose_key_is_the_neutral_element_does_not_get_into_the_list(
    empty: Installation, of: Callable[[str], dict[str, object]]
) -> None:
    """Entries are never removed: one that the server accepts and every browser refuses would close the form for good."""
    empty.found(2, quorum=2)

    async with desks(empty, empty.members[0]) as (mallory,):
        answer = await mallory.sign(await mallory.proposal(**of(NEUTRAL)))  # type: ignore[arg-type]
        refused(answer, 400, "invalid")
        assert len((await mallory.keys()).entries) == 2


def test_nothing_is_sealed_to_an_invalid_key() -> None:
    for raw in NO_KEYS.values():
        with pytest.raises(EncodingError):
            Recipient(raw)
