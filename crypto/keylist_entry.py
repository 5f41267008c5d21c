"""One entry of a key list: what is signed, and the signatures. docs/format.md, Key list."""

from enum import StrEnum

from crypto.encoding import GroupId, MemberId, Shape, Whole, to_json
from crypto.labels import Label
from crypto.signing import SigningKey, labelled_hash


class Change(StrEnum):
    """What an entry does."""

    FOUND = "found"
    ENROL = "enrol"
    REMOVE = "remove"
    STOP = "stop"
    AGREE = "agree"
    QUORUM = "quorum"
    RETENTION = "retention"
    EPOCH = "epoch"
    RECOVERY = "recovery"
    RECOVER = "recover"


class Body(Shape, frozen=True):
    """One entry's signed text; members that a kind does not need are empty or 0."""

    format: str
    group: GroupId
    number: Whole
    previous: str
    day: str
    kind: Change
    member: str
    key: str
    value: Whole


class SignedEntry(Shape, frozen=True):
    """An entry as it travels: the very text that was signed, and the signatures by member id."""

    body: str
    signatures: dict[str, str]

    @property
    def hash(self) -> str:
        """What the next entry's `previous` and a statement's `head` name."""
        return labelled_hash(Label.KEY_LIST, self.body.encode())


def sign(body: Body, signers: dict[MemberId, SigningKey]) -> SignedEntry:
    """The entry with these members' signatures."""
    text = to_json(body)
    return SignedEntry(
        body=text.decode(), signatures={member: key.sign(Label.KEY_LIST, text) for member, key in signers.items()}
    )
