"""A signed-in coordinator: the verified group and the open keyring. Every key stays in this process."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import msgspec

from crypto import keylist, keyring, names, recovery, snapshot, statement, unlocker
from crypto.age import Identity, Recipient
from crypto.encoding import GroupId, MemberId, b64, from_dict, unb64
from crypto.errors import CryptoError, KeyListError, NoMatchError, StaleSnapshotError
from crypto.held import Changed
from crypto.keylist import KeyList, SignedEntry
from crypto.keyring import HeldCase, Keyring
from crypto.signing import Author, Signed, SigningKey, VerifyingKey
from crypto.snapshot import Snapshot
from crypto.statement import Statement
from crypto.unlocker import Unlocker
from intake.cli import snapshots
from intake.cli.answers import RefusedError, answer, paid_for
from intake.cli.clocks import Clocks, own_day
from intake.cli.errors import CommandError

NAMES_AT_ONCE = 16  # names of new members that one refresh asks for

Clock = Callable[[], dt.date]


@dataclass(frozen=True, slots=True)
class NamesFile:
    """What a snapshot names a names file by; 0 and None without one."""

    number: int
    digest: str | None


class Member:
    """The keys, colleagues and names of a signed-in coordinator."""

    def __init__(self, client: httpx.Client, keys: KeyList, ring: Keyring, way: Unlocker, clocks: Clocks,
                 clock: Clock = own_day) -> None:  # fmt: skip
        self.client = client
        self.keys = keys
        self.ring = ring
        self.clocks = clocks
        self._clock = clock
        self.way = way
        self.told: dict[str, Any] = {}
        self.snapshot: Snapshot | None = None  # the newest; None if it is too old or there is none
        self.snapshots: list[Signed] = []  # all members', as the server sent them
        self.statements: list[Signed] = []  # all members', as the server sent them
        self.held: list[HeldCase] = []
        self.changed: Changed | None = None  # what the host has dropped or replaced since the last sign-in, once compared
        self.seats: dict[MemberId, Statement] = {}
        self.names: dict[str, str] = {}
        self.names_number = 0
        self.present_names: NamesFile | None = None  # the file that a snapshot of this member may name; None: not to be trusted
        self._asked: set[MemberId] = set()
        self._given: dict[str, str] = {}  # names that newcomers sent at enrolment

    @classmethod
    def sign_in(cls, client: httpx.Client, handle: str, passphrase: str, clock: Clock = own_day) -> "Member":
        """Verify the group and open the keyring.

        Raises:
            CommandError: what the server answered, in words.
            CryptoError: The key list or the keyring does not verify.
        """
        keys, _, clocks = fetch_keys(client, clock)
        name = unlocker.normalise_handle(handle)
        way = unlocker.from_passphrase(passphrase, keys.group, name)
        body = {
            "handle_id": unlocker.handle_id(keys.group, name),
            "kind": way.kind.value,
            "authentication": b64(way.authentication.reveal()),
        }
        given = paid_for(lambda sent: client.post("/api/desk/session", json=sent), body)
        member = MemberId(given["member"])
        ring = keyring.open_(unb64(given["keyring"]), [way.identity], GroupId(keys.group), member, name)
        # The list must contain the head that this keyring has seen. This detects a rollback or a fork.
        keylist.verify(keys.entries, clocks.own, seen=(ring.head.number, ring.head.hash))
        made = cls(client, keys, ring, way, clocks, clock)
        made.refresh()
        snapshots.look_for_cases(made)
        snapshots.sign_present(made)
        if snapshots.enact_pending(made):
            snapshots.sign_present(made)
        seat = made.seats.get(made.id)
        # A keyring is stored before its epoch key is published. One without the key is a copy from before a rotation.
        if seat and all(one.id != seat.recipient.id for one in ring.epochs):
            raise NoMatchError("the server gave out an older keyring of yours than the group knows")
        return made

    def sign_out(self) -> None:
        """End the session."""
        self.ask("DELETE", "/api/desk/session")

    @property
    def id(self) -> MemberId:
        """This member's id."""
        return self.ring.member

    @property
    def today(self) -> dt.date:
        """The day to verify by."""
        return self.clocks.today

    @property
    def signing_day(self) -> str:
        """The day to sign with.

        Raises:
            ClocksError: This machine's clock and the server's do not agree.
        """
        return max(self.clocks.signing_day, self.keys.days[-1]).isoformat()

    @property
    def author(self) -> Author:
        """The author of entries and grants: this member, under the current head of the key list."""
        return Author(self.ring.member, self.ring.signing_key, self.keys.head)

    @property
    def signers(self) -> dict[MemberId, SigningKey]:
        """The signing key for entries of the key list, by member."""
        return {self.ring.member: self.ring.signing_key}

    @property
    def deal(self) -> Recipient | None:
        """The recovery key's recipient, if the group has one.

        Raises:
            KeyListError: The server offers another key than the list names.
        """
        told = self.told["deal"]
        recipient = Recipient.parse(told["recipient"]) if told else None
        named = self.keys.recovery.key if self.keys.recovery else ""
        if (recovery.key_hash(recipient) if recipient else "") != named:
            raise KeyListError("another recovery key than the group's")
        return recipient

    def refresh(self) -> None:
        """Fetch and verify the current group. The head of a longer key list is stored in the keyring."""
        head = self.ring.head
        keys, newest, self.clocks = fetch_keys(
            self.client, self._clock, self.ring.snapshot.version, group=self.keys.group, seen=(head.number, head.hash)
        )
        self.keys, self.snapshot = keys, newest
        self.told = self.ask("GET", "/api/desk/group")
        self.statements = [Signed(**signed) for signed in self.told["statements"]]
        self.snapshots = [Signed(**signed) for signed in self.told["snapshots"]]
        found = [one for signed in self.statements if newest and (one := valid(signed, keys, self.today, newest))]
        self.seats = {one.member: one for one in found}
        self._read_names()
        number = len(self.keys.entries) - 1
        if head.number < number:
            self.change_ring(lambda ring: msgspec.structs.replace(ring, head=keyring.Head(number=number, hash=self.keys.head)))

    def change_ring(self, change: Callable[[Keyring], Keyring], method: str = "PUT", path: str = "/api/desk/keyring",
                    body: Callable[[dict[str, object]], object] = lambda sealed: sealed) -> None:  # fmt: skip
        """Change the keyring and store it.

        Args:
            change: makes the new keyring of the present one.
            method: of the request that stores the keyring.
            path: of that request.
            body: makes the body of that request of the encrypted keyring.
        """
        ring = msgspec.structs.replace(change(self.ring), number=self.ring.number + 1)
        self.ask(method, path, body({"number": ring.number, "file": b64(keyring.seal(ring))}))
        self.ring = ring

    def sealed_names(self, recipients: list[Recipient] | None = None) -> dict[str, object]:
        """What the members call each other, for those who are members now."""
        known = {self.id: self.ring.handle, **self.names}  # one's own name, even if the shown names are not trusted
        members = {member: name for member, name in known.items() if member in self.keys.members}
        book = names.Names(
            format="sealed-intake/1/names",
            group=GroupId(self.keys.group),
            number=self.names_number + 1,
            author=self.id,
            members=members,
            head=self.keys.head,
        )
        to = recipients if recipients is not None else [seat.recipient for seat in self.seats.values()]
        return {"number": book.number, "file": b64(names.seal(book, to, self.ring.signing_key))}

    def colleague(self, name: str) -> MemberId:
        """Return a member by sign-in name or id, or a former member by id.

        Raises:
            CommandError: There is no such member.
        """
        handle = name.casefold()
        for member in self.keys.known:
            if name == member or handle == self.names.get(member):
                return member
        raise CommandError("no colleague has this sign-in name")

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Send a request and return the answer. Raises like `answers.answer`."""
        return answer(self.client.request(method, path, json=body))

    def _read_names(self) -> None:
        number = int(self.told["names_number"])
        self.present_names = self._open_names(self.told["names"], number)
        self.names_number = max(self.names_number, number)
        for one in self.told["candidates"]:
            self._read_waiting(one)
        lacking = [member for member in self.keys.members if member not in self.names and member not in self._asked]
        for member in lacking[-NAMES_AT_ONCE:]:
            self._ask_for_name(member)
        self.names = {**self._given, **self.names}

    def _open_names(self, text: str | None, number: int) -> NamesFile | None:
        """Read the names; the file, if this member may name it in a snapshot.

        That is one that verifies, or the very one that the newest snapshot names, which opens for nobody who was enrolled
        since it was written. Nobody vouches for another: colleagues believe the newest snapshot.
        """
        newest = self.snapshot
        if text is None:
            return NamesFile(0, None) if newest is None or newest.names == 0 else None
        file = unb64(text)
        digest = names.digest_of(file)
        present = NamesFile(number, digest)
        try:
            opened = names.open_(file, self.ring.identities, GroupId(self.keys.group), self.keys.author_key)
            if newest:
                names.check_newness(opened, digest, self.keys, newest)
        except CryptoError:  # not sealed yet to someone who was enrolled a moment ago, or not to be trusted: ids are shown
            return present if newest and (newest.names, newest.names_digest) == (number, digest) else None
        if opened.number != number or number < self.names_number:  # an older one could bring back a name
            return None
        self.names = dict(opened.members)
        return present

    def _read_waiting(self, one: dict[str, Any]) -> None:
        try:
            candidate, _ = statement.verify_candidate(Signed(**one["signed"]), self.keys.group)
        except CryptoError:
            return
        if candidate.member not in self.names and one["name"] is not None:
            self._read_given(one["name"], candidate.member, VerifyingKey(candidate.key))

    def _ask_for_name(self, member: MemberId) -> None:
        """Ask for the name of a member who enrolled after the names were written."""
        self._asked.add(member)
        try:
            file = self.ask("GET", f"/api/desk/names/{member}")["name"]
        except RefusedError:
            return  # They sent none.
        self._read_given(file, member, self.keys.members[member])

    def _read_given(self, file: str, member: MemberId, key: VerifyingKey) -> None:
        try:
            book = names.open_(unb64(file), self.ring.identities, GroupId(self.keys.group), lambda *_: key)
            self._given[member] = book.members[member]
        except (CryptoError, KeyError):
            return  # The id is shown instead.


def fetch_keys(
    client: httpx.Client, clock: Clock = own_day, seen_version: int = 0, **expected: Any
) -> tuple[KeyList, Snapshot | None, Clocks]:
    """The verified key list, the newest snapshot (None if members have to sign in first), and both clocks.

    List and snapshot are verified by this machine's clock alone. A snapshot that is too old counts as none.
    """
    told = answer(client.get("/api/form/keylist"))
    clocks = Clocks(clock(), dt.date.fromisoformat(told["today"]))
    keys = keylist.verify([from_dict(SignedEntry, one) for one in told["entries"]], clocks.own, **expected)
    try:
        newest = snapshot.verify(Signed(**told["snapshot"]), keys, clocks.own, seen=seen_version) if told["snapshot"] else None
    except StaleSnapshotError:
        newest = None
    return keys, newest, clocks


def valid(signed: Signed, keys: KeyList, today: dt.date, newest: Snapshot) -> Statement | None:
    """Return a statement whose key may be encrypted to today, or None."""
    try:
        return statement.verify(signed, keys, today, newest)
    except CryptoError:
        return None  # Its member is not approved yet, or must renew it.


def identity_of(ring: Keyring, epoch: str) -> Identity:
    """Return the secret epoch key with this id.

    Raises:
        NoMatchError: The keyring does not contain it.
    """
    for one in ring.epochs:
        if one.id == epoch:
            return one.identity
    raise NoMatchError("sealed to an epoch key that is gone")
