"""Members' signed statements of their epoch keys, and newcomers' candidates. docs/reference/format.md, Statement; Candidate."""

import datetime as dt
from dataclasses import dataclass, replace

from crypto import digits
from crypto.age import Recipient
from crypto.encoding import GroupId, MemberId, Shape, check_id, from_json, parse_day, unb64
from crypto.errors import CryptoError, SignatureError, StatementError
from crypto.keylist import KeyList
from crypto.labels import Label
from crypto.signing import Signed, SigningKey, VerifyingKey, labelled_hash
from crypto.snapshot import Snapshot

GRACE_DAYS = 30  # that a statement outlives its epoch, so that a late rotation locks nobody out
MAX_VALID_DAYS = 120
MAX_TAGS = 16
MAX_TAG = 40  # characters


class Body(Shape, frozen=True, rename={"from_": "from"}):
    """The signed fields of a statement."""

    format: str
    group: GroupId
    member: MemberId
    recipient: str
    head: str
    from_: str
    until: str
    tags: list[str]


class Candidate(Shape, frozen=True):
    """The signed fields of a candidate: the keys that the newcomer will have."""

    format: str
    group: GroupId
    member: MemberId
    key: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A verified statement: a member's epoch recipient, its days, and the member's tags (`lang:ar`, `desk:legal`)."""

    member: MemberId
    recipient: Recipient
    first: dt.date
    until: dt.date
    tags: frozenset[str]


def sign(body: Body, key: SigningKey) -> Signed:
    """Sign a statement as its member."""
    return key.sign_json(Label.STATEMENT, body)


def verify(signed: Signed, keys: KeyList, today: dt.date, snapshot: Snapshot) -> Statement:
    """Verify a statement for a client that encrypts to it today.

    Raises:
        StatementError: as `check`, or the statement was replaced: `snapshot` names another.
    """
    statement = check(signed, keys, today)
    if not snapshot.names_statement(statement.member, signed):
        raise StatementError("a statement that the snapshot does not name")
    return statement


def check(signed: Signed, keys: KeyList, today: dt.date) -> Statement:
    """Check a statement by itself, for a member who makes a snapshot and for the server that checks one.

    Raises:
        StatementError: not by an active member, of another group, not yet or no longer valid, too long, or on a head that is
            not in the list.
    """
    try:
        body = from_json(Body, signed.body)
        first, last = parse_day(body.from_), parse_day(body.until)
        recipient = Recipient.parse(body.recipient)
        key = keys.members.get(body.member)
        if key is None:
            raise StatementError("a statement by someone who is not a member")
        key.verify(Label.STATEMENT, signed.body.encode(), signed.signature)
    except CryptoError as error:
        raise StatementError(error.reason) from None
    if body.format != Label.STATEMENT or body.group != keys.group:
        raise StatementError("a statement of another format or group")
    if not first <= today <= last:
        raise StatementError("a statement outside its days")
    if last - first > dt.timedelta(days=MAX_VALID_DAYS):
        raise StatementError("a statement that is too long")
    if len(body.tags) > MAX_TAGS or any(not 1 <= len(tag) <= MAX_TAG for tag in body.tags):
        raise StatementError("a statement with too many or too long tags")
    if body.head not in keys.hashes:
        raise StatementError("a statement for another key list")
    return Statement(body.member, recipient, first, last, frozenset(body.tags))


def first_day(signed: Signed) -> dt.date:
    """Return the first day of a statement. Nothing is verified.

    Raises:
        EncodingError: it cannot be parsed.
    """
    return parse_day(from_json(Body, signed.body).from_)


def hash_of(signed: Signed) -> str:
    """Return the hash that a snapshot names a statement by: 32 bytes as b64."""
    return labelled_hash(Label.STATEMENT, signed.body.encode())


def sign_candidate(candidate: Candidate, key: SigningKey) -> Signed:
    """Sign a candidate with its own key."""
    return key.sign_json(Label.CANDIDATE, candidate)


def verify_candidate(signed: Signed, group: GroupId) -> tuple[Candidate, str]:
    """Return the candidate and the 40 digits to compare.

    Raises:
        SignatureError: not signed by the key that it names, or for another group.
    """
    try:
        candidate = from_json(Candidate, signed.body)
        check_id(candidate.member)
    except CryptoError as error:
        raise SignatureError(error.reason) from None
    VerifyingKey(candidate.key).verify(Label.CANDIDATE, signed.body.encode(), signed.signature)
    if candidate.format != Label.CANDIDATE or candidate.group != group:
        raise SignatureError("a candidate of another format or group")
    return candidate, digits.from_hash(unb64(labelled_hash(Label.CANDIDATE, signed.body.encode()), 32))


def verify_of_candidate(signed: Signed, keys: KeyList, candidate: Candidate, today: dt.date) -> Statement:
    """Check a candidate's statement as if they were enrolled already. Approvers encrypt the names to it.

    Raises:
        StatementError: as `check`.
    """
    return check(signed, replace(keys, members={**keys.members, candidate.member: VerifyingKey(candidate.key)}), today)
