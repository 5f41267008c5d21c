"""Keyrings: a coordinator's secret keys, encrypted to their unlockers. docs/reference/format.md, Unlockers and keyring."""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType, field

from crypto import age, sheet
from crypto.age import Identity, Recipient
from crypto.encoding import GroupId, MemberId, Shape, Whole, b64, from_json, to_json, unb64
from crypto.errors import BindingError
from crypto.labels import Label
from crypto.secret import Secret
from crypto.sheet import Sizes
from crypto.signing import SigningKey


class Epoch(Shape, frozen=True, rename={"from_": "from"}):
    """An epoch key and its first and last day (both included) for new grants."""

    id: str
    seed: str
    from_: str
    until: str

    def __repr__(self) -> str:
        return f"Epoch({self.id})"

    @property
    def identity(self) -> Identity:
        """The secret key."""
        return Identity(Secret(unb64(self.seed, 32)))


class Head(Shape, frozen=True):
    """The last key-list entry that this member has accepted."""

    number: Whole
    hash: str


class UnlockerRecipient(Shape, frozen=True):
    """An unlocker that opens this keyring again after a change."""

    id: str
    kind: str
    recipient: str


class KeyringShare(Shape, frozen=True):
    """A share (b64, 33 bytes) of the recovery key whose recipient has the id `deal`."""

    deal: str
    share: str

    def __repr__(self) -> str:
        return f"KeyringShare({self.deal})"


class View(Shape, frozen=True):
    """A filter of the desk's list that its member has named."""

    name: str
    filter: dict[str, str]


class Seen(Shape, frozen=True):
    """The newest snapshot that this member has seen: its version, and the latest `from` of a statement for each member."""

    version: Whole
    starts: dict[MemberId, str]


class HeldCase(Shape, frozen=True):
    """A case that this member held at the last sign-in: b64 SHA-256 of the request's age file, and its expiry day."""

    case: str
    request: str
    until: str


NOTHING_SEEN = Seen(version=0, starts={})


class Keyring(Shape, frozen=True):
    """Everything that a coordinator must keep. `epochs` has the newest last. `number` grows with each change.

    `snapshot` and `held` are missing in keyrings from before snapshots existed. `read` is missing until this member's
    browser has shown a case: by case id, the highest number of the shared entries that it showed. `steps` is missing until
    this member ticks or hides one of the desk's first steps: the names of those that they ticked or hid.
    """

    format: str
    group: GroupId
    member: MemberId
    number: Whole
    handle: str
    signing: str
    epochs: list[Epoch]
    head: Head
    unlockers: list[UnlockerRecipient]
    shares: list[KeyringShare]
    views: list[View]
    snapshot: Seen = NOTHING_SEEN
    held: list[HeldCase] = field(default_factory=list)
    read: dict[str, Whole] | UnsetType = UNSET
    steps: list[str] | UnsetType = UNSET

    def __repr__(self) -> str:
        return f"Keyring(number={self.number})"

    @property
    def signing_key(self) -> SigningKey:
        """The member's signing key."""
        return SigningKey(Secret(unb64(self.signing, 32)))

    @property
    def identities(self) -> tuple[Identity, ...]:
        """All epoch keys that the member still has."""
        return tuple(epoch.identity for epoch in self.epochs)


def new_epoch(identity: Identity, first: str, last: str) -> Epoch:
    """Make an epoch of `identity` for the days `first` to `last`."""
    return Epoch(id=identity.recipient.id, seed=b64(identity.seed.reveal()), from_=first, until=last)


def seal(keyring: Keyring) -> bytes:
    """Encrypt a keyring so that each of its unlockers opens it."""
    recipients = [Recipient.parse(unlocker.recipient) for unlocker in keyring.unlockers]
    return age.encrypt(sheet.write(to_json(keyring), Sizes.KEYRING, Label.KEYRING), recipients)


def open_(file: bytes, unlockers: Sequence[Identity], group: GroupId, member: MemberId, handle: str) -> Keyring:
    """Open the keyring of this member.

    Raises:
        NoMatchError: none of the unlockers opens it.
        BindingError: it belongs to another member or group.
        CryptoError: it is damaged.
    """
    parsed = sheet.parse(age.decrypt(file, unlockers), Sizes.KEYRING)
    parsed.check_signature(Label.KEYRING, None)
    parsed.check_mac(None)
    keyring = from_json(Keyring, parsed.body)
    if keyring.format != Label.KEYRING or (keyring.group, keyring.member, keyring.handle) != (group, member, handle):
        raise BindingError("a keyring of someone else")
    return keyring
