"""A member's signature that they wrote a request down for its author. The vectors test what a reader refuses."""

from crypto import on_behalf
from crypto.encoding import CaseId, MemberId, new_id
from crypto.errors import SignatureError
from crypto.labels import Label
from crypto.on_behalf import OnBehalf
from crypto.signing import Author, SigningKey, VerifyingKey

CASE, MEMBER, SIGNING, HEAD = CaseId(new_id()), MemberId(new_id()), SigningKey.generate(), "A" * 43


def key_of(member: str, head: str | None) -> VerifyingKey:
    if (member, head) != (MEMBER, HEAD):
        raise SignatureError("a signature by someone who was never a member")
    return SIGNING.verifying_key


def test_a_signature_names_its_case_its_member_and_how_the_request_reached_them() -> None:
    signed = on_behalf.sign(CASE, "phone", Author(MEMBER, SIGNING, HEAD))
    assert on_behalf.verify(signed, CASE, key_of) == OnBehalf(
        format=Label.ON_BEHALF.value, case=CASE, member=MEMBER, channel="phone", head=HEAD
    )
