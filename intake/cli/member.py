"""A signed-in coordinator: the verified group and the open keyring. Every key stays in this process."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx2 as httpx
import msgspec
from msgspec import UNSET

from crypto import group_words, keylist, keyring, names, recovery, statement, unlocker
from crypto.age import Identity, Recipient
from crypto.encoding import GroupId, MemberId, b64, unb64
from crypto.errors import CryptoError, KeyListError, NoMatchError
from crypto.group_words import GroupWords
from crypto.held import Changed
from crypto.keylist import KeyList
from crypto.keyring import HeldCase, Keyring
from crypto.signing import Author, Signed, SigningKey, VerifyingKey
from crypto.snapshot import Snapshot
from crypto.statement import Statement
from crypto.unlocker import Unlocker
from intake.cli import snapshots
from intake.cli.answers import RefusedError, answer, send_with_work
from intake.cli.clocks import Clocks, own_day
from intake.cli.errors import CommandError
from intake.cli.snapshots import NamesFile
from intake.cli.verified_group import Clock, fetch_keys, usable_statement

NAMES_AT_ONCE = 16  # names of new members that one refresh fetches


class Member:
    """The keys, colleagues and names of a signed-in coordinator."""

    def __init__(self, client: httpx.Client, keys: KeyList, ring: Keyring, own_unlocker: Unlocker, clocks: Clocks,
                 clock: Clock = own_day) -> None:  # fmt: skip
        self.client = client
        self.keys = keys
        self.ring = ring
        self.clocks = clocks
        self._clock = clock
        self.unlocker = own_unlocker
        self.group: dict[str, Any] = {}  # the server's answer to GET /api/desk/group
        self.snapshot: Snapshot | None = None  # the newest; None without a recent one
        self.snapshots: list[Signed] = []  # all members', as the server sent them
        self.statements: list[Signed] = []  # all members', as the server sent them
        self.held: list[HeldCase] = []
        self.changed: Changed | None = None  # the cases that the host has dropped or replaced since the last sign-in
        self.seats: dict[MemberId, Statement] = {}
        self.names: dict[str, str] = {}
        self.names_number = 0
        self.present_names: NamesFile | None = None  # the file that this member's snapshots may name; None: not trusted
        self.may_write_names = True  # not in place of a trusted file that this member cannot open yet
        self.group_words: GroupWords | None = None
        self.sealed_words: list[Signed] = []  # as the names file contains them
        self._requested_names: set[MemberId] = set()
        self._enrolment_names: dict[str, str] = {}  # names that newcomers sent at enrolment

    @classmethod
    def sign_in(cls, client: httpx.Client, handle: str, passphrase: str, clock: Clock = own_day) -> "Member":
        """Verify the group and open the keyring.

        Raises:
            CommandError: The server refused. The message has its reason.
            CryptoError: The key list or the keyring does not verify.
        """
        keys, _, clocks = fetch_keys(client, clock)
        name = unlocker.normalise_handle(handle)
        own_unlocker = unlocker.from_passphrase(passphrase, keys.group, name)
        body = {
            "handle_id": unlocker.handle_id(keys.group, name),
            "kind": own_unlocker.kind.value,
            "authentication": b64(own_unlocker.authentication.reveal()),
        }
        response = send_with_work(lambda sent: client.post("/api/desk/session", json=sent), body)
        member = MemberId(response["member"])
        ring = keyring.open_(unb64(response["keyring"]), [own_unlocker.identity], GroupId(keys.group), member, name)
        # The list must contain the head that this keyring has seen. This detects a rollback or a fork.
        keylist.verify(keys.entries, clocks.own, seen=(ring.head.number, ring.head.hash))
        me = cls(client, keys, ring, own_unlocker, clocks, clock)
        me.refresh()
        snapshots.fetch_cases(me)
        snapshots.sign_present(me)
        if snapshots.enact_pending(me):
            snapshots.sign_present(me)
        seat = me.seats.get(me.id)
        # A keyring is stored before its epoch key is published. One without the key is a copy from before a rotation.
        if seat and all(epoch.id != seat.recipient.id for epoch in ring.epochs):
            raise NoMatchError("an older keyring than the group's newest statement")
        return me

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
        served = self.group["recovery_key"]
        recipient = Recipient.parse(served["recipient"]) if served else None
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
        self.group = self.ask("GET", "/api/desk/group")
        self.statements = [Signed(**signed) for signed in self.group["statements"]]
        self.snapshots = [Signed(**signed) for signed in self.group["snapshots"]]
        valid_statements = [
            usable for signed in self.statements if newest and (usable := usable_statement(signed, keys, self.today, newest))
        ]
        self.seats = {usable.member: usable for usable in valid_statements}
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

    def sealed_names(self, recipients: list[Recipient] | None = None, words: list[Signed] | None = None) -> dict[str, object]:
        """Return the encrypted names file of the present members, with its number.

        Args:
            recipients: whom it is encrypted for. Without them, the present members.
            words: the next group words. Without them, the present ones stay.
        """
        # This member's own name is in the keyring, even if the served names are not trusted.
        named = {self.id: self.ring.handle, **self.names}
        members = {member: name for member, name in named.items() if member in self.keys.members}
        names_file = names.Names(
            format="sealed-intake/1/names",
            group=GroupId(self.keys.group),
            number=self.names_number + 1,
            author=self.id,
            members=members,
            words=(self.sealed_words if words is None else words) or UNSET,
            head=self.keys.head,
        )
        to = recipients if recipients is not None else [seat.recipient for seat in self.seats.values()]
        return {"number": names_file.number, "file": b64(names.seal(names_file, to, self.ring.signing_key))}

    def colleague(self, name: str) -> MemberId:
        """Return a member by sign-in name or id, or a former member by id.

        Raises:
            CommandError: There is no such member.
        """
        handle = name.casefold()
        for member in self.keys.all_members:
            if name == member or handle == self.names.get(member):
                return member
        raise CommandError("no colleague has this sign-in name")

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Send a request and return the answer. Raise like `answers.answer`."""
        return answer(self.client.request(method, path, json=body))

    def _read_names(self) -> None:
        number = int(self.group["names_number"])
        self.present_names = self._open_names(self.group["names"], number)
        self.names_number = max(self.names_number, number)
        for row in self.group["candidates"]:
            self._read_newcomer(row)
        missing = [member for member in self.keys.members if member not in self.names and member not in self._requested_names]
        for member in missing[-NAMES_AT_ONCE:]:
            self._ask_for_name(member)
        self.names = {**self._enrolment_names, **self.names}

    def _open_names(self, text: str | None, number: int) -> NamesFile | None:
        """Read the names, and return the file if this member may name it in a snapshot.

        A member may name a file that verifies, or the file that the newest snapshot names. Members who enrolled later cannot
        open that one. Colleagues rely on the newest snapshot, so a member vouches for no other file.
        """
        newest = self.snapshot
        self.may_write_names = True
        if text is None:
            return NamesFile(0, None) if newest is None or newest.names == 0 else None
        file = unb64(text)
        digest = names.digest_of(file)
        present = NamesFile(number, digest)
        try:
            opened = names.open_(file, self.ring.identities, GroupId(self.keys.group), self.keys.author_key)
            if newest:
                names.check_rollback(opened, digest, self.keys, newest)
        except CryptoError:  # not yet encrypted for this newcomer, or not trusted. Ids are shown instead
            trusted = newest is not None and (newest.names, newest.names_digest) == (number, digest)
            self.may_write_names = not trusted
            return present if trusted else None
        if opened.number != number or number < self.names_number:  # An older file could bring back an old name.
            return None
        self.names = dict(opened.members)
        self._take_words([] if opened.words is UNSET else opened.words, number)
        return present

    def _take_words(self, served: list[Signed], number: int) -> None:
        """Take the group words of a names file, unless they are older than those that this session has read."""
        verified = group_words.present(served, GroupId(self.keys.group), number, self.keys.author_key)
        newest = verified[0] if verified else None
        if (newest.number if newest else 0) >= (self.group_words.number if self.group_words else 0):
            self.sealed_words, self.group_words = served, newest

    def _read_newcomer(self, row: dict[str, Any]) -> None:
        try:
            candidate, _ = statement.verify_candidate(Signed(**row["signed"]), self.keys.group)
        except CryptoError:
            return
        if candidate.member not in self.names and row["name"] is not None:
            self._read_enrolment_name(row["name"], candidate.member, VerifyingKey(candidate.key))

    def _ask_for_name(self, member: MemberId) -> None:
        """Ask for the name of a member who enrolled after the names were written."""
        self._requested_names.add(member)
        try:
            file = self.ask("GET", f"/api/desk/names/{member}")["name"]
        except RefusedError:
            return  # They sent no name.
        self._read_enrolment_name(file, member, self.keys.members[member])

    def _read_enrolment_name(self, file: str, member: MemberId, key: VerifyingKey) -> None:
        try:
            names_file = names.open_(unb64(file), self.ring.identities, GroupId(self.keys.group), lambda *_: key)
            self._enrolment_names[member] = names_file.members[member]
        except (CryptoError, KeyError):
            return  # The id is shown instead.


def identity_of(ring: Keyring, epoch: str) -> Identity:
    """Return the secret epoch key with this id.

    Raises:
        NoMatchError: The keyring does not contain it.
    """
    for held in ring.epochs:
        if held.id == epoch:
            return held.identity
    raise NoMatchError("a grant to an epoch key that was deleted")
