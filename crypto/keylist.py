"""The key list: who is a member, by whose signatures. docs/format.md, Key list.

`verify` takes raw entries and returns what holds after them; nothing else may be believed of a list.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from crypto import digits
from crypto.encoding import GroupId, MemberId, Shape, check_id, from_json, parse_day, to_json, unb64
from crypto.errors import EncodingError, KeyListError, SignatureError
from crypto.labels import Label
from crypto.signing import KEY, SigningKey, VerifyingKey, labelled_hash

PENDING_DAYS = 3  # between one of two members' signature and its effect
DEFAULT_QUORUM = 2
MAX_QUORUM = 9
MAX_ENTRIES = 4096


class Change(StrEnum):
    """What an entry does."""

    FOUND = "found"
    ENROL = "enrol"
    REMOVE = "remove"
    STOP = "stop"
    QUORUM = "quorum"
    RETENTION = "retention"


class Body(Shape, frozen=True):
    """One entry's signed text; members that a kind does not need are empty or 0."""

    format: str
    group: GroupId
    number: int
    previous: str
    day: str
    kind: Change
    member: str
    key: str
    value: int


class SignedEntry(Shape, frozen=True):
    """An entry as it travels: the very text that was signed, and the signatures by member id."""

    body: str
    signatures: dict[str, str]

    @property
    def hash(self) -> str:
        """What the next entry's `previous` and a statement's `head` name."""
        return labelled_hash(Label.KEY_LIST, self.body.encode())


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry that one of two members signed, and the day on which it takes effect unless stopped."""

    entry: SignedEntry
    body: Body
    effective: dt.date


@dataclass(frozen=True, slots=True)
class KeyList:
    """What holds after a verified list.

    `members` are the active ones; `known` are all who ever were, for signatures from when they were.
    """

    group: GroupId
    fingerprint: str
    entries: tuple[SignedEntry, ...]
    hashes: tuple[str, ...]
    days: tuple[dt.date, ...]
    members: dict[MemberId, VerifyingKey]
    known: dict[MemberId, VerifyingKey]
    quorum: int
    retention: VerifyingKey | None = None
    pending: Pending | None = None

    @property
    def head(self) -> str:
        """Hash of the last entry."""
        return self.hashes[-1]

    @property
    def needed(self) -> int:
        """How many signatures the next entry must have to take effect at once."""
        return min(self.quorum, len(self.members))

    def key_of(self, member: str) -> VerifyingKey:
        """The verifying key of someone who is or was a member.

        Raises:
            SignatureError: nobody by this id ever was.
        """
        key = self.known.get(MemberId(member))
        if key is None:
            raise SignatureError("a signature by someone who was never a member")
        return key


def sign(body: Body, signers: dict[MemberId, SigningKey]) -> SignedEntry:
    """The entry with these members' signatures."""
    text = to_json(body)
    return SignedEntry(
        body=text.decode(), signatures={member: key.sign(Label.KEY_LIST, text) for member, key in signers.items()}
    )


def found(group: GroupId, member: MemberId, key: SigningKey, day: str, quorum: int = DEFAULT_QUORUM) -> SignedEntry:
    """The first entry of a new group, made in its first coordinator's client."""
    body = Body(
        format=Label.KEY_LIST.value,
        group=group,
        number=0,
        previous="",
        day=day,
        kind=Change.FOUND,
        member=member,
        key=key.verifying_key.text,
        value=quorum,
    )
    return sign(body, {member: key})


def next_body(keys: KeyList, kind: Change, day: str, *, member: str = "", key: str = "", value: int = 0) -> Body:
    """The text of an entry that continues `keys`."""
    return Body(
        format=Label.KEY_LIST.value,
        group=keys.group,
        number=len(keys.entries),
        previous=keys.head,
        day=day,
        kind=kind,
        member=member,
        key=key,
        value=value,
    )


def verify(
    entries: Sequence[SignedEntry],
    today: dt.date,
    *,
    group: GroupId | None = None,
    fingerprint: str | None = None,
    seen: tuple[int, str] | None = None,
) -> KeyList:
    """What holds after `entries`.

    1. the first entry founds the group, signed by its own key, and is the group's or fingerprint's that was expected;
    2. every other entry continues the one before it and has the approvals that its kind needs;
    3. the list contains the head that was seen before, at its number.

    Args:
        fingerprint: 40 digits without spaces.
        seen: number and hash of the last entry accepted earlier.

    Raises:
        KeyListError: which rule was broken.
    """
    if not 1 <= len(entries) <= MAX_ENTRIES:
        raise KeyListError("an empty or oversized key list")
    keys = _found(entries[0])
    if (group is not None and keys.group != group) or (fingerprint is not None and fingerprint_digits(keys) != fingerprint):
        raise KeyListError("the key list of another group")
    for entry in entries[1:]:
        keys = _follow(keys, entry)
    if keys.days[-1] > today + dt.timedelta(days=1):
        raise KeyListError("a key list from the future")
    if seen is not None and (seen[0] >= len(keys.hashes) or keys.hashes[seen[0]] != seen[1]):
        raise KeyListError("a key list that forgets or replaces what was seen before")
    return _settle(keys, today)


def fingerprint_digits(keys: KeyList) -> str:
    """The fingerprint without spaces: 40 digits."""
    return keys.fingerprint.replace(" ", "")


def _body(entry: SignedEntry) -> tuple[Body, dt.date]:
    try:
        body = from_json(Body, entry.body.encode())
        day = parse_day(body.day)
        check_id(body.group)
        if body.member:
            check_id(body.member)
        if body.key:
            unb64(body.key, KEY)
    except EncodingError:
        raise KeyListError("an entry that cannot be read") from None
    if body.format != Label.KEY_LIST:
        raise KeyListError("an entry of another format")
    return body, day


def _found(entry: SignedEntry) -> KeyList:
    body, day = _body(entry)
    if body.kind is not Change.FOUND or body.number or body.previous or not 1 <= body.value <= MAX_QUORUM:
        raise KeyListError("a first entry that does not found a group")
    if set(entry.signatures) != {body.member}:
        raise KeyListError("a first entry signed by someone else")
    member, key = MemberId(body.member), VerifyingKey(body.key)
    _verify(key, entry, body.member)
    return KeyList(
        group=body.group,
        fingerprint=digits.from_hash(unb64(entry.hash, 32)),
        entries=(entry,),
        hashes=(entry.hash,),
        days=(day,),
        members={member: key},
        known={member: key},
        quorum=body.value,
    )


def _follow(keys: KeyList, entry: SignedEntry) -> KeyList:
    body, day = _body(entry)
    if body.group != keys.group:
        raise KeyListError("an entry of another group")
    if body.number != len(keys.entries) or body.previous != keys.head or day < keys.days[-1]:
        raise KeyListError("an entry that does not continue the list")
    keys = _settle(keys, day)
    if keys.pending and body.kind is not Change.STOP:
        raise KeyListError("an entry while another is still pending")
    approvals = _approvals(keys, entry)
    grown = replace(keys, entries=(*keys.entries, entry), hashes=(*keys.hashes, entry.hash), days=(*keys.days, day))
    if body.kind is Change.STOP:
        return _stop(grown, body, entry)
    _check_change(keys, body)
    if approvals >= keys.needed or (body.kind is Change.REMOVE and body.member in entry.signatures):
        return _apply(grown, body)
    if len(keys.members) == 2:
        return replace(grown, pending=Pending(entry, body, day + dt.timedelta(days=PENDING_DAYS)))
    raise KeyListError("an entry with too few signatures")


def _approvals(keys: KeyList, entry: SignedEntry) -> int:
    for member in entry.signatures:
        key = keys.members.get(MemberId(member))
        if key is None:
            raise KeyListError("an entry signed by someone who is not a member")
        _verify(key, entry, member)
    if not entry.signatures:
        raise KeyListError("an entry without a signature")
    return len(entry.signatures)


def _verify(key: VerifyingKey, entry: SignedEntry, member: str) -> None:
    try:
        key.verify(Label.KEY_LIST, entry.body.encode(), entry.signatures[member])
    except SignatureError:
        raise KeyListError("an entry with a signature that does not verify") from None


def _check_change(keys: KeyList, body: Body) -> None:
    member = MemberId(body.member)
    taken = {key.text for key in keys.known.values()}
    fits = {
        Change.ENROL: bool(body.member) and bool(body.key) and member not in keys.known and body.key not in taken,
        Change.REMOVE: member in keys.members and not body.key and len(keys.members) > 1,
        Change.QUORUM: 1 <= body.value <= MAX_QUORUM and not body.member and not body.key,
        Change.RETENTION: bool(body.key) and not body.member,
    }
    if not fits.get(body.kind, False):
        raise KeyListError("an entry that its kind does not allow")


def _stop(keys: KeyList, body: Body, entry: SignedEntry) -> KeyList:
    pending = keys.pending
    if pending is None or body.key != pending.entry.hash or set(entry.signatures) & set(pending.entry.signatures):
        raise KeyListError("a stop of something that is not pending, or by its own signer")
    return replace(keys, pending=None)


def _settle(keys: KeyList, day: dt.date) -> KeyList:
    if keys.pending and day >= keys.pending.effective:
        return replace(_apply(keys, keys.pending.body), pending=None)
    return keys


def _apply(keys: KeyList, body: Body) -> KeyList:
    member, key = MemberId(body.member), VerifyingKey(body.key)
    if body.kind is Change.ENROL:
        return replace(keys, members={**keys.members, member: key}, known={**keys.known, member: key})
    if body.kind is Change.REMOVE:
        return replace(keys, members={m: k for m, k in keys.members.items() if m != member})
    if body.kind is Change.QUORUM:
        return replace(keys, quorum=body.value)
    return replace(keys, retention=key)
