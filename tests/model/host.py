"""The host of one group, in memory: the server's answers, and every way in which a host may lie.

Like python-tuf's repository simulator, it replaces the transport of the real client (`session`), so nothing uses a network. An
honest host keeps the server's rules. A lying one stores and answers anything.
"""

import contextlib
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from crypto import keylist, snapshot, statement
from crypto.age import Recipient
from crypto.encoding import CaseId, MemberId, unb64
from crypto.entry import digest_of
from crypto.errors import CryptoError
from crypto.keylist import Change, KeyList, SignedEntry
from crypto.recovery import RECOVERY
from crypto.signing import Signed, SigningKey
from crypto.snapshot import Snapshot

RETENTION = SigningKey.generate().verifying_key.text
Answer = dict[str, Any]


class Refused(Exception):
    """Raised when the host refuses a request, with the problem's kind."""


@dataclass
class Account:
    """What the server keeps of a member or a newcomer."""

    member: MemberId
    handle_id: str
    unlockers: list[Answer]
    keyring: Answer
    candidate: Signed
    name: str | None
    statement: Signed
    next_statement: Signed | None = None
    staged: dict[CaseId, Answer] = field(default_factory=dict)


@dataclass
class StoredCase:
    """A case as the server keeps it. All files are b64."""

    id: CaseId
    lookup: str
    expires: str
    receipt_grant: str
    grants: dict[str, Answer]
    shared: list[str]
    desk: list[str] = field(default_factory=list)
    version: int = 0
    open: bool = True
    hold: Answer | None = None

    def said(self, which: str) -> list[Answer]:
        """The entries of a sequence, with their digests."""
        files: list[str] = getattr(self, which)
        entries = [unb64(file) for file in files]
        return [{"number": number, "digest": digest_of(file), "file": file} for number, file in enumerate(entries)]


@dataclass
class Lies:
    """What a lying host answers instead of what it stores. Empty means the truth."""

    clock: int = 0  # days
    entries: int | None = None  # the number of entries shown
    statements: dict[MemberId, Signed] = field(default_factory=dict)
    cases: dict[CaseId, CaseId] = field(default_factory=dict)
    keyrings: dict[MemberId, Answer] = field(default_factory=dict)
    snapshot: Signed | None = None
    unfounded: bool = False
    reordered: bool = False  # signatures of proposals, and whatever has no order of its own


class Host:
    """Everything that the server stores, and its answers."""

    def __init__(self, today: Callable[[], dt.date], *, lying: bool) -> None:
        self._today = today
        self.lying = lying
        self.lies = Lies()
        self.entries: list[SignedEntry] = []
        self.proposals: dict[str, SignedEntry] = {}
        self.accounts: dict[MemberId, Account] = {}
        self.names: tuple[int, str] | None = None
        self.cases: dict[CaseId, StoredCase] = {}
        self.snapshots: list[Signed] = []  # newest first, as far as the server keeps them
        self.old_snapshots: list[Signed] = []
        self.invites: set[str] = set()
        self.deal: Answer | None = None
        self.deals: dict[str, Answer] = {}  # signed, by their name in the key list
        self.shares: list[Answer] = []
        self.old_statements: list[tuple[MemberId, Signed]] = []
        self.old_keyrings: list[tuple[MemberId, Answer]] = []
        self._verified: tuple[object, KeyList] | None = None
        self.on_entry: Callable[[MemberId, SignedEntry], None] = lambda member, entry: None
        self.on_snapshot: Callable[[MemberId, Snapshot], None] = lambda member, accepted: None
        self.on_file: Callable[[MemberId, bytes], None] = lambda member, file: None
        self.on_share: Callable[[str], None] = lambda file: None
        self.on_grants: Callable[[MemberId, dict[str, Answer]], None] = lambda member, grants: None

    @property
    def day(self) -> dt.date:
        """The day by the host's clock."""
        return self._today() + dt.timedelta(days=self.lies.clock)

    @property
    def keys(self) -> KeyList:
        """The list as the server itself verifies it. A lying one accepts any date."""
        day = self.day
        if self.lying:
            day = max(self._today(), dt.date.fromisoformat(keylist.body_of(self.entries[-1]).day))
        at = (len(self.entries), self.entries[-1].hash, day)
        if self._verified is None or self._verified[0] != at:
            self._verified = (at, keylist.verify(self.entries, day))
        return self._verified[1]

    def shown_entries(self) -> list[SignedEntry]:
        """The key list that the host answers with."""
        return self.entries[: self.lies.entries]

    def shown_statements(self) -> list[Signed]:
        """The current epoch statements of everyone who sent one."""
        return [self.lies.statements.get(member, account.statement) for member, account in self.accounts.items()]

    def shown_case(self, case: CaseId) -> StoredCase:
        """The case that the host answers with for this id."""
        stored = self.cases.get(self.lies.cases.get(case, case))
        if stored is None:
            raise Refused("not-found")
        return stored

    def by_lookup(self, lookup: str) -> StoredCase:
        """The case of a receipt."""
        for case in self.cases.values():
            if case.lookup == lookup:
                return self.shown_case(case.id)
        raise Refused("not-found")

    def newest(self) -> Snapshot | None:
        """The newest snapshot that clients would accept today."""
        for signed in self.snapshots:
            with contextlib.suppress(CryptoError):
                return snapshot.verify(signed, self.keys, self.day)
        return None

    def shown_snapshot(self) -> Signed | None:
        """The snapshot that the host answers with."""
        newest = self.newest()
        return self.lies.snapshot or (newest.signed if newest else None)

    def accept(self, member: MemberId, signed: Signed) -> None:
        """Accept a member's snapshot if it matches the store. A lying host accepts any."""
        try:
            verified = snapshot.read(signed, self.keys)
        except CryptoError:
            raise Refused("invalid") from None
        if not self.lying:
            if verified.member != member or abs(verified.day - self.day) > dt.timedelta(days=snapshot.CLOCK_DAYS):
                raise Refused("invalid")
            present = (self.keys.head, self._present_statements(), *self.named())
            named = (verified.head, verified.statements, verified.names, verified.names_digest)
            if named != present or verified.version != self.version() + 1:
                raise Refused("stale")
        self.on_snapshot(member, verified)
        pending = self.keys.pending
        earlier = [older for older in self.snapshots if json.loads(older.body)["member"] == verified.member]
        evidence = [older for older in earlier if pending and json.loads(older.body)["number"] >= pending.body.number][-1:]
        self.old_snapshots += earlier
        self.snapshots = [signed, *(kept for kept in self.snapshots if kept not in earlier or kept in evidence)]

    def named(self) -> tuple[int, str | None]:
        """The number and digest of the names file."""
        return (self.names[0], digest_of(unb64(self.names[1]))) if self.names else (0, None)

    def snapshot_of(self, number: int) -> Signed | None:
        """One of all snapshots that were ever accepted."""
        every = [*self.snapshots, *self.old_snapshots]
        return every[number % len(every)] if every else None

    def version(self) -> int:
        """The highest version of a snapshot."""
        return max((int(json.loads(signed.body)["version"]) for signed in self.snapshots), default=0)

    def _present_statements(self) -> dict[MemberId, str]:
        hashes = {}
        for account in self.accounts.values():
            with contextlib.suppress(CryptoError):
                statement.check(account.statement, self.keys, self.day)
                hashes[account.member] = statement.hash_of(account.statement)
        return hashes

    def offer(self) -> list[Signed]:
        """The assignees for a new case, fewest cases first."""
        held = {member: sum(member in case.grants for case in self.cases.values()) for member in self.accounts}
        if self.lying:
            return self.shown_statements()
        seats, newest = [], self.newest()
        for signed in self.shown_statements() if newest else []:
            assert newest is not None
            with contextlib.suppress(CryptoError):
                seat = statement.verify(signed, self.keys, self.day, newest)
                seats.append((held.get(seat.member, 0), signed))
        return [signed for _, signed in sorted(seats, key=lambda ranked: ranked[0])]

    def store(self, case: StoredCase) -> None:
        """Store a new case, with grants to the assignees alone."""
        if not self.lying:
            self._check_grants(case.grants)
        self.cases[case.id] = case

    def decide(self, member: MemberId, entry: SignedEntry) -> int:
        """Add a member's signature to the next entry, and return how many it still lacks. A lying host appends anything."""
        self.on_entry(member, entry)
        before = self.proposals.get(entry.body)
        if before is not None:
            entry = SignedEntry(body=entry.body, signatures={**before.signatures, **entry.signatures}, evidence=entry.evidence)
        if entry.evidence is not None and entry.evidence not in self.snapshots and not self.lying:
            raise Refused("invalid")
        try:
            if before is None and not self.lying:
                keylist.check_new(entry, self.day)
            missing = self.check_entry(entry)
            if missing:
                self.proposals[entry.body] = entry
                return missing
            day = dt.date.fromisoformat(keylist.body_of(entry).day)
            after = keylist.verify([*self.entries, entry], max(day, self._today()) if self.lying else self.day)
        except CryptoError:
            raise Refused("invalid") from None
        body = keylist.body_of(entry)
        if body.kind is Change.RECOVERY and not after.pending:
            self.deal = self._current_deal(body.key)
        self.append(entry)
        return 0

    def _current_deal(self, key: str) -> Answer | None:
        if key not in self.deals:
            return None
        recipient = json.loads(self.deals[key]["body"])["recipient"]
        return {"id": Recipient.parse(recipient).id, "recipient": recipient}

    def keep_share(self, purpose: str, sender: MemberId, to: str, file: str) -> None:
        """Store an encrypted share for its member."""
        self.on_share(file)
        self.shares.append({"purpose": purpose, "sender": sender, "to": to, "file": file})

    def check_entry(self, entry: SignedEntry) -> int:
        """Check the server's rules for the next entry. A lying host has no calendar."""
        day = dt.date.fromisoformat(keylist.body_of(entry).day) if self.lying else self.day
        return keylist.check_proposal(self.keys, entry, day)

    def append(self, entry: SignedEntry) -> None:
        """Append to the list."""
        self.entries.append(entry)
        self.proposals.clear()

    def state(self, member: MemberId, signed: Signed) -> None:
        """Store a member's current statement in place of the one before."""
        if not self.lying:
            try:
                verified = statement.check(signed, self.keys, self.day)
            except CryptoError:
                raise Refused("invalid") from None
            if verified.member != member or verified.first < statement.first_day(self.accounts[member].statement):
                raise Refused("invalid")
        account = self.accounts[member]
        self.old_statements.append((member, account.statement))
        account.statement = signed

    def seats(self) -> dict[str, str]:
        """The epoch of each member's current statement."""
        epochs = {}
        for account in self.accounts.values():
            try:
                epochs[str(account.member)] = str(statement.check(account.statement, self.keys, self.day).recipient.id)
            except CryptoError:
                continue
        if self.deal:
            epochs[RECOVERY] = self.deal["id"]
        return epochs

    def _check_grants(self, grants: dict[str, Answer]) -> None:
        now = self.seats()
        if not set(grants) - {RECOVERY} or (self.deal is not None) != (RECOVERY in grants):
            raise Refused("stale")
        if any(now.get(member) != sent["epoch"] for member, sent in grants.items()):
            raise Refused("stale")

    def replace_grants(self, case: StoredCase, version: int, grants: dict[str, Answer]) -> None:
        """Hand over, share, or open for the first time."""
        if not self.lying:
            self._check_grants(grants)
            if version != case.version:
                raise Refused("stale")
        case.grants, case.version = grants, case.version + 1


def recipient_of(signed: Signed) -> Recipient:
    """The member whom a statement names, verified or not."""
    return Recipient.parse(json.loads(signed.body)["recipient"])


def epoch_of(signed: Signed) -> str:
    return recipient_of(signed).id
