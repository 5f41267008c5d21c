"""Entries: the messages and notes in a case. docs/reference/format.md, Entry.

This module encrypts and opens one entry. `crypto.case.sequence` checks the order of a sequence.
"""

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from msgspec import UNSET, UnsetType

from crypto import age, sheet
from crypto.age import Identity, Recipient
from crypto.content import (
    STAGES,
    STATUSES,
    Answer,
    Contact,
    FollowUp,
    HoldReason,
    Keys,
    Match,
    Note,
    Progress,
    Recipients,
    Request,
    Status,
    Summary,
    Text,
    Writer,
)
from crypto.encoding import CaseId, Shape, Whole, as_dict, b64, from_dict, from_json, parse_day, to_json, unb64
from crypto.errors import BindingError, EncodingError
from crypto.labels import Label, derive
from crypto.secret import Secret
from crypto.sheet import AuthorKey, Sizes
from crypto.signing import Author

__all__ = [
    "STATUSES",
    "Answer",
    "Contact",
    "Content",
    "Entry",
    "FollowUp",
    "HoldReason",
    "Keys",
    "Kind",
    "Match",
    "Note",
    "Position",
    "Progress",
    "Recipients",
    "Request",
    "Sequence",
    "Status",
    "Summary",
    "Text",
    "Writer",
    "desk_mac_key",
    "digest_of",
    "open_",
    "seal",
    "shared_mac_key",
    "sizes_of",
]

T = TypeVar("T", bound=Shape)


class Sequence(StrEnum):
    """The two numbered sequences of a case. Their numbers are independent."""

    SHARED = "shared"
    DESK = "desk"


class Kind(StrEnum):
    """The kinds of entry."""

    REQUEST = "request"
    MESSAGE = "message"
    CORRECTION = "correction"
    KEYS = "keys"
    HOLD = "hold"
    PROGRESS = "progress"
    NOTE = "note"
    STATUS = "status"
    DRAFT = "draft"
    MATCH = "match"
    FOLLOW_UP = "follow-up"


_KINDS = {
    Sequence.SHARED: {Kind.REQUEST, Kind.MESSAGE, Kind.CORRECTION, Kind.KEYS, Kind.HOLD, Kind.PROGRESS},
    Sequence.DESK: {Kind.NOTE, Kind.STATUS, Kind.DRAFT, Kind.MATCH, Kind.FOLLOW_UP},
}
Content = Request | Text | Keys | HoldReason | Progress | Status
_SHAPES: dict[Kind, type[Content]] = {
    Kind.REQUEST: Request,
    Kind.MESSAGE: Text,
    Kind.CORRECTION: Text,
    Kind.KEYS: Keys,
    Kind.HOLD: HoldReason,
    Kind.PROGRESS: Progress,
    Kind.NOTE: Note,
    Kind.STATUS: Status,
    Kind.DRAFT: Note,
    Kind.MATCH: Match,
    Kind.FOLLOW_UP: Status,
}


@dataclass(frozen=True, slots=True)
class Position:
    """The position of an entry: case, sequence and number."""

    case: CaseId
    sequence: Sequence
    number: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An opened and verified entry. `author` is empty for the requester. `digest` is that of the age file.

    `head` is None in a requester's entry, and in a member's entry from before heads existed.
    """

    position: Position
    kind: Kind
    key: int
    previous: str
    author: str
    day: str
    head: str | None
    content: Content
    digest: str


class _Envelope(Shape, frozen=True):
    format: str
    case: str
    sequence: Sequence
    number: Whole
    kind: Kind
    key: Whole
    previous: str
    author: str
    day: str
    content: dict[str, object]
    head: str | UnsetType = UNSET


def shared_mac_key(case_key: Identity, case: CaseId) -> Secret:
    """Derive the MAC key of a case key."""
    return derive(case_key.seed, Label.SHARED_MAC, case.encode())


def desk_mac_key(desk_key: Identity, case: CaseId) -> Secret:
    """Derive the MAC key of a desk key."""
    return derive(desk_key.seed, Label.DESK_MAC, case.encode())


def digest_of(file: bytes) -> str:
    """Return SHA-256 of an entry's age file, as b64. The next entry names it as `previous`."""
    return b64(sha256(file).digest())


def seal(
    position: Position,
    kind: Kind,
    content: Content,
    *,
    day: str,
    previous: str,
    recipients: Many[Recipient],
    mac_key: Secret,
    key: int = 0,
    author: Author | None = None,
) -> bytes:
    """Encrypt one entry as an age file.

    Raises:
        SizeError: the content is larger than the largest size; nothing was encrypted.
        ValueError: this sequence does not have the kind.
    """
    if not _is_allowed(position, kind):
        raise ValueError("a kind that does not belong there")
    envelope = _Envelope(
        format=Label.ENTRY.value,
        case=position.case,
        sequence=position.sequence,
        number=position.number,
        kind=kind,
        key=key,
        previous=previous,
        author=author.member if author else "",
        day=day,
        content=as_dict(content),
        head=author.head if author else UNSET,
    )
    key_of_author = author.key if author else None
    plaintext = sheet.write(to_json(envelope), sizes_of(position), Label.ENTRY, author=key_of_author, mac_key=mac_key)
    return age.encrypt(plaintext, recipients)


def open_(
    file: bytes, position: Position, identities: Many[Identity], mac_keys: Mapping[int, Secret], key_of: AuthorKey
) -> Entry:
    """Open the entry that must be at `position`.

    Args:
        file: the age file.
        position: the case, sequence and number that the entry must have.
        identities: the keys to try.
        mac_keys: by key number.
        key_of: finds the key of a member who signed under a head.

    Raises:
        CryptoError: it does not open, belongs elsewhere, or its author is neither the requester nor a member.
    """
    parsed = sheet.parse(age.decrypt(file, identities), sizes_of(position))
    envelope = from_json(_Envelope, parsed.body)
    if envelope.format != Label.ENTRY or Position(CaseId(envelope.case), envelope.sequence, envelope.number) != position:
        raise BindingError("an entry that belongs elsewhere")
    if not _is_allowed(position, envelope.kind):
        raise BindingError("an entry of a kind that does not belong there")
    mac_key = mac_keys.get(envelope.key)
    if mac_key is None:
        raise BindingError("an entry under a key that is not the case's")
    parsed.check_mac(mac_key)
    parse_day(envelope.day)
    _check_author(parsed, envelope, key_of)
    return Entry(
        position=position,
        kind=envelope.kind,
        key=envelope.key,
        previous=envelope.previous,
        author=envelope.author,
        day=envelope.day,
        head=_head(envelope),
        content=_content(_SHAPES[envelope.kind], envelope.content),
        digest=digest_of(file),
    )


def sizes_of(position: Position) -> Sizes:
    """Return the sizes that an entry at `position` may have."""
    return Sizes.REQUEST if position.sequence is Sequence.SHARED and position.number == 0 else Sizes.ENTRY


def _is_allowed(position: Position, kind: Kind) -> bool:
    return kind in _KINDS[position.sequence] and (kind is Kind.REQUEST) == (sizes_of(position) is Sizes.REQUEST)


def _head(envelope: _Envelope) -> str | None:
    if envelope.head is UNSET:
        return None
    unb64(envelope.head, 32)
    if not envelope.author:
        raise BindingError("a head without a member's signature")
    return envelope.head


def _check_author(parsed: sheet.Sheet, envelope: _Envelope, key_of: AuthorKey) -> None:
    if envelope.kind in (Kind.REQUEST, Kind.CORRECTION) and envelope.author:
        raise BindingError("a request that a member claims to have written")
    if not envelope.author and (envelope.kind in (Kind.KEYS, Kind.HOLD, Kind.PROGRESS) or envelope.sequence is Sequence.DESK):
        raise BindingError("a desk entry without an author")
    parsed.check_signature(Label.ENTRY, key_of(envelope.author, _head(envelope)) if envelope.author else None)


def _content(shape: type[T], content: dict[str, object]) -> T:
    value = from_dict(shape, content)
    if isinstance(value, Status) and value.status not in STATUSES:
        raise EncodingError("not the JSON of this shape", "an unknown status")
    if isinstance(value, Status) and value.follow_up is not UNSET:
        value.follow_up.check(value.summary.deletion)
    if isinstance(value, Progress) and value.stage not in STAGES:
        raise EncodingError("not the JSON of this shape", "an unknown stage")
    if isinstance(value, Request):
        parse_day(value.deletion)
        for text in (value.recipients.case, value.recipients.receipt):
            Recipient.parse(text)
    if isinstance(value, HoldReason):
        parse_day(value.until)
    if isinstance(value, Keys):
        Recipient.parse(value.recipient)
        unb64(value.mac, 32)
    return value
