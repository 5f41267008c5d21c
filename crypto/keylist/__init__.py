"""The key list: the members, and the signatures that made them members. docs/reference/format.md, Key list.

`verify` takes raw entries and returns the state after them. Nothing else of a list may be trusted.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from crypto import digits, snapshot
from crypto.encoding import GroupId, MemberId, check_id, from_json, parse_day, to_json, unb64
from crypto.errors import EncodingError, KeyListError, SignatureError, SnapshotError
from crypto.keylist import rules
from crypto.keylist.entry import Body, Change, SignedEntry, sign
from crypto.keylist.rules import MAX_MEMBERS, MIN_SHARED, QUORUM_RANGE
from crypto.keylist.signing import check_signing
from crypto.keylist.state import KeyList, Pending, Recovery, applied, terms_after
from crypto.labels import Label
from crypto.signing import KEY, SigningKey, VerifyingKey

__all__ = [
    "MAX_MEMBERS",
    "MIN_SHARED",
    "Body",
    "Change",
    "KeyList",
    "Pending",
    "Recovery",
    "SignedEntry",
    "next_body",
    "sign",
    "verify",
]

SEEN_DAYS = 3  # between the other member's snapshot of a pending entry and the `enact`
UNSEEN_DAYS = 30  # between the signer's own snapshot of it and the `enact`, if the other never signs in again
DEFAULT_QUORUM = 2
MAX_ENTRIES = 4096
PROPOSAL_DAYS = 14  # that a proposal may wait for signatures; then it expires
_ANSWERS = (Change.STOP, Change.AGREE)  # the second member of two answers what the first signed
_ON_PENDING = (*_ANSWERS, Change.ENACT)


def found_group(group: GroupId, member: MemberId, key: SigningKey, day: str, quorum: int = DEFAULT_QUORUM) -> SignedEntry:
    """Make the first entry of a new group. Its first coordinator's client does this."""
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
    """Make the text of an entry that continues `keys`."""
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
    """Verify `entries` and return the state after them.

    1. The first entry founds the group. Its own key signs it, and it matches the expected group or fingerprint.
    2. Every other entry continues the one before it and has the approvals that its kind needs.
    3. The list contains the head that was seen before, at its number.

    Args:
        entries: the whole list, oldest entry first.
        today: by the reader's own clock; no entry may be dated after it.
        group: the expected group.
        fingerprint: the expected fingerprint, 40 digits without spaces.
        seen: number and hash of the last entry accepted earlier.

    Raises:
        KeyListError: names the rule that was broken.
    """
    if not entries:
        raise KeyListError("an empty key list")
    if len(entries) > MAX_ENTRIES:
        raise KeyListError("a key list with too many entries")
    keys = _verify_first(entries[0])
    if group is not None and keys.group != group:
        raise KeyListError("the key list of another group")
    if fingerprint is not None and fingerprint_digits(keys) != fingerprint:
        raise KeyListError("a key list with another fingerprint")
    terms = terms_after({}, keys.members, 0)
    for number, entry in enumerate(entries[1:], 1):
        keys = _follow(keys, entry)
        terms = terms_after(terms, keys.members, number)
    if keys.days[-1] > today + dt.timedelta(days=1):
        raise KeyListError("a key list from the future")
    if seen is not None and (seen[0] >= len(keys.hashes) or keys.hashes[seen[0]] != seen[1]):
        raise KeyListError("a key list that omits or replaces an entry seen before")
    return replace(keys, terms=terms)


def check_proposal(keys: KeyList, entry: SignedEntry, today: dt.date) -> int:
    """Return how many signatures an entry that would continue `keys` still lacks. At 0 it takes effect, or waits as pending.

    Raises:
        KeyListError: it could never continue the list.
    """
    body, day = _continues(keys, entry)
    if not today - dt.timedelta(days=PROPOSAL_DAYS) <= day <= today + dt.timedelta(days=1):
        raise KeyListError("an entry of another day")
    keys, _ = _checked(keys, body, entry)
    check_signing(keys, body)
    if len(keys.members) == 2 and body.kind is not Change.RECOVER:
        return 0
    one_signature_suffices = body.kind in _ON_PENDING or (body.kind is Change.REMOVE and body.member in entry.signatures)
    return 0 if one_signature_suffices else keys.missing_signatures(body, entry.signatures)


def check_new(entry: SignedEntry, today: dt.date) -> None:
    """Check that a new entry is dated today or yesterday, so that nobody chooses another day for it.

    Raises:
        KeyListError: it is dated in the future or backdated.
    """
    _, day = _body(entry)
    if not today - dt.timedelta(days=1) <= day <= today:
        raise KeyListError("an entry of another day")


def body_of(entry: SignedEntry) -> Body:
    """Parse an entry without verifying anything.

    Raises:
        KeyListError: it cannot be parsed.
    """
    return _body(entry)[0]


def fingerprint_digits(keys: KeyList) -> str:
    """Return the fingerprint without spaces: 40 digits."""
    return keys.fingerprint.replace(" ", "")


def _body(entry: SignedEntry) -> tuple[Body, dt.date]:
    try:
        body = from_json(Body, entry.body)
        day = parse_day(body.day)
        check_id(body.group)
        if body.member:
            check_id(body.member)
        if body.key:
            unb64(body.key, KEY)
    except EncodingError as error:
        raise KeyListError(error.reason) from None
    # Accept one form only. JSON that readers could interpret differently must never enter an append-only list.
    if to_json(body) != entry.body.encode():
        raise KeyListError("an entry that is not in the canonical form")
    if body.format != Label.KEY_LIST:
        raise KeyListError("an entry of another format")
    if entry.evidence is not None and body.kind is not Change.ENACT:
        raise KeyListError("evidence in an entry that is not an enact")
    return body, day


def _verify_first(entry: SignedEntry) -> KeyList:
    body, day = _body(entry)
    if body.kind is not Change.FOUND or body.number or body.previous:
        raise KeyListError("a first entry that does not found a group")
    if body.value not in QUORUM_RANGE:
        raise KeyListError("a quorum out of range")
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
        all_members={member: key},
        quorum=body.value,
    )


def _continues(keys: KeyList, entry: SignedEntry) -> tuple[Body, dt.date]:
    body, day = _body(entry)
    if body.group != keys.group:
        raise KeyListError("an entry of another group")
    if body.number != len(keys.entries):
        raise KeyListError("an entry with another number")
    if body.previous != keys.head:
        raise KeyListError("an entry that does not continue the one before it")
    if day < keys.days[-1]:
        raise KeyListError("an entry dated before the one before it")
    return body, day


def _follow(keys: KeyList, entry: SignedEntry) -> KeyList:
    body, day = _continues(keys, entry)
    keys, _ = _checked(keys, body, entry)
    grown = replace(keys, entries=(*keys.entries, entry), hashes=(*keys.hashes, entry.hash), days=(*keys.days, day))
    if body.kind in _ANSWERS:
        return _answer(grown, body, entry)
    if body.kind is Change.ENACT:
        return _enact(keys, grown, body, entry)
    if not keys.missing_signatures(body, entry.signatures) or (body.kind is Change.REMOVE and body.member in entry.signatures):
        return applied(grown, body, entry)
    if len(keys.members) == 2 and body.kind is not Change.RECOVER:
        return replace(grown, pending=Pending(entry, body))
    raise KeyListError("an entry with too few signatures")


def _checked(keys: KeyList, body: Body, entry: SignedEntry) -> tuple[KeyList, int]:
    if keys.pending and body.kind not in _ON_PENDING:
        raise KeyListError("an entry while another is still pending")
    approvals = _approvals(keys, entry)
    rules.check(keys, body)
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
    except SignatureError as error:
        raise KeyListError(error.reason) from None


def _answer(keys: KeyList, body: Body, entry: SignedEntry) -> KeyList:
    pending = keys.pending
    if pending is None or body.key != pending.entry.hash:
        raise KeyListError("an answer to an entry that is not pending")
    if set(entry.signatures) & set(pending.entry.signatures):
        raise KeyListError("an answer by a signer of the pending entry")
    settled = replace(keys, pending=None)
    return applied(settled, pending.body, pending.entry) if body.kind is Change.AGREE else settled


def _enact(keys: KeyList, grown: KeyList, body: Body, entry: SignedEntry) -> KeyList:
    if keys.pending is None:
        raise KeyListError("an enact without a pending entry")
    if entry.evidence is None:
        raise KeyListError("an enact without evidence")
    try:
        seen = snapshot.read(entry.evidence, keys)
    except SnapshotError as error:
        raise KeyListError(error.reason) from None
    if seen.hash != body.key:
        raise KeyListError("an enact that names other evidence")
    day = enact_day(keys.pending, seen)
    if day is None:
        raise KeyListError("an enact with a snapshot older than the pending entry")
    if grown.days[-1] < day:
        raise KeyListError("an enact before the end of the waiting time")
    return applied(replace(grown, pending=None), keys.pending.body, keys.pending.entry)


def enact_day(pending: Pending, seen: snapshot.Snapshot) -> dt.date | None:
    """Return the day from which `seen` is evidence for an `enact` of `pending`, or None for never.

    The other member has three days to stop an entry once their snapshot shows that they received it. If they never sign in
    again, the entry takes effect 30 days after the signer's own snapshot.
    """
    if seen.number < pending.body.number or seen.day < parse_day(pending.body.day):
        return None
    wait = UNSEEN_DAYS if seen.member in pending.entry.signatures else SEEN_DAYS
    return seen.day + dt.timedelta(days=wait)
