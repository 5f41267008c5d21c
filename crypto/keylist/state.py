"""What holds after a verified key list. Only `crypto.keylist.verify` makes one. docs/reference/format.md, Key list."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from crypto.encoding import GroupId, MemberId, parse_day
from crypto.errors import SignatureError, UnknownHeadError
from crypto.keylist.entry import Body, Change, SignedEntry
from crypto.signing import VerifyingKey

OPEN_END = 2**31  # beyond every number of an entry
EPOCH_DAYS = 30  # until a group decides otherwise
FRESHNESS_DAYS = 14  # that a snapshot may be old, until a group decides otherwise


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry that one of two members signed. It waits for the other's answer, or for an `enact`."""

    entry: SignedEntry
    body: Body


@dataclass(frozen=True, slots=True)
class Recovery:
    """The group's recovery key: SHA-256 of its recipient (b64), how many shares open it, and between whom it was split.

    `tried_by` put it together once before it took effect; empty for keys from before that was asked for.
    """

    key: str
    threshold: int
    members: frozenset[MemberId]
    tried_by: str = ""


@dataclass(frozen=True, slots=True)
class Recovered:
    """A decision to give a member's cases to another with the recovery key; by the number of its entry."""

    number: int
    day: dt.date
    to: MemberId
    of: MemberId
    signers: frozenset[MemberId]


@dataclass(frozen=True, slots=True)
class KeyList:
    """What holds after a verified list.

    `members` are the active ones; `known` are all who ever were, for signatures from when they were. `terms`: after which
    entries each of them was active; nobody comes back under the same id.
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
    epoch_days: int = EPOCH_DAYS
    freshness_days: int = FRESHNESS_DAYS
    recovery: Recovery | None = None
    recovered: tuple[Recovered, ...] = field(default=())
    terms: dict[MemberId, range] = field(default_factory=dict)

    @property
    def head(self) -> str:
        """Hash of the last entry."""
        return self.hashes[-1]

    @property
    def needed(self) -> int:
        """How many signatures the next entry must have to take effect at once."""
        return min(self.quorum, len(self.members))

    def lacking(self, body: Body, signers: Collection[str]) -> int:
        """How many signatures the next entry still needs to take effect at once.

        A new recovery key needs as many as open it, and that of the member who has tried it; opening one as many as hold it.
        """
        needed = self.needed
        if body.kind is Change.RECOVER and self.recovery:
            needed = max(needed, self.recovery.threshold)
        if body.kind is Change.RECOVERY and body.member:
            needed = max(needed, body.value)
            return max(needed - len(signers), int(body.member not in signers))
        return max(0, needed - len(signers))

    def member_of(self, key: str) -> MemberId | None:
        """Whose signing key this is or was."""
        return next((member for member, known in self.known.items() if known.text == key), None)

    def key_of(self, member: str) -> VerifyingKey:
        """The verifying key of someone who is or was a member.

        Raises:
            SignatureError: nobody by this id ever was.
        """
        key = self.known.get(MemberId(member))
        if key is None:
            raise SignatureError("a signature by someone who was never a member")
        return key

    def position(self, head: str) -> int:
        """The number of the entry whose hash this is.

        Raises:
            UnknownHeadError: the list has none.
        """
        if head not in self.hashes:
            raise UnknownHeadError("a head that is not in the key list")
        return self.hashes.index(head)

    def author_key(self, member: str, head: str | None) -> VerifyingKey:
        """The key of someone who signed under `head` as an active member; of anyone who ever was one where there is no head.

        Raises:
            SignatureError: they were none, or the head is not in the list.
        """
        key = self.key_of(member)
        if head is not None and self.position(head) not in self.terms[MemberId(member)]:
            raise SignatureError("a signature by someone who was not an active member then")
        return key


def terms_after(terms: dict[MemberId, range], members: dict[MemberId, VerifyingKey], number: int) -> dict[MemberId, range]:
    """The terms, given who is active after entry `number`."""
    ended = {member: range(term.start, min(term.stop, number)) for member, term in terms.items() if member not in members}
    return {**{member: terms.get(member, range(number, OPEN_END)) for member in members}, **ended}


def applied(keys: KeyList, body: Body, entry: SignedEntry) -> KeyList:
    """What holds once an entry is in effect, whose rules were checked before."""
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
        case Change.FRESHNESS:
            return replace(keys, freshness_days=body.value)
        case Change.RECOVERY:
            dealt = Recovery(body.key, body.value, frozenset(keys.members), body.member)
            return replace(keys, recovery=dealt if body.key else None)
        case Change.RECOVER:
            of = keys.member_of(body.key)
            assert of is not None  # checked before
            signers = frozenset(MemberId(signer) for signer in entry.signatures)
            made = Recovered(body.number, parse_day(body.day), member, of, signers)
            return replace(keys, recovered=(*keys.recovered, made))
        case _:
            return replace(keys, retention=VerifyingKey(body.key))
