"""One entry of a key list: the signed text and its signatures. docs/reference/format.md, Key list."""

from enum import StrEnum

from crypto.encoding import GroupId, MemberId, Shape, Whole, to_json
from crypto.labels import Label
from crypto.signing import Signed, SigningKey, labelled_hash


class Change(StrEnum):
    """The kinds of entries, by what they change."""

    FOUND = "found"
    ENROL = "enrol"
    REMOVE = "remove"
    STOP = "stop"
    AGREE = "agree"
    ENACT = "enact"
    QUORUM = "quorum"
    RETENTION = "retention"
    EPOCH = "epoch"
    FRESHNESS = "freshness"
    RECOVERY = "recovery"
    RECOVER = "recover"


class Body(Shape, frozen=True):
    """An entry's signed text. Members that a kind does not need are empty or 0."""

    format: str
    group: GroupId
    number: Whole
    previous: str
    day: str
    kind: Change
    member: str
    key: str
    value: Whole


class SignedEntry(Shape, frozen=True, omit_defaults=True):
    """An entry as it travels: the exact text that was signed, the signatures by member id, and the snapshot of an `enact`."""

    body: str
    signatures: dict[str, str]
    evidence: Signed | None = None

    @property
    def hash(self) -> str:
        """The hash that the next entry names as `previous` and a statement names as `head`."""
        return labelled_hash(Label.KEY_LIST, self.body.encode())


def sign(body: Body, signers: dict[MemberId, SigningKey], evidence: Signed | None = None) -> SignedEntry:
    """Return the entry with these members' signatures."""
    text = to_json(body)
    signatures: dict[str, str] = {member: key.sign(Label.KEY_LIST, text) for member, key in signers.items()}
    return SignedEntry(body=text.decode(), signatures=signatures, evidence=evidence)
