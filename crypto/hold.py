"""Holds: two members keep a closed case until a day. docs/reference/format.md, Hold.

The signed text names the entry with the reason by its digest. The reason itself is encrypted to the case and the receipt.
"""

from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from crypto.encoding import CaseId, Shape, from_json, parse_day, to_json, unb64
from crypto.errors import BindingError, SignatureError
from crypto.labels import Label
from crypto.sheet import AuthorKey
from crypto.signing import SigningKey

SIGNATURES = 2  # of different members


class Hold(Shape, frozen=True):
    """The signed fields: the case, the last day of the hold, the digest of the entry with the reason, and the signers' head."""

    format: str
    case: str
    until: str
    entry: str
    head: str | UnsetType = UNSET

    @property
    def signed_under(self) -> str | None:
        """The head, or None for a hold from before heads existed."""
        return None if self.head is UNSET else self.head


def body_of(case: CaseId, until: str, entry: str, head: str) -> bytes:
    """Return the text that members sign."""
    return to_json(Hold(format=Label.HOLD.value, case=case, until=until, entry=entry, head=head))


def sign(body: bytes, key: SigningKey) -> str:
    """Sign a hold as a member."""
    return key.sign(Label.HOLD, body)


def verify(body: bytes, signatures: Mapping[str, str], case: CaseId, key_of: AuthorKey) -> tuple[Hold, bool]:
    """Return what a hold says and whether it is in force, which takes the signatures of two members.

    Raises:
        EncodingError, BindingError: not a hold, or a hold of another case.
        SignatureError: no signature, one that does not verify, or one by someone who was not an active member at the head.
    """
    hold = from_json(Hold, body)
    parse_day(hold.until)
    if hold.head is not UNSET:
        unb64(hold.head, 32)
    if hold.format != Label.HOLD or hold.case != case:
        raise BindingError("a hold of another case")
    if not signatures:
        raise SignatureError("a hold without a signature")
    for member, signature in signatures.items():
        key_of(member, hold.signed_under).verify(Label.HOLD, body, signature)
    return hold, len(signatures) >= SIGNATURES
