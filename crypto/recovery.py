"""The group's recovery key: split among the members, put together by enough of them. docs/format.md, Recovery key.

Shamir's scheme over GF(2^8) is pyshamir's; what travels is a share sealed to one member and signed by its giver.
"""

from collections.abc import Sequence
from hashlib import sha256

from pyshamir import combine as _combine
from pyshamir import split as _split

from crypto import age, sheet
from crypto.age import Identity, Recipient
from crypto.encoding import GroupId, MemberId, Shape, b64, from_json, to_json, unb64
from crypto.errors import BindingError
from crypto.labels import Label
from crypto.secret import Secret
from crypto.sheet import KeyOf, Sizes
from crypto.signing import SigningKey

RECOVERY = MemberId("recovery")  # whom its grants are addressed to; no member's id is this short
SHARE = 33  # bytes: of a 32-byte seed, and the share's own coordinate


class Share(Shape, frozen=True):
    """One share on its way to a member; `deal` is the id of the recovery key's recipient."""

    format: str
    group: GroupId
    deal: str
    member: MemberId
    author: MemberId
    share: str

    def __repr__(self) -> str:
        return f"Share({self.deal})"


def key_hash(recipient: Recipient) -> str:
    """What the key list names a recovery key by: SHA-256 of its recipient's text, as b64."""
    return b64(sha256(str(recipient).encode()).digest())


def split(identity: Identity, parts: int, threshold: int) -> list[str]:
    """Shares (b64) of which any `threshold` give the identity again and fewer tell nothing.

    Args:
        parts: 2 to 255.
        threshold: 2 to `parts`.
    """
    return [b64(bytes(share)) for share in _split(identity.seed.reveal(), parts, threshold)]


def combine(shares: Sequence[str], deal: str) -> Identity:
    """The recovery key.

    Raises:
        BindingError: too few, damaged, or of another deal.
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


def seal_share(share: Share, to: Recipient, key: SigningKey) -> bytes:
    """An age file for one member, signed by its giver."""
    return age.encrypt(sheet.write(to_json(share), Sizes.GRANT, Label.SHARE, author=key), [to])


def open_share(
    file: bytes, identities: Sequence[Identity], group: GroupId, member: MemberId, deal: str, key_of: KeyOf
) -> Share:
    """The share that someone gave to `member`.

    Raises:
        CryptoError: it does not open, is for someone else or of another deal, or not signed by a member.
    """
    page = sheet.parse(age.decrypt(file, identities), Sizes.GRANT)
    page.check_mac(None)
    share = from_json(Share, page.body)
    if (share.format, share.group, share.member, share.deal) != (Label.SHARE, group, member, deal):
        raise BindingError("a share for someone else, or of another deal")
    page.check_signature(Label.SHARE, key_of(share.author))
    unb64(share.share, SHARE)
    return share
