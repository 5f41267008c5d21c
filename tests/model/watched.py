"""What truly happened in a group, and checks of what honest clients believe. `group.World` acts."""

import contextlib
import copy
import datetime as dt
from typing import Any

from crypto import entry, grant, keyring, statement, unlocker
from crypto.case.sequence import BEFORE_HEADS
from crypto.encoding import CaseId, EpochId, GroupId, MemberId, unb64
from crypto.entry import Entry
from crypto.errors import CryptoError
from crypto.grant import Address
from crypto.keylist import KeyList
from crypto.keyring import Keyring
from crypto.signing import SigningKey
from crypto.snapshot import Snapshot
from tests.model import ed25519, oracle
from tests.model.deletion import Deletion
from tests.model.founding import PASSPHRASE, founded
from tests.model.host import recipient_of
from tests.model.oracle import SLACK, Violation
from tests.model.people import Adversary, Epoch, Person, Wish
from tests.model.shares import Shares
from tests.model.shortcuts import in_a_hurry
from tests.support.world import TODAY


class Watched:
    """The group, its host, its adversaries, the true day, and the checks of what honest clients believe."""

    crashes: tuple[type[Exception], ...] = ()  # exceptions of a client that lacks one of its rules

    def __init__(self, members: int, quorum: int, rogue: int | None, *, lying: bool) -> None:
        self.today = TODAY
        self.people: list[Person] = []
        self.host, self.ledger = founded(members, quorum)
        self.host = copy.deepcopy(self.host)
        self.host._today = lambda: self.today
        self.host.lying = lying
        self.host.on_entry = self._on_entry
        self.host.on_file = self._on_file
        self.host.on_snapshot = self._on_snapshot
        self.host.on_grants = self._on_grants
        self.host.on_share = self._on_share
        self.ledger = copy.deepcopy(self.ledger)
        self.clock = lambda: self.today  # of every honest client
        self.fingerprint = self.host.keys.fingerprint.replace(" ", "")
        self.adversary = Adversary()
        self.deletion = Deletion()
        self.shares = Shares()
        self.wishes: list[Wish] = []
        # digest of an entry's file: its author, and whether they were a member then
        self.made: dict[str, tuple[str, bool]] = {}
        self.epochs: dict[EpochId, Epoch] = {}
        self._acting: Person | None = None
        self._meant: CaseId | None = None  # the case in which an honest member believes they write
        for number, member in enumerate(self.host.accounts):
            person = Person(f"member{number}", member, honest=number != rogue, last_seen=TODAY)
            self.people.append(person)
            if not person.honest:
                self.ledger.honest.discard(member)
                self.steal(person)
        self._note_epochs()
        for known in self.epochs.values():
            known.named = TODAY

    @property
    def group(self) -> GroupId:
        """The group's id."""
        return self.host.keys.group

    @property
    def members(self) -> set[str]:
        """The people who truly are members."""
        return oracle.members_of(
            self.host.entries, self.ledger, self.today, pending=self.host.keys.pending is not None, host_lies=self.host.lying
        )

    def steal(self, person: Person, which: int = 0) -> Keyring:
        """The adversary gets a member's keyring, the newest or an older one. Its epoch keys open what was granted to them."""
        older = [ring for member, ring in self.host.old_keyrings if member == person.id]
        rings, name = [self.host.accounts[person.id].keyring, *older], unlocker.normalise_handle(person.handle)
        with in_a_hurry():
            way = unlocker.from_passphrase(PASSPHRASE, self.group, name)
        ring = keyring.open_(unb64(rings[which % len(rings)]["file"]), [way.identity], self.group, person.id, name)
        self.adversary.epochs |= {EpochId(epoch.id): epoch.identity for epoch in ring.epochs}
        return ring

    def signing_key(self, person: Person) -> SigningKey:
        """The key of a dishonest member."""
        assert not person.honest
        return self.steal(person).signing_key

    def check_view(self, person: Person | None, keys: KeyList) -> None:
        """Compare what an honest client believes of the key list with what truly happened."""
        expected = oracle.members_of(
            keys.entries, self.ledger, self.today, pending=keys.pending is not None, host_lies=self.host.lying
        )
        if expected != set(keys.members):
            raise Violation("members", "a client believes in other members than the quorum made")
        for key in keys.all_members.values():
            if not ed25519.good_key(unb64(key.text)):
                raise Violation("one history", "a list that one reader accepts and another refuses")
        if person is not None:
            for entry_ in keys.entries:
                self.ledger.seen.setdefault((person.id, entry_.hash), self.today)
            if any(not _prefixes(before, keys.hashes) for before in person.views):
                raise Violation("one history", "a client accepted two histories")
            person.views.append(keys.hashes)

    def given(self, case: CaseId, grants: dict[str, Any]) -> None:
        """Check grants that an honest holder or requester made: only the intended members open them."""
        for member, sent in grants.items():
            identity = self.adversary.epochs.get(EpochId(sent["epoch"]))
            if identity is None:
                continue
            address = Address(case, MemberId(member), EpochId(sent["epoch"]))
            try:
                keys = grant.open_(unb64(sent["file"]), address, [identity], self.host.keys.author_key).keys
            except CryptoError:
                continue
            if not self._legitimate(EpochId(sent["epoch"])):
                raise Violation("readers", "a grant to a key that is no member's any more, or never was")
            for key in (*keys.case_keys, *keys.desk_keys):
                self.adversary.own(case, key, legitimate=True)

    def sealed(self, case: CaseId, file: bytes) -> None:
        """Check an entry that an honest person encrypted for this case: nobody reads it without a grant."""
        for text in self.adversary.opening(file):
            if (case, text) not in self.adversary.legitimate:
                raise Violation("readers", "words that someone reads to whom no holder granted their case")

    def check_authors(self, entries: tuple[Entry, ...], keys: KeyList, newest: Snapshot | None) -> None:
        """Check the authors of a sequence that a client shows: each was the requester, or a member when they wrote.

        An entry under a head of its author's time counts as written then, unless an earlier entry under a newer head or a
        snapshot from before its day disproves it.
        """
        latest = BEFORE_HEADS
        for read in entries:
            author, was_member = self.made.get(read.digest, ("", True))
            if read.author in self.ledger.honest and author != read.author:
                raise Violation("authors", "words in the name of a member who did not write them")
            if not read.author:
                continue
            at = BEFORE_HEADS if read.head is None else [signed.hash for signed in keys.entries].index(read.head)
            if not was_member and MemberId(read.author) not in keys.members:
                if read.head is not None and read.author not in self._members_at(keys, at):
                    raise Violation("former members", "words that count under a head at which their author was no member")
                if at < latest:
                    raise Violation("former members", "words that count although what stands before them is of a later time")
                if newest and at < newest.number and read.day > newest.day.isoformat():
                    raise Violation("former members", "words that count although a snapshot of before their day knows better")
            latest = max(latest, at)

    def _members_at(self, keys: KeyList, number: int) -> set[str]:
        """Return the members after an entry of the list."""
        lies = self.host.lying
        return oracle.members_of(keys.entries[: number + 1], self.ledger, self.today, pending=True, host_lies=lies)

    def _legitimate(self, epoch: EpochId) -> bool:
        known = self.epochs.get(epoch)
        if known is None:
            return False
        if known.owner in self.members and (known.current or known.owner not in self.ledger.honest):
            return True
        # The age of a state that requesters may be shown. A quorum may have raised it.
        return self.today - known.named <= dt.timedelta(days=max(14, self.host.keys.freshness_days)) + SLACK

    def _note_epochs(self) -> None:
        for account in self.host.accounts.values():
            try:
                epoch = recipient_of(account.statement).id
            except CryptoError:
                continue  # a lying host keeps a dishonest member's statement
            for known in self.epochs.values():
                if known.owner == account.member:
                    known.current = False
            self.epochs.setdefault(epoch, Epoch(account.member)).current = True

    def _on_snapshot(self, member: MemberId, accepted: Snapshot) -> None:
        """Record which epoch keys an honest member considers their owners'."""
        if self._acting is None or self._acting.id != member:
            return
        every = [*((account.member, account.statement) for account in self.host.accounts.values()), *self.host.old_statements]
        for owner, signed in every:
            if accepted.statements.get(owner) == statement.hash_of(signed):
                with contextlib.suppress(CryptoError):
                    self.epochs.setdefault(recipient_of(signed).id, Epoch(owner)).named = self.today

    def _on_entry(self, member: MemberId, signed: Any) -> None:
        self.ledger.born.setdefault(signed.hash, self.today)
        if self._acting is not None and self._acting.id == member and member in self.ledger.honest:
            self.ledger.consents.add((member, signed.body))

    def _on_file(self, member: MemberId, file: bytes) -> None:
        if self._acting is not None and self._acting.id == member:
            self.made[entry.digest_of(file)] = (member, member in self.members)
            if self._meant is not None:
                self.sealed(self._meant, file)

    def _on_share(self, file: str) -> None:
        for rogue in [someone for someone in self.people if not someone.honest]:
            self.shares.read(unb64(file), self.steal(rogue).identities)

    def _on_grants(self, member: MemberId, grants: dict[str, Any]) -> None:
        if self._acting is not None and self._acting.id == member and self._meant is not None:
            self.given(self._meant, grants)


def _prefixes(view: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return all(a == b for a, b in zip(view, other, strict=False))
