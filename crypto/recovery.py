"""The group's recovery key: split among the members, assembled by enough of them. docs/reference/format.md, Recovery key.

pyshamir implements Shamir's scheme over GF(2^8). Each share is encrypted to one member and signed by its sender.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from pyshamir import combine as _combine
from pyshamir import split as _split

from crypto import age, sheet
from crypto.age import Identity, Recipient
from crypto.encoding import GroupId, MemberId, Shape, Whole, b64, from_json, to_json, unb64
from crypto.errors import BindingError, SignatureError
from crypto.labels import Label
from crypto.secret import Secret
from crypto.sheet import KeyOf, Sizes
from crypto.signing import SigningKey

RECOVERY = MemberId("recovery")  # the grantee's id in its grants; every member's id is longer
SHARE = 33  # bytes: of a 32-byte seed and the share's own coordinate


class Share(Shape, frozen=True):
    """A share that one member sends to another. `deal` is the id of the recovery key's recipient."""

    format: str
    group: GroupId
    deal: str
    member: MemberId
    author: MemberId
    share: str

    def __repr__(self) -> str:
        return f"Share({self.deal})"


def key_hash(recipient: Recipient) -> str:
    """Return the name of a recovery key in the key list: SHA-256 of its recipient's text, as b64."""
    return b64(sha256(str(recipient).encode()).digest())


def split(identity: Identity, parts: int, threshold: int) -> list[str]:
    """Split an identity into shares (b64). Any `threshold` of them restore it; fewer reveal nothing.

    Args:
        identity: the recovery key.
        parts: 2 to 255.
        threshold: 2 to `parts`.
    """
    return [b64(bytes(share)) for share in _split(identity.seed.reveal(), parts, threshold)]


def combine(shares: Sequence[str], deal: str) -> Identity:
    """Restore the recovery key from shares.

    Raises:
        BindingError: too few shares, a damaged one, or one of another deal.
        EncodingError: not shares.
    """
    parts = [bytearray(unb64(share, SHARE)) for share in dict.fromkeys(shares)]
    try:
        identity = Identity(Secret(bytes(_combine(parts))))
    except ValueError:
        raise BindingError("too few shares, or the same one twice") from None
    if identity.recipient.id != deal:
        raise BindingError("too few shares, or one of another deal")
    return identity


class Deal(Shape, frozen=True):
    """The deal of a recovery key: its recipient, how many shares open it, and a commitment to each share."""

    format: str
    group: GroupId
    recipient: str
    value: Whole
    shares: dict[str, str]

    @property
    def id(self) -> str:
        """The id that shares and grants name it by."""
        return Recipient.parse(self.recipient).id


class SignedDeal(Shape, frozen=True):
    """A deal as clients send it: its text, signed by its dealer and by the member who tested it."""

    body: str
    signatures: dict[str, str]


def commitment(share: str) -> str:
    """Return SHA-256 of a share followed by the share's coordinate: 33 bytes, b64."""
    raw = unb64(share, SHARE)
    return b64(sha256(raw).digest() + raw[-1:])


def new_deal(group: GroupId, recipient: Recipient, value: int, shares: Mapping[MemberId, str]) -> bytes:
    """Make the text of a deal, which members sign."""
    committed: dict[str, str] = {member: commitment(share) for member, share in shares.items()}
    body = Deal(format=Label.DEAL.value, group=group, recipient=str(recipient), value=value, shares=committed)
    return to_json(body)


def read_deal(signed: SignedDeal, group: GroupId, key: str, key_of: KeyOf) -> Deal:
    """Verify the deal whose recipient a key list names by `key`.

    Raises:
        EncodingError, BindingError: not a deal, of another group or key, or with one share for two members.
        SignatureError: no signature, or one that does not verify.
    """
    text = signed.body.encode()
    deal = from_json(Deal, text)
    if deal.format != Label.DEAL or deal.group != group or key_hash(Recipient.parse(deal.recipient)) != key:
        raise BindingError("a deal of another group or key")
    coordinates = {unb64(hashed, SHARE)[-1] for hashed in deal.shares.values()}
    if len(coordinates) != len(deal.shares) or 0 in coordinates:
        raise BindingError("a deal that gives a share twice")
    if not signed.signatures:
        raise SignatureError("a deal without a signature")
    for member, signature in signed.signatures.items():
        key_of(member).verify(Label.DEAL, text, signature)
    return deal


def check_share(deal: Deal, member: str, share: str) -> None:
    """Check that a share is the one that the deal commits to for this member.

    Raises:
        BindingError: it is another.
    """
    if deal.shares.get(member) != commitment(share):
        raise BindingError("another share than the deal commits to")


def verify_shares(deal: Deal, shares: Mapping[str, str]) -> None:
    """Assemble the key from enough members' shares, and refuse a deal in which any member's share does not match.

    The other members' shares are computed from these shares and compared with the commitments. Shamir's scheme is linear: after
    each coordinate x moves to x + t, the value at t is at 0, where `combine` evaluates.

    Args:
        deal: the signed deal with its commitments.
        shares: by member, at least as many as open the key; the first that open it are used.

    Raises:
        BindingError: too few, or a share that does not match.
    """
    for member, share in shares.items():
        check_share(deal, member, share)
    used = list(shares.values())[: deal.value]
    if len(used) < deal.value:
        raise BindingError("too few shares to test the key")
    combine(used, deal.id)
    parts = [unb64(share, SHARE) for share in used]
    for member, committed in deal.shares.items():
        check_share(deal, member, _share_at(parts, unb64(committed, SHARE)[-1]))


def _share_at(parts: Sequence[bytes], coordinate: int) -> str:
    for part in parts:
        if part[-1] == coordinate:
            return b64(part)
    moved = [bytearray(part[:-1] + bytes([part[-1] ^ coordinate])) for part in parts]
    return b64(bytes(_combine(moved)) + bytes([coordinate]))


def seal_share(share: Share, to: Recipient, key: SigningKey) -> bytes:
    """Encrypt a share for one member, signed by its sender."""
    return age.encrypt(sheet.write(to_json(share), Sizes.GRANT, Label.SHARE, author=key), [to])


def open_share(
    file: bytes, identities: Sequence[Identity], group: GroupId, member: MemberId, deal: str, key_of: KeyOf
) -> Share:
    """Open the share that someone gave to `member`.

    Raises:
        CryptoError: it does not open, is for someone else or of another deal, or no member signed it.
    """
    parsed = sheet.parse(age.decrypt(file, identities), Sizes.GRANT)
    parsed.check_mac(None)
    share = from_json(Share, parsed.body)
    if (share.format, share.group, share.member, share.deal) != (Label.SHARE, group, member, deal):
        raise BindingError("a share for someone else, or of another deal")
    parsed.check_signature(Label.SHARE, key_of(share.author))
    unb64(share.share, SHARE)
    return share
