"""Snapshots: a member signs the state seen at sign-in, which bounds replay of older states. docs/reference/format.md, Snapshot.

The role of the snapshot and the timestamp in TUF. `read` checks who signed and when; `verify` adds what a reader of the present
state must refuse:

1. the signer is an active member, and the signature is theirs;
2. it is this group's, and its head is the list's at that number: else the list is behind it, or another;
3. its version is not below one that the reader has seen;
4. its day is at most one day ahead of the reader's clock, and no older than the group's bound.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from msgspec import UNSET, UnsetType

from crypto.encoding import CaseId, GroupId, MemberId, Shape, Whole, b64, from_json, netstrings, parse_day, unb64
from crypto.errors import CryptoError, SnapshotError, StaleSnapshotError
from crypto.keylist.state import KeyList
from crypto.labels import Label
from crypto.signing import Signed, SigningKey, labelled_hash

CLOCK_DAYS = 1  # by which two honest clocks may differ
_HASH = 32  # bytes


class Body(Shape, frozen=True):
    """The signed fields. `statements`: b64 hash of each active member's current statement; `cases`: see `digest_of`.

    `names_digest` is missing if there is no names file, and in earlier snapshots, which do not name the file's bytes.
    """

    format: str
    group: GroupId
    member: MemberId
    version: Whole
    day: str
    number: Whole
    head: str
    statements: dict[MemberId, str]
    names: Whole
    cases: str
    names_digest: str | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A verified snapshot."""

    signed: Signed
    member: MemberId
    version: int
    day: dt.date
    number: int
    head: str
    statements: dict[MemberId, str]
    names: int
    names_digest: str | None
    cases: str

    @property
    def hash(self) -> str:
        """The hash by which an `enact` entry names this snapshot: 32 bytes as b64."""
        return hash_of(self.signed)

    def names_statement(self, member: MemberId, statement: Signed) -> bool:
        """Return whether `statement` is the one that this snapshot names for `member`."""
        return self.statements.get(member) == labelled_hash(Label.STATEMENT, statement.body.encode())


def sign(body: Body, key: SigningKey) -> Signed:
    """Sign a snapshot as its member."""
    return key.sign_json(Label.SNAPSHOT, body)


def hash_of(signed: Signed) -> str:
    """Return the hash of the signed text: 32 bytes as b64."""
    return labelled_hash(Label.SNAPSHOT, signed.body.encode())


def digest_of(cases: Iterable[CaseId]) -> str:
    """Return a digest of the cases that a member holds, which does not reveal them: SHA-256 of the sorted ids as netstrings."""
    return b64(sha256(netstrings(*(case.encode() for case in sorted(cases)))).digest())


def read(signed: Signed, keys: KeyList) -> Snapshot:
    """Read a snapshot by an active member of `keys` that names one of its heads. Does not check how new the snapshot is.

    Raises:
        SnapshotError: it cannot be read or does not verify; by no active member; of another group; on a head that is
            not the list's at that number.
    """
    try:
        body = from_json(Body, signed.body)
        day = parse_day(body.day)
        names_digest = None if body.names_digest is UNSET else body.names_digest
        for digest in (body.head, body.cases, *([] if names_digest is None else [names_digest]), *body.statements.values()):
            unb64(digest, _HASH)
    except CryptoError as error:
        raise SnapshotError(error.reason) from None
    if body.format != Label.SNAPSHOT or body.group != keys.group:
        raise SnapshotError("a snapshot of another format or group")
    key = keys.members.get(body.member)
    if key is None:
        raise SnapshotError("a snapshot by someone who is not a member")
    try:
        key.verify(Label.SNAPSHOT, signed.body.encode(), signed.signature)
    except CryptoError as error:
        raise SnapshotError(error.reason) from None
    if body.number >= len(keys.hashes) or keys.hashes[body.number] != body.head:
        raise SnapshotError("a snapshot of another key list or of a longer one")
    return Snapshot(
        signed=signed,
        member=body.member,
        version=body.version,
        day=day,
        number=body.number,
        head=body.head,
        statements=body.statements,
        names=body.names,
        names_digest=names_digest,
        cases=body.cases,
    )


def verify(signed: Signed, keys: KeyList, today: dt.date, *, seen: int = 0) -> Snapshot:
    """Return the snapshot if a reader can rely on it today.

    Args:
        signed: the snapshot and its signature.
        keys: the verified key list that the host served with the snapshot.
        today: by the reader's own clock.
        seen: the highest version that the reader has seen.

    Raises:
        SnapshotError: as `read`, or the day is ahead of the clock.
        StaleSnapshotError: the version is below `seen`, or the snapshot is older than the group allows. The reader has no
            snapshot to rely on until a member signs in. After a restore or a corrected clock an honest host has no newer one.
    """
    snapshot = read(signed, keys)
    if snapshot.version < seen:
        raise StaleSnapshotError("a snapshot older than one seen before")
    if snapshot.day > today + dt.timedelta(days=CLOCK_DAYS):
        raise SnapshotError("a snapshot from the future")
    if today - snapshot.day > dt.timedelta(days=keys.freshness_days):
        raise StaleSnapshotError("a snapshot that is too old")
    return snapshot
