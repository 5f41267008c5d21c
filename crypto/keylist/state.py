"""The state after a verified key list. Only `crypto.keylist.verify` makes one. docs/reference/format.md, Key list."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from crypto.encoding import GroupId, MemberId, parse_day
from crypto.errors import SignatureError, UnknownHeadError
from crypto.keylist.entry import Body, Change, SignedEntry
from crypto.signing import VerifyingKey

OPEN_END = 2**31  # larger than every number of an entry
EPOCH_DAYS = 30  # the default, until a group decides otherwise
FRESHNESS_DAYS = 14  # that a snapshot may be old; the default, until a group decides otherwise


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry that one of two members signed. It waits for the other's answer or for an `enact`."""

    entry: SignedEntry
    body: Body


@dataclass(frozen=True, slots=True)
class Recovery:
    """The group's recovery key: SHA-256 of its recipient (b64), how many shares open it, and the members who hold them.

    `tested_by` assembled it once before it took effect. It is empty for keys from before that rule.
    """

    key: str
    threshold: int
    members: frozenset[MemberId]
    tested_by: str = ""


@dataclass(frozen=True, slots=True)
class Recovered:
    """A decision to give a member's cases to another with the recovery key, identified by the number of its entry."""

    number: int
    day: dt.date
    to: MemberId
    of: MemberId
    signers: frozenset[MemberId]


@dataclass(frozen=True, slots=True)
class KeyList:
    """The state after a verified list.

    `members` holds the active members. `all_members` also holds the former ones, for signatures from their time. `terms` holds
    the range of entries in which each member was active. An id is never used for a second member.
    """

    group: GroupId
    fingerprint: str
    entries: tuple[SignedEntry, ...]
    hashes: tuple[str, ...]
    days: tuple[dt.date, ...]
    members: dict[MemberId, VerifyingKey]
    all_members: dict[MemberId, VerifyingKey]
    quorum: int
    retention: VerifyingKey | None = None
    pending: Pending | None = None
    epoch_days: int = EPOCH_DAYS
    freshness_days: int = FRESHNESS_DAYS
    recovery: Recovery | None = None
    recovered: tuple[Recovered, ...] = field(default=())
    terms: dict[MemberId, range] = field(default_factory=dict)

    @property
    def head(self) -> str:
        """The hash of the last entry."""
        return self.hashes[-1]

    @property
    def needed(self) -> int:
        """How many signatures the next entry needs to take effect at once."""
        return min(self.quorum, len(self.members))

    def missing_signatures(self, body: Body, signers: Collection[str]) -> int:
        """Return how many signatures the next entry still needs to take effect at once.

        A new recovery key needs as many as open it, and that of the member who tested it. Opening one needs as many as hold it.
        """
        needed = self.needed
        if body.kind is Change.RECOVER and self.recovery:
            needed = max(needed, self.recovery.threshold)
        if body.kind is Change.RECOVERY and body.member:
            needed = max(needed, body.value)
            return max(needed - len(signers), int(body.member not in signers))
        return max(0, needed - len(signers))

    def member_of(self, key: str) -> MemberId | None:
        """Return the member, active or former, with this signing key."""
        return next((member for member, theirs in self.all_members.items() if theirs.text == key), None)

    def key_of(self, member: str) -> VerifyingKey:
        """Return the verifying key of an active or former member.

        Raises:
            SignatureError: no member ever had this id.
        """
        key = self.all_members.get(MemberId(member))
        if key is None:
            raise SignatureError("a signature by someone who was never a member")
        return key

    def number_of(self, head: str) -> int:
        """Return the number of the entry with this hash.

        Raises:
            UnknownHeadError: the list has no such entry.
        """
        if head not in self.hashes:
            raise UnknownHeadError("a head that is not in the key list")
        return self.hashes.index(head)

    def author_key(self, member: str, head: str | None) -> VerifyingKey:
        """Return the key of a member who signed under `head`.

        They must have been active then. Without a head, return the key of any present or former member.

        Raises:
            SignatureError: they were not an active member then, or the head is not in the list.
        """
        key = self.key_of(member)
        if head is not None and self.number_of(head) not in self.terms[MemberId(member)]:
            raise SignatureError("a signature by someone who was not an active member then")
        return key


def terms_after(terms: dict[MemberId, range], members: dict[MemberId, VerifyingKey], number: int) -> dict[MemberId, range]:
    """Return the terms, given the active members after entry `number`."""
    ended = {member: range(term.start, min(term.stop, number)) for member, term in terms.items() if member not in members}
    return {**{member: terms.get(member, range(number, OPEN_END)) for member in members}, **ended}


def applied(keys: KeyList, body: Body, entry: SignedEntry) -> KeyList:
    """Return the state once an entry, whose rules were checked before, takes effect."""
    member = MemberId(body.member)
    match body.kind:
        case Change.ENROL:
            new = {member: VerifyingKey(body.key)}
            return replace(keys, members={**keys.members, **new}, all_members={**keys.all_members, **new})
        case Change.REMOVE:
            return replace(keys, members={m: k for m, k in keys.members.items() if m != member})
        case Change.QUORUM:
            return replace(keys, quorum=body.value)
        case Change.EPOCH:
            return replace(keys, epoch_days=body.value)
        case Change.FRESHNESS:
            return replace(keys, freshness_days=body.value)
        case Change.RECOVERY:
            recovery = Recovery(body.key, body.value, frozenset(keys.members), body.member)
            return replace(keys, recovery=recovery if body.key else None)
        case Change.RECOVER:
            of = keys.member_of(body.key)
            assert of is not None  # checked before
            signers = frozenset(MemberId(signer) for signer in entry.signatures)
            recovered = Recovered(body.number, parse_day(body.day), member, of, signers)
            return replace(keys, recovered=(*keys.recovered, recovered))
        case _:
            return replace(keys, retention=VerifyingKey(body.key))
