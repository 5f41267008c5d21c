"""A member's signature that they wrote a request down for its author. docs/reference/format.md, On behalf.

The request carries it, so every holder of the case can verify it. A requester cannot make one.
"""

from crypto.encoding import CaseId, Shape, from_json, unb64
from crypto.errors import BindingError, EncodingError
from crypto.labels import Label
from crypto.sheet import AuthorKey
from crypto.signing import Author, Signed

CHANNELS = ("phone", "door", "paper")


class OnBehalf(Shape, frozen=True):
    """The signed fields: the case, who wrote the request down, how it reached them, and the head of their key list."""

    format: str
    case: str
    member: str
    channel: str
    head: str


def sign(case: CaseId, channel: str, author: Author) -> Signed:
    """Sign, as a member, that the request of this case was written down by them."""
    mark = OnBehalf(format=Label.ON_BEHALF.value, case=case, member=author.member, channel=channel, head=author.head)
    return author.key.sign_json(Label.ON_BEHALF, mark)


def verify(signed: Signed, case: CaseId, key_of: AuthorKey) -> OnBehalf:
    """Return what a member signed about the request of this case.

    Raises:
        EncodingError, BindingError: not such a signature, or one for another case.
        SignatureError: it does not verify, or its member was not active at the head.
    """
    body = signed.body.encode("utf-8", "surrogatepass")
    mark = from_json(OnBehalf, body)
    if mark.channel not in CHANNELS:
        raise EncodingError("not the JSON of this shape", "an unknown channel")
    if mark.format != Label.ON_BEHALF or mark.case != case:
        raise BindingError("an on-behalf signature of another case")
    unb64(mark.head, 32)
    key_of(mark.member, mark.head).verify(Label.ON_BEHALF, body, signed.signature)
    return mark
