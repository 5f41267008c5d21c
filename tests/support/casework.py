"""A group in memory and a host that stores what it receives, for tests of a case's protocol without a server."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET, structs

from crypto import case as protocol
from crypto import entry, keylist, receipt
from crypto.age import Identity, Recipient
from crypto.case import (
    NewCase,
    Next,
    OpenCase,
    OwnCase,
    Reader,
    ServedCase,
    ServedOwnCase,
    StoredEntry,
    StoredHold,
    VerifiedGroup,
)
from crypto.encoding import CaseId, GroupId, MemberId, new_id
from crypto.entry import Recipients, Request, Sequence
from crypto.grant import CaseKeys
from crypto.keylist import Change, KeyList, SignedEntry
from crypto.receipt import Receipt
from crypto.signing import Author, Signed, SigningKey

DAY = "2026-11-20"


@dataclass
class Person:
    """A member's secrets."""

    id: MemberId = field(default_factory=lambda: MemberId(new_id()))
    signing: SigningKey = field(default_factory=SigningKey.generate)
    epoch: Identity = field(default_factory=Identity.generate)

    @property
    def seat(self) -> tuple[str, Recipient]:
        """Return the recipient of grants to them."""
        return self.id, self.epoch.recipient


class Group:
    """A group whose members agree about everything. Each entry has as many signatures as it needs."""

    def __init__(self, count: int, day: str = DAY) -> None:
        self.people = [Person() for _ in range(count)]
        first = self.people[0]
        self.entries: list[SignedEntry] = [keylist.found_group(GroupId(new_id()), first.id, first.signing, day, quorum=1)]
        for person in self.people[1:]:
            self._sign(Change.ENROL, day, member=person.id, key=person.signing.verifying_key.text)

    @property
    def keys(self) -> KeyList:
        """Return the current verified list."""
        return keylist.verify(self.entries, dt.date.fromisoformat(DAY) + dt.timedelta(days=300))

    def enrol(self, person: Person, day: str = DAY) -> None:
        """Add a member."""
        self.people.append(person)
        self._sign(Change.ENROL, day, member=person.id, key=person.signing.verifying_key.text)

    def remove(self, person: Person, day: str = DAY) -> None:
        """Remove a member."""
        self.people.remove(person)
        self._sign(Change.REMOVE, day, member=person.id)

    def author(self, person: Person) -> Author:
        """Return this person as an author under the newest list."""
        return Author(person.id, person.signing, self.keys.head)

    def _sign(self, kind: Change, day: str, **what: Any) -> None:
        body = keylist.next_body(self.keys, kind, day, **what)
        signer = next(person for person in self.people if person.id in self.keys.members)
        self.entries.append(keylist.sign(body, {signer.id: signer.signing}))


class Host:
    """Stores one case as a client sent it, and serves it. Tests change the stored case."""

    def __init__(self, new: NewCase, code: str, opened: Receipt) -> None:
        self.code = code
        self.case = new.case
        self.receipt = opened
        self.expires = new.deletion
        self.receipt_grant = new.receipt_grant
        self.grants = {grant.member: grant for grant in new.grants}
        self.entries: dict[Sequence, list[bytes]] = {Sequence.SHARED: [new.request], Sequence.DESK: []}
        self.hold: StoredHold | None = None

    def take(self, new: Next) -> None:
        """Store the next entry."""
        assert new.number == len(self.entries[new.sequence])
        self.entries[new.sequence].append(new.file)

    def served(self, person: Person, **changes: Any) -> ServedCase:
        """Return the host's answer to a member."""
        mine = self.grants[person.id]
        said = {which.value: stored(files) for which, files in self.entries.items()}
        fields = {"case": self.case, "grantee": person.id, "epoch": mine.epoch, "grant": mine.file, "expires": self.expires}
        return ServedCase(**{**fields, **said, "hold": self.hold, **changes})

    def served_own(self, **changes: Any) -> ServedOwnCase:
        """Return the host's answer to the receipt's holder."""
        fields = {"case": self.case, "receipt_grant": self.receipt_grant, "entries": stored(self.entries[Sequence.SHARED])}
        return ServedOwnCase(**{**fields, "hold": self.hold, **changes})


def stored(files: list[bytes]) -> list[StoredEntry]:
    """Return entries as a host sends them."""
    return [StoredEntry(number, entry.digest_of(file), file) for number, file in enumerate(files)]


def content(to: Recipients, words: str = "bread", *, shown: bool = True) -> Request:
    """Return a request with this text."""
    return Request(
        form="sample",
        language="en",
        direction="need",
        answers=[entry.Answer(question="words", text="?", values=[words], labels=[])],
        contact=entry.Contact(how="", voicemail="", say_who="", safe_time="", return_only=True),
        name="",
        deletion="2026-12-20",
        shown=shown,
        recipients=to,
        sealed_by="browser",
    )


def submitted(
    group: Group,
    *holders: Person,
    words: str = "bread",
    shown: bool = True,
    day: str = DAY,
    written_down: Callable[[CaseId], Signed] | None = None,
) -> Host:
    """Return a new case for these holders. `written_down` returns the signature of who wrote it down for its author."""
    code = receipt.generate()
    opened = receipt.stretch(code, group.keys.group)
    seats = [person.seat for person in holders]
    case = CaseId(new_id())
    mark = written_down(case) if written_down else UNSET

    def request(to: Recipients) -> Request:
        return structs.replace(content(to, words, shown=shown), on_behalf=mark)

    new = protocol.seal_new(case, request, opened.identity.recipient, seats, day)
    return Host(new, code, opened)


def look(host: Host, person: Person, group: Group, known: VerifiedGroup | None = None, **changes: Any) -> OpenCase:
    """Return the case as a member sees it."""
    reader = Reader(person.id, person.epoch, known or VerifiedGroup(group.keys))
    return protocol.open_case(host.case, host.served(person, **changes), reader)


def look_own(host: Host, group: Group, known: VerifiedGroup | None = None, **changes: Any) -> OwnCase:
    """Return the case as the receipt's holder sees it."""
    return protocol.open_own(host.served_own(**changes), host.receipt, known or VerifiedGroup(group.keys))


def regrant(host: Host, keys: CaseKeys, by: Person, group: Group, *to: Person) -> None:
    """Grant these keys to these members only."""
    sealed = protocol.seal_grants(host.case, keys, [person.seat for person in to], group.author(by))
    host.grants = {grant.member: grant for grant in sealed}


def first_look(host: Host, person: Person, group: Group, *others: Person) -> None:
    """Open a case as its first reader, whose client makes the desk key."""
    regrant(host, protocol.with_desk_key(look(host, person, group).keys), person, group, person, *others)
