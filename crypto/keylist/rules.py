"""Checks the fields of each kind of entry, independently of its signers. docs/reference/format.md, Key list.

`crypto.keylist` applies these rules once an entry continues the list. Signatures, days and order are checked there.
"""

from crypto.age import MAX_RECIPIENTS
from crypto.encoding import MemberId
from crypto.errors import KeyListError, SignatureError
from crypto.keylist.entry import Body, Change
from crypto.keylist.state import KeyList
from crypto.reasons import LocalReason, Reason
from crypto.signing import VerifyingKey

MAX_QUORUM = 9
QUORUM_RANGE = range(1, MAX_QUORUM + 1)
FRESHNESS_RANGE = range(2, 61)  # days that a snapshot may be old
EPOCH_RANGE = range(7, 61)  # days; a statement lasts 30 days longer and must stay within statement.MAX_VALID_DAYS
MAX_MEMBERS = MAX_RECIPIENTS  # shares at once; the same bound as Shamir's scheme over GF(2^8)
MIN_SHARED = 3  # members between whom a recovery key can be split
# The fields that each kind has. All other fields must be empty or 0.
FIELDS: dict[Change, set[str]] = {
    Change.FOUND: {"member", "key", "value"},
    Change.ENROL: {"member", "key"},
    Change.REMOVE: {"member"},
    Change.STOP: {"key"},
    Change.AGREE: {"key"},
    Change.ENACT: {"key"},
    Change.QUORUM: {"value"},
    Change.RETENTION: {"key"},
    Change.EPOCH: {"value"},
    Change.FRESHNESS: {"value"},
    Change.RECOVERY: {"member", "key", "value"},
    Change.RECOVER: {"member", "key"},
}


def check(keys: KeyList, body: Body) -> None:
    """Check that an entry could follow `keys` if enough members signed it.

    Raises:
        KeyListError: it has a field that its kind does not have, or does not match the present members.
    """
    reason = _violation(keys, body)
    if reason is not None:
        raise KeyListError(reason)


def _violation(keys: KeyList, body: Body) -> Reason | LocalReason | None:
    present = {name for name in ("member", "key", "value") if getattr(body, name)}
    if not present <= FIELDS[body.kind]:
        return "an entry with a field that its kind does not have"
    member = MemberId(body.member)
    match body.kind:
        case Change.FOUND:
            return "a first entry that does not found a group"
        case Change.ENROL:
            return _enrolment_violation(keys, member, body.key)
        case Change.REMOVE if member not in keys.members:
            return "a removal of someone who is not a member"
        case Change.REMOVE if len(keys.members) == 1:
            return "a removal of the last member"
        case Change.QUORUM if body.value not in QUORUM_RANGE:
            return "a quorum out of range"
        case Change.RETENTION:
            return _key_violation(body.key) if body.key else "a retention key that is missing"
        case Change.EPOCH if body.value not in EPOCH_RANGE:
            return "an epoch out of range"
        case Change.FRESHNESS if body.value not in FRESHNESS_RANGE:
            return "a freshness out of range"
        case Change.RECOVERY if not _can_split(keys, body):
            return "a recovery key with an impossible threshold"
        case Change.RECOVERY if member and member not in keys.members:
            return "a recovery key whose tester is not a member"
        case Change.RECOVER:
            return _recovery_violation(keys, member, body.key)
    return None


def _enrolment_violation(keys: KeyList, member: MemberId, key: str) -> Reason | LocalReason | None:
    if not member or not key:
        return "an enrolment without a member or a key"
    if member in keys.all_members:
        return "an enrolment of a current or former member"
    if len(keys.members) >= MAX_MEMBERS:
        return "an enrolment beyond the largest number of members"
    if keys.member_of(key) is not None:
        return "an enrolment with the key of a current or former member"
    return _key_violation(key)


def _key_violation(key: str) -> Reason | LocalReason | None:
    """Check a key where it enters the list.

    The list is append-only, so a key that some readers refuse would close the form permanently.
    """
    try:
        VerifyingKey(key).check()
    except SignatureError as error:
        return error.reason
    return None


def _recovery_violation(keys: KeyList, member: MemberId, key: str) -> Reason | LocalReason | None:
    if keys.recovery is None:
        return "a recovery without a recovery key"
    if member not in keys.members:
        return "a recovery for someone who is not a member"
    if keys.member_of(key) is None:
        return "a recovery of someone who was never a member"
    return None


def _can_split(keys: KeyList, body: Body) -> bool:
    if not body.key:
        return not body.value and not body.member
    return len(keys.members) >= MIN_SHARED and 2 <= body.value <= min(len(keys.members), MAX_QUORUM)
