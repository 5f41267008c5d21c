"""One group over the real code: members' terminal clients, requesters, their adversaries, and what truly happened.

Honest members act through `intake.cli`, the client that people use. Adversaries have every key and file that they could get,
and
send whatever can be made of them. `World` records what honest people did and checks what their clients believe.
"""

import contextlib
import copy
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any
from unittest import mock

import typer
from rich.console import Console

from crypto import age, argon2id, entry, grant, keylist, keyring, receipt, snapshot, statement, unlocker
from crypto import case as protocol
from crypto.age import Identity, Recipient, bech32
from crypto.case import OwnCase, ServedOwn, StoredEntry, VerifiedGroup
from crypto.case.sequence import BEFORE_HEADS
from crypto.encoding import CaseId, EpochId, GroupId, MemberId, b64, new_id, to_json, unb64
from crypto.entry import Entry, Kind
from crypto.errors import CryptoError, EncodingError, SignatureError, StaleSnapshotError
from crypto.grant import Address
from crypto.keylist import Change, KeyList, SignedEntry
from crypto.keyring import Keyring
from crypto.labels import Label
from crypto.recovery import RECOVERY
from crypto.secret import Secret
from crypto.signing import SigningKey, VerifyingKey
from crypto.snapshot import Snapshot
from crypto.statement import Statement
from intake.cli import enrolment, group, proposals, recovery, rotation
from intake.cli.desk import Desk
from intake.cli.errors import CommandError
from intake.cli.member import Member
from intake.cli.opened import ShownCase
from tests.model import ed25519, oracle
from tests.model.deletion import Vault
from tests.model.host import Host, Refused, StoredCase, recipient_of
from tests.model.oracle import SLACK, Ledger, Violation
from tests.model.shares import Shares
from tests.support.world import TODAY
from tests.support.world import request as content_of

PASSPHRASE = "five plain words for this"
CASE_DAYS = 30


@dataclass
class Person:
    """A present or former member. The adversary has the keys of the dishonest ones."""

    handle: str
    id: MemberId
    honest: bool = True
    last_seen: dt.date | None = None
    views: list[tuple[str, ...]] = field(default_factory=list)  # hashes of every list that their client accepted


@dataclass
class Epoch:
    """An epoch key as the group knew it."""

    owner: MemberId
    current: bool = True
    named: dt.date = dt.date.min  # the last day on which an honest member's snapshot named it


@dataclass
class Wish:
    """A request: its author, its receipt, and what they have read."""

    case: CaseId
    code: str
    day: dt.date
    honest: bool


@dataclass
class Adversary:
    """What the adversaries know: identities that open grants, and the case keys that they opened."""

    epochs: dict[EpochId, Identity] = field(default_factory=dict)
    keys: dict[str, Identity] = field(default_factory=dict)  # by recipient
    legitimate: dict[tuple[CaseId, str], None] = field(default_factory=dict)  # case keys that a holder gave to one of them

    def own(self, case: CaseId, key: Identity, *, legitimate: bool) -> None:
        """A case key that they made, or that was given to them."""
        self.keys[str(key.recipient)] = key
        if legitimate:
            self.legitimate[case, str(key.recipient)] = None

    def keys_of(self, case: CaseId) -> list[Identity]:
        """The keys of a case that they may have."""
        return [self.keys[text] for of, text in self.legitimate if of == case]

    def opening(self, file: bytes) -> list[str]:
        """The recipients of their keys that open it."""
        return [text for text, one in self.keys.items() if opens(file, [one])]


class World:
    """The group, its host, its adversaries, and the true day."""

    crashes: tuple[type[Exception], ...] = ()  # what a client without one of its rules may end in

    def __init__(self, members: int, quorum: int, rogue: int | None, *, lying: bool) -> None:
        self.today = TODAY
        self.people: list[Person] = []
        self.host, self.ledger = _founded(members, quorum)
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
        self.vault = Vault()
        self.shares = Shares()
        self.wishes: list[Wish] = []
        # digest of an entry's file: its author, and whether they were a member then
        self.made: dict[str, tuple[str, bool]] = {}
        self.epochs: dict[EpochId, Epoch] = {}
        self._acting: Person | None = None
        self._meant: CaseId | None = None  # the case in which an honest member believes to write
        for number, member in enumerate(self.host.accounts):
            person = Person(f"member{number}", member, honest=number != rogue, last_seen=TODAY)
            self.people.append(person)
            if not person.honest:
                self.ledger.honest.discard(member)
                self.steal(person)
        self._note_epochs()
        for known in self.epochs.values():
            known.named = TODAY

    # Clients

    @property
    def group(self) -> GroupId:
        """Its id."""
        return self.host.keys.group

    @property
    def members(self) -> set[str]:
        """Return whether this person truly is a member."""
        return oracle.members_of(
            self.host.entries, self.ledger, self.today, pending=self.host.keys.pending is not None, host_lies=self.host.lying
        )

    def sign_in(self, person: Person) -> Desk | None:
        """Open a session of an honest member's client and check it; None if it refuses or is refused."""
        with self.acting(person):
            client = self.host.client()
            desk: Desk | None = self.attempt(lambda: Desk(Member.sign_in(client, person.handle, PASSPHRASE, self.clock)))
            if desk is None:
                return None
            self.check_view(person, desk.me.keys)
            person.last_seen = self.today
            seat = desk.me.seats.get(person.id)
            if seat is None or (self.today - seat.first).days >= desk.me.keys.epoch_days:
                self.rotate(person, desk)
            self._note_epochs()
            return desk

    def rotate(self, person: Person, desk: Desk) -> None:
        """Make a fresh epoch key. The old one is its owner's no more."""
        self.attempt(lambda: rotation.rotate(desk.me, lambda done, of: None))
        self._note_epochs()

    @contextlib.contextmanager
    def acting(self, person: Person) -> Iterator[None]:
        """Record what is signed meanwhile as this person's will."""
        before, self._acting = self._acting, person
        try:
            yield
        finally:
            self._acting = before

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do what an honest client does; None if it or the host refuses."""
        try:
            return act()
        except (CryptoError, Refused, CommandError, typer.Exit):
            return None
        except self.crashes:
            return None

    def decide(self, person: Person, kind: Change, **what: Any) -> None:
        """An honest member proposes or agrees."""
        desk = self.sign_in(person)
        if desk is not None:
            with self.acting(person):
                self.attempt(lambda: group.decide(desk.me, kind, **what))
                self.check_view(person, desk.me.keys)

    def deal(self, person: Person, threshold: int, tester: Person) -> None:
        """An honest member makes a recovery key and all others sign, the one who tests it last."""
        desk = self.sign_in(person)
        if desk is None or person is tester:
            return
        with self.acting(person):
            self.attempt(lambda: recovery.deal(desk.me, threshold, tester.id))
        for other in [one for one in self.people if one not in (person, tester)] + [tester]:
            for entry_ in [one for one in self.host.proposals.values() if keylist.body_of(one).kind is Change.RECOVERY]:
                self.sign(other, entry_)

    def recover(self, person: Person, of: Person, to: Person) -> None:
        """A member proposes to give somebody's cases to another, or signs a colleague's proposal."""
        key = self.host.keys.known[of.id].text
        for one in self.host.proposals.values():
            body = keylist.body_of(one)
            if (body.kind, body.member, body.key) == (Change.RECOVER, to.id, key):
                self.sign(person, one)
                return
        body = keylist.next_body(self.host.keys, Change.RECOVER, self.today.isoformat(), member=to.id, key=key)
        self.sign(person, SignedEntry(body=to_json(body).decode(), signatures={}))

    def sign(self, person: Person, entry_: SignedEntry) -> None:
        """Agree to a proposal about the recovery key. A dishonest member gives their signature and no share."""
        body = keylist.body_of(entry_)
        if not person.honest:
            if person.id in self.members:
                with contextlib.suppress(Refused, CryptoError):
                    self.host.decide(person.id, keylist.sign(body, {person.id: self.signing_key(person)}))
            return
        desk = self.sign_in(person)
        if desk is None:
            return
        shown = next((one for one in proposals.open_proposals(desk.me) if one.body == entry_.body), entry_)
        with self.acting(person):
            if body.kind is Change.RECOVERY:
                self.attempt(lambda: recovery.agree_to_deal(desk.me, shown))
            else:
                self.attempt(lambda: recovery.agree(desk.me, body))
            self.check_view(person, desk.me.keys)
        for rogue in [one for one in self.people if not one.honest]:
            self.shares.check(rogue.id, self.ledger, self.host.keys.needed)

    def take_over(self, person: Person) -> None:
        """A member opens the recovery key for every decision that names them."""
        desk = self.sign_in(person)
        if desk is not None:
            with self.acting(person):
                self.attempt(lambda: recovery.open_all(desk, lambda done, of: None))

    def steal(self, person: Person, which: int = 0) -> Keyring:
        """The adversary gets a member's keyring, the newest or an older one. Its epoch keys open what was granted to them."""
        older = [ring for member, ring in self.host.old_keyrings if member == person.id]
        rings, name = [self.host.accounts[person.id].keyring, *older], unlocker.normalise_handle(person.handle)
        with in_a_hurry():
            way = unlocker.from_passphrase(PASSPHRASE, self.group, name)
        ring = keyring.open_(unb64(rings[which % len(rings)]["file"]), [way.identity], self.group, person.id, name)
        self.adversary.epochs |= {EpochId(one.id): one.identity for one in ring.epochs}
        return ring

    def signing_key(self, person: Person) -> SigningKey:
        """The key of a dishonest member."""
        assert not person.honest
        return self.steal(person).signing_key

    # Cases, as an honest member's client sees them

    def look(self, desk: Desk, case: CaseId) -> ShownCase | None:
        """Open and check a case; None if the client refuses the answer."""
        opened: ShownCase | None = self.attempt(lambda: desk.read(case))
        if opened is not None:
            if opened.id != case:
                raise Violation("cases", "a case that is shown as another")
            self.check_authors(opened.shared, desk.me.keys, desk.me.snapshot)
            self.check_authors(opened.desk, desk.me.keys, desk.me.snapshot)
        return opened

    def in_case(self, person: Person, case: CaseId, act: Callable[[Desk], Any]) -> None:
        """An honest member works in a case: nobody without a grant reads it."""
        desk = self.sign_in(person)
        if desk is None or self.look(desk, case) is None:
            return
        with self.acting(person):
            self._meant = case
            self.attempt(lambda: act(desk))
            self._meant = None

    # Requesters

    def seats(self) -> tuple[KeyList, list[Statement], str]:
        """What a requester's client believes of the group. It has the fingerprint from a poster, and its own clock."""
        host = self.host
        keys = self._keys_of_requester()
        shown = host.shown_snapshot()
        if shown is None:
            raise Refused("no recent sign-in")
        newest = snapshot.verify(shown, keys, self.today)
        seats = []
        for signed in host.offer():
            with contextlib.suppress(CryptoError):  # the next assignee takes the place
                seats.append(statement.verify(signed, keys, self.today, newest))
        different = list({seat.member: seat for seat in seats}.values())
        if not different:
            raise Refused("no seats")
        return keys, different[:2], host.deal["recipient"] if host.deal else ""

    def ask(self, *, honest: bool = True) -> Wish:
        """Make a new request. Raises `CryptoError` if the client refuses."""
        _, seats, deal = self.seats()
        wish = Wish(CaseId(new_id()), receipt.generate(), self.today, honest)
        own = receipt.stretch(wish.code, self.group)
        until = self.today + dt.timedelta(days=CASE_DAYS)
        grantees = [(str(seat.member), seat.recipient) for seat in seats]
        if deal:
            grantees.append((RECOVERY, Recipient.parse(deal)))
        new = protocol.seal_new(
            wish.case,
            lambda to: content_of("a bed for two", until, to),
            own.identity.recipient,
            grantees,
            self.today.isoformat(),
        )
        grants = {one.member: {"epoch": one.epoch, "file": b64(one.file)} for one in new.grants}
        self.made[entry.digest_of(new.request)] = ("", True)
        if honest:
            self.given(wish.case, grants)
        else:
            self.adversary.own(wish.case, new.case_key, legitimate=True)
        files = [b64(new.request)]
        self.host.store(StoredCase(wish.case, own.lookup, new.deletion, b64(new.receipt_grant), grants, files))
        self.vault.put(wish.case, until, {"shared/0": new.request, "receipt": new.receipt_grant})
        self.wishes.append(wish)
        return wish

    def read(self, wish: Wish) -> OwnCase | None:
        """Return what a receipt's holder sees; None if their client refuses the answer."""
        opened: OwnCase | None = self.attempt(lambda: self._read(wish))
        return opened

    def _read(self, wish: Wish) -> OwnCase:
        keys = self._keys_of_requester()
        own = receipt.stretch(wish.code, self.group)
        told = self.host.by_lookup(own.lookup)
        entries = [StoredEntry(one["number"], one["digest"], unb64(one["file"])) for one in told.said("shared")]
        newest = self._newest(keys)
        opened = protocol.open_own(ServedOwn(told.id, unb64(told.receipt_grant), entries), own, VerifiedGroup(keys, newest))
        self.check_authors(opened.entries, keys, newest)
        return opened

    def write_back(self, wish: Wish) -> None:
        """The requester answers."""
        opened = self.read(wish)
        if opened is None:
            return
        by = receipt.stretch(wish.code, self.group).identity.recipient
        new = protocol.seal_own_next(opened, by, Kind.MESSAGE, "thank you", self.today.isoformat())
        self.made[entry.digest_of(new.file)] = ("", True)
        if wish.honest:
            self.sealed(wish.case, new.file)
        self.host.cases[opened.grant.case].shared.append(b64(new.file))

    def _newest(self, keys: KeyList) -> Snapshot | None:
        """The snapshot that a requester's client checks a case against; None if a member has to sign in first."""
        shown = self.host.shown_snapshot()
        try:
            return snapshot.verify(shown, keys, self.today) if shown else None
        except StaleSnapshotError:
            return None

    def _keys_of_requester(self) -> KeyList:
        """The list as a requester's client verifies it, with the fingerprint from a poster."""
        keys = keylist.verify(self.host.shown_entries(), self.today, fingerprint=self.fingerprint)
        self.check_view(None, keys)
        return keys

    # Guarantees

    def check_view(self, person: Person | None, keys: KeyList) -> None:
        """Compare what an honest client believes of the key list with what truly happened."""
        expected = oracle.members_of(
            keys.entries, self.ledger, self.today, pending=keys.pending is not None, host_lies=self.host.lying
        )
        if expected != set(keys.members):
            raise Violation("members", "a client believes in other members than the quorum made")
        for key in keys.known.values():
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
        for member, one in grants.items():
            identity = self.adversary.epochs.get(EpochId(one["epoch"]))
            if identity is None:
                continue
            address = Address(case, MemberId(member), EpochId(one["epoch"]))
            try:
                keys = grant.open_(unb64(one["file"]), address, [identity], self.host.keys.author_key).keys
            except CryptoError:
                continue
            if not self._legitimate(EpochId(one["epoch"])):
                raise Violation("readers", "a grant to a key that is no member's any more, or never was")
            for key in (*keys.case_keys, *keys.desk_keys):
                self.adversary.own(case, key, legitimate=True)

    def sealed(self, case: CaseId, file: bytes) -> None:
        """Check an entry that an honest person encrypted for this case: nobody reads it without a grant."""
        for text in self.adversary.opening(file):
            if (case, text) not in self.adversary.legitimate:
                raise Violation("readers", "words that someone reads to whom no holder granted their case")

    def check_authors(self, entries: tuple[Entry, ...], keys: KeyList, newest: Snapshot | None) -> None:
        """Check a sequence that a client shows: by requesters and members, and by nobody who was none when they wrote.

        An entry under a head of its author's time looks as if it was written then, until an earlier entry proves otherwise:
        another
        member's under a newer head, or a snapshot from before its day.
        """
        latest = BEFORE_HEADS
        for one in entries:
            author, was_member = self.made.get(one.digest, ("", True))
            if one.author in self.ledger.honest and author != one.author:
                raise Violation("authors", "words in the name of a member who did not write them")
            if not one.author:
                continue
            at = BEFORE_HEADS if one.head is None else [signed.hash for signed in keys.entries].index(one.head)
            if not was_member and MemberId(one.author) not in keys.members:
                if one.head is not None and one.author not in self._members_at(keys, at):
                    raise Violation("former members", "words that count under a head at which their author was no member")
                if at < latest:
                    raise Violation("former members", "words that count although what stands before them is of a later time")
                if newest and at < newest.number and one.day > newest.day.isoformat():
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
        # How old a state requesters may be shown. A quorum may have made it longer.
        return self.today - known.named <= dt.timedelta(days=max(14, self.host.keys.freshness_days)) + SLACK

    def _note_epochs(self) -> None:
        for account in self.host.accounts.values():
            try:
                epoch = recipient_of(account.statement).id
            except CryptoError:
                continue  # a dishonest member's, which a lying host keeps
            for known in self.epochs.values():
                if known.owner == account.member:
                    known.current = False
            self.epochs.setdefault(epoch, Epoch(account.member)).current = True

    def _on_snapshot(self, member: MemberId, found: Snapshot) -> None:
        """Record which epoch keys an honest member considers their owners'."""
        if self._acting is None or self._acting.id != member:
            return
        every = [*((one.member, one.statement) for one in self.host.accounts.values()), *self.host.old_statements]
        for owner, signed in every:
            if found.statements.get(owner) == statement.hash_of(signed):
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
        for rogue in [one for one in self.people if not one.honest]:
            self.shares.read(unb64(file), self.steal(rogue).identities)

    def _on_grants(self, member: MemberId, grants: dict[str, Any]) -> None:
        if self._acting is not None and self._acting.id == member and self._meant is not None:
            self.given(self._meant, grants)


def opens(file: bytes, identities: list[Identity]) -> bool:
    """Return whether one of these opens an age file."""
    try:
        age.decrypt(file, identities)
    except CryptoError:
        return False
    return True


@contextlib.contextmanager
def in_a_hurry() -> Iterator[None]:
    """Skip what costs time and is not in question: Argon2id, Bech32, verifying the same signature again."""

    def stretch(password: bytes, salt: bytes, cost: argon2id.Cost) -> Secret:
        return Secret(sha256(salt + password).digest())

    def verify(key: VerifyingKey, label: Label, body: bytes, signature: str) -> None:
        if not _verifies(VERIFY, key, label, body, signature):
            raise SignatureError("a signature that does not verify")

    with (
        mock.patch.object(argon2id, "stretch", stretch),
        mock.patch.object(group, "out", Console(quiet=True)),
        mock.patch.object(bech32, "encode", lambda prefix, data: f"{prefix}1{data.hex()}"),
        mock.patch.object(bech32, "decode", _plain_decode),
        mock.patch.object(VerifyingKey, "verify", verify),
        mock.patch.object(Identity, "_halves", property(lambda one: _expanded(one.seed.reveal()))),
    ):
        yield


VERIFY = VerifyingKey.verify
_HALVES = vars(Identity)["_halves"].func


@lru_cache(maxsize=4096)
def _expanded(seed: bytes) -> Any:
    return _HALVES(Identity(Secret(seed)))


def _plain_decode(prefix: str, text: str) -> bytes:
    if not text.startswith(f"{prefix}1"):
        raise EncodingError("not a key of this kind")
    return bytes.fromhex(text.removeprefix(f"{prefix}1"))


@lru_cache(maxsize=65536)
def _verifies(verify: Callable[..., None], key: VerifyingKey, label: Label, body: bytes, signature: str) -> bool:
    try:
        verify(key, label, body, signature)
    except SignatureError:
        return False
    return True


def forget_what_is_cached() -> None:
    """Forget what was verified under other rules."""
    _verifies.cache_clear()
    _founded.cache_clear()


def _prefixes(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


@lru_cache
def _founded(members: int, quorum: int) -> tuple[Host, Ledger]:
    """Make a group of this size, enrolled through the real client; copied for each run."""
    host, ledger = Host(lambda: TODAY, lying=False), Ledger()
    handles = [f"member{number}" for number in range(members)]

    def note(member: MemberId, signed: Any) -> None:
        ledger.consents.add((member, signed.body))

    host.on_entry = note
    with in_a_hurry(), mock.patch.object(enrolment, "check_passphrase"):
        for number, handle in enumerate(handles):
            host.invites = {"invite"}
            digits = f".{host.keys.fingerprint.replace(' ', '')}" if host.entries else ""
            enrolment.enrol(f"http://host/#invite{digits}", handle, PASSPHRASE, host.client(), lambda: TODAY)
            if number:
                approve(host, handles[:number])
        if quorum != 2:
            for handle in handles:
                me = Member.sign_in(host.client(), handle, PASSPHRASE, lambda: TODAY)
                if me.keys.quorum != quorum:
                    group.decide(me, Change.QUORUM, value=quorum)
    ledger.honest = set(host.accounts)
    for signed in host.entries:
        ledger.born[signed.hash] = TODAY
        for member in signed.signatures:
            ledger.consents.add((member, signed.body))
    host.on_entry = lambda member, signed: None
    return host, ledger


def approve(host: Host, handles: list[str]) -> None:
    """Members sign for everyone who waits."""
    for handle in handles:
        me = Member.sign_in(host.client(), handle, PASSPHRASE, lambda: TODAY)
        for candidate, _ in proposals.newcomers(me):
            group.decide(me, Change.ENROL, member=candidate.member, key=candidate.key)
