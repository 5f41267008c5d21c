"""The key list: who is a member, by whose signatures. docs/format.md, Key list.

`verify` takes raw entries and returns what holds after them; nothing else may be believed of a list.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from crypto import digits
from crypto.age import MAX_RECIPIENTS
from crypto.encoding import GroupId, MemberId, check_id, from_json, parse_day, to_json, unb64
from crypto.errors import EncodingError, KeyListError, SignatureError
from crypto.keylist_entry import Body, Change, SignedEntry, sign
from crypto.keylist_state import KeyList, Pending, Recovered, Recovery
from crypto.labels import Label
from crypto.signing import KEY, SigningKey, VerifyingKey

__all__ = ["Body", "Change", "KeyList", "Pending", "Recovery", "SignedEntry", "found", "next_body", "sign", "verify"]

PENDING_DAYS = 3  # between one of two members' signature and its effect
DEFAULT_QUORUM = 2
MAX_QUORUM = 9
MAX_ENTRIES = 4096
EPOCH_RANGE = range(7, 61)  # days; a statement, 30 days longer, stays within statement.MAX_VALID_DAYS
_ON_PENDING = (Change.STOP, Change.AGREE)  # the other of two answers what one signed alone
_WITH_VALUE = (Change.QUORUM, Change.EPOCH, Change.RECOVERY)
MIN_SHARED = 3  # members between whom a recovery key can be split
MAX_MEMBERS = MAX_RECIPIENTS  # at once; Shamir's scheme over GF(2^8) gives as many shares as well


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


def check_proposal(keys: KeyList, entry: SignedEntry, today: dt.date) -> int:
    """How many signatures an entry still lacks that would continue `keys`; 0: it takes effect, or waits as pending.

    Raises:
        KeyListError: it never could.
    """
    body, day = _body(entry)
    if body.group != keys.group or body.number != len(keys.entries) or body.previous != keys.head:
        raise KeyListError("an entry that does not continue the list")
    if not keys.days[-1] <= day <= today + dt.timedelta(days=1):
        raise KeyListError("an entry of another day")
    keys, approvals = _checked(keys, body, entry)
    if len(keys.members) == 2 and body.kind is not Change.RECOVER:
        return 0
    alone = body.kind in _ON_PENDING or (body.kind is Change.REMOVE and body.member in entry.signatures)
    return 0 if alone else max(0, keys.needed_for(body.kind) - approvals)


def body_of(entry: SignedEntry) -> Body:
    """What an entry says; nothing is verified.

    Raises:
        KeyListError: it cannot be read.
    """
    return _body(entry)[0]


def fingerprint_digits(keys: KeyList) -> str:
    """The fingerprint without spaces: 40 digits."""
    return keys.fingerprint.replace(" ", "")


def _body(entry: SignedEntry) -> tuple[Body, dt.date]:
    try:
        text = entry.body.encode()
        body = from_json(Body, text)
        day = parse_day(body.day)
        check_id(body.group)
        if body.member:
            check_id(body.member)
        if body.key:
            unb64(body.key, KEY)
    except EncodingError:
        raise KeyListError("an entry that cannot be read") from None
    # In one form alone: what readers of JSON might take differently must never get into a list that only grows.
    if to_json(body) != text:
        raise KeyListError("an entry that is not written as it must be")
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
    keys, approvals = _checked(_settle(keys, day), body, entry)
    grown = replace(keys, entries=(*keys.entries, entry), hashes=(*keys.hashes, entry.hash), days=(*keys.days, day))
    if body.kind in _ON_PENDING:
        return _answer(grown, body, entry)
    if approvals >= keys.needed_for(body.kind) or (body.kind is Change.REMOVE and body.member in entry.signatures):
        return _apply(grown, body, entry)
    if len(keys.members) == 2 and body.kind is not Change.RECOVER:
        return replace(grown, pending=Pending(entry, body, day + dt.timedelta(days=PENDING_DAYS)))
    raise KeyListError("an entry with too few signatures")


def _checked(keys: KeyList, body: Body, entry: SignedEntry) -> tuple[KeyList, int]:
    if keys.pending and body.kind not in _ON_PENDING:
        raise KeyListError("an entry while another is still pending")
    approvals = _approvals(keys, entry)
    if body.kind not in _ON_PENDING:
        _check_change(keys, body)
    return keys, approvals


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
        Change.EPOCH: body.value in EPOCH_RANGE and not body.member and not body.key,
        Change.RECOVERY: not body.member and (_can_split(keys, body.value) if body.key else not body.value),
        Change.RECOVER: keys.recovery is not None and member in keys.members and keys.member_of(body.key) is not None,
    }
    if body.kind is Change.ENROL and len(keys.members) >= MAX_MEMBERS:
        raise KeyListError("an enrolment beyond the most members that a group has")
    if not fits.get(body.kind, False) or (body.value and body.kind not in _WITH_VALUE):
        raise KeyListError("an entry that its kind does not allow")


def _can_split(keys: KeyList, threshold: int) -> bool:
    return len(keys.members) >= MIN_SHARED and 2 <= threshold <= min(len(keys.members), MAX_QUORUM)


def _answer(keys: KeyList, body: Body, entry: SignedEntry) -> KeyList:
    pending = keys.pending
    if pending is None or body.key != pending.entry.hash or set(entry.signatures) & set(pending.entry.signatures):
        raise KeyListError("an answer to something that is not pending, or by its own signer")
    settled = replace(keys, pending=None)
    return _apply(settled, pending.body, pending.entry) if body.kind is Change.AGREE else settled


def _settle(keys: KeyList, day: dt.date) -> KeyList:
    if keys.pending and day >= keys.pending.effective:
        return replace(_apply(keys, keys.pending.body, keys.pending.entry), pending=None)
    return keys


def _apply(keys: KeyList, body: Body, entry: SignedEntry) -> KeyList:
    member = MemberId(body.member)
    match body.kind:
        case Change.ENROL:
            new = {member: VerifyingKey(body.key)}
            return replace(keys, members={**keys.members, **new}, known={**keys.known, **new})
        case Change.REMOVE:
            return replace(keys, members={m: k for m, k in keys.members.items() if m != member})
        case Change.QUORUM:
            return replace(keys, quorum=body.value)
        case Change.EPOCH:
            return replace(keys, epoch_days=body.value)
        case Change.RECOVERY:
            return replace(keys, recovery=Recovery(body.key, body.value, frozenset(keys.members)) if body.key else None)
        case Change.RECOVER:
            of = keys.member_of(body.key)
            assert of is not None  # checked before
            signers = frozenset(MemberId(signer) for signer in entry.signatures)
            made = Recovered(body.number, parse_day(body.day), member, of, signers)
            return replace(keys, recovered=(*keys.recovered, made))
        case _:
            return replace(keys, retention=VerifyingKey(body.key))
