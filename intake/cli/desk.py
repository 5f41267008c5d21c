"""A coordinator's client: signs in, verifies the group, opens what is assigned, seals what is written.

The same steps as the browser's desk; every key stays in this process.
"""

import datetime as dt
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from crypto import entry, grant, keylist, keyring, names, statement, unlocker
from crypto.age import Identity, Recipient
from crypto.encoding import CaseId, EpochId, GroupId, MemberId, b64, unb64
from crypto.entry import Entry, Kind, Note, Place, Sequence, Status, Text
from crypto.errors import CryptoError
from crypto.grant import Address, CaseKeys
from crypto.keylist import KeyList, SignedEntry
from crypto.keyring import Keyring
from crypto.statement import Signed, Statement
from intake.cli.opened import OpenCase, summary_of


class Desk:
    """A signed-in coordinator."""

    def __init__(self, client: httpx.Client, keys: KeyList, ring: Keyring, today: dt.date) -> None:
        self._client = client
        self._keys = keys
        self._ring = ring
        self._today = today
        told = self._ask("GET", "/api/desk/group")
        found = [one for signed in told["statements"] if (one := _valid(Signed(**signed), keys, today))]
        self._seats: dict[MemberId, Statement] = {one.member: one for one in found}
        self._names = self._read_names(told["names"])

    @classmethod
    def sign_in(cls, client: httpx.Client, handle: str, passphrase: str) -> "Desk":
        """Verify the group, unlock the keyring.

        Raises:
            ValueError: what the server answered, in words.
            CryptoError: a key list or keyring that does not verify.
        """
        told = _answer(client.get("/api/form/keylist"))
        today = dt.date.fromisoformat(told["today"])
        keys = keylist.verify([SignedEntry(**one) for one in told["entries"]], today)
        name = unlocker.normalise_handle(handle)
        way = unlocker.from_passphrase(passphrase, keys.group, name)
        body = {
            "handle_id": unlocker.handle_id(keys.group, name),
            "kind": way.kind.value,
            "authentication": b64(way.authentication.reveal()),
        }
        given = _answer(client.post("/api/desk/session", json=body))
        member = MemberId(given["member"])
        ring = keyring.open_(unb64(given["keyring"]), [way.identity], GroupId(keys.group), member, name)
        # The list must still contain the head that this keyring has seen: no rollback, no fork.
        keylist.verify(keys.entries, today, seen=(ring.head.number, ring.head.hash))
        desk = cls(client, keys, ring, today)
        desk._pin()
        return desk

    def sign_out(self) -> None:
        """End the session."""
        self._ask("DELETE", "/api/desk/session")

    def cases(self) -> tuple[list[OpenCase], int]:
        """All cases assigned to this coordinator, newest first; and how many more do not open."""
        told = self._ask("GET", "/api/desk/cases")
        found, broken = [], int(told["unreadable"])
        for row in told["cases"]:
            try:
                found.append(self._read(row["case"]))
            except CryptoError:
                broken += 1
        return sorted(found, key=lambda case: case.shared[0].day, reverse=True), broken

    def open(self, case: str) -> OpenCase:
        """One case; the first to open it makes its desk key and its first status.

        Raises:
            ValueError: no such case, or not one's own.
            CryptoError: it does not open or verify.
        """
        opened = self._read(case)
        if opened.keys.desk_keys:
            return opened
        keys = CaseKeys(opened.keys.case_keys, (Identity.generate(),))
        self._regrant(opened, keys, [MemberId(member) for member in opened.holders])
        self._write(opened, keys, Kind.STATUS, Status(status="new", summary=summary_of(opened)))
        return self._read(case)

    def reply(self, case: str, text: str) -> None:
        """A message that the requester reads with the receipt, signed."""
        opened = self.open(case)
        self._write(opened, opened.keys, Kind.MESSAGE, Text(text=text))

    def note(self, case: str, text: str) -> None:
        """A note that the requester cannot read."""
        opened = self.open(case)
        self._write(opened, opened.keys, Kind.NOTE, Note(status=opened.status, summary=summary_of(opened), text=text))

    def set_status(self, case: str, status: str) -> None:
        """Where the case stands."""
        if status not in entry.STATUSES:
            raise ValueError(f"a status is one of: {', '.join(entry.STATUSES)}")
        opened = self.open(case)
        self._write(opened, opened.keys, Kind.STATUS, Status(status=status, summary=summary_of(opened)))

    def share(self, case: str, colleague: str) -> None:
        """Give a colleague the case's keys as well."""
        opened = self.open(case)
        self._regrant(opened, opened.keys, _with(opened.holders, self._member(colleague)))

    def hand_over(self, case: str, colleague: str) -> None:
        """Give the case to a colleague and let go of it.

        New case and desk keys for what comes later, told to the requester in a signed entry. One's own grant goes last, so
        that a step that fails leaves nobody without keys.
        """
        opened, to = self.open(case), self._member(colleague)
        old, fresh = opened.keys, Identity.generate()
        keys = CaseKeys((*old.case_keys, fresh), (*old.desk_keys, Identity.generate()))
        everyone = _with(opened.holders, to)
        self._regrant(opened, keys, everyone)
        told = entry.Keys(
            number=len(old.case_keys),
            recipient=str(fresh.recipient),
            mac=b64(entry.shared_mac_key(fresh, opened.id).reveal()),
        )
        self._write(self._read(case), keys, Kind.KEYS, told)
        now = self._read(case)
        self._write(now, keys, Kind.STATUS, Status(status=now.status, summary=summary_of(now)))
        self._regrant(now, keys, [member for member in everyone if member != self._ring.member])

    def files(self, case: str) -> tuple[dict[str, bytes], tuple[Identity, ...]]:
        """A case's age files by name, and the identities that open them, for `export`."""
        opened = self._read(case)
        told = self._ask("GET", f"/api/desk/cases/{quote(case)}")
        files = {f"{which}-{one['number']}.age": unb64(one["file"]) for which in Sequence for one in told[which.value]}
        return files, (*opened.keys.case_keys, *opened.keys.desk_keys)

    def close(self, case: str) -> str:
        """Close it; the day on which it goes."""
        return str(self._ask("POST", f"/api/desk/cases/{quote(case)}/close")["expires"])

    def _read(self, case: str) -> OpenCase:
        told = self._ask("GET", f"/api/desk/cases/{quote(case)}")
        id_ = CaseId(told["case"])
        address = Address(id_, self._ring.member, EpochId(told["epoch"]))
        keys = grant.open_(unb64(told["grant"]), address, self._ring.identities, self._keys.key_of)
        warnings: list[str] = []
        shared = self._entries(id_, Sequence.SHARED, keys.case_keys, told["shared"], warnings)
        desk = self._entries(id_, Sequence.DESK, keys.desk_keys, told["desk"], warnings)
        opened = OpenCase(
            id=id_,
            expires=told["expires"],
            open=told["open"],
            sealed_by=told["sealed_by"],
            version=told["version"],
            keys=keys,
            holders=tuple(one["member"] for one in told["holders"]),
            shared=shared,
            desk=desk,
            warnings=tuple(warnings),
        )
        if opened.request.deletion < opened.expires:
            late = f"the server keeps this case until {opened.expires}, its requester chose {opened.request.deletion}"
            return replace(opened, warnings=(*opened.warnings, late))
        return opened

    def _read_names(self, file: str | None) -> dict[str, str]:
        try:
            return dict(names.open_(unb64(file or ""), self._ring.identities, self._keys.group, self._keys.key_of).members)
        except CryptoError:
            return {}  # enrolled a moment ago: the names were sealed before

    def _entries(
        self, case: CaseId, which: Sequence, identities: tuple[Identity, ...], told: list[dict[str, Any]], warnings: list[str]
    ) -> tuple[Entry, ...]:
        derive = entry.shared_mac_key if which is Sequence.SHARED else entry.desk_mac_key
        macs = [derive(identity, case) for identity in identities]
        found = []
        for one in told:
            try:
                place = Place(case, which, one["number"])
                found.append(entry.open_(unb64(one["file"]), place, identities, macs, self._keys.key_of))
            except CryptoError as error:
                if which is Sequence.SHARED and one["number"] == 0:
                    raise
                warnings.append(f"{which} entry {one['number']} was left out: {error}")
        wrong = entry.check_sequence(found, {one["number"]: one["digest"] for one in told})
        warnings += [f"{which} entry {number}: something before it is missing or was replaced" for number in wrong]
        return tuple(found)

    def _regrant(self, case: OpenCase, keys: CaseKeys, members: list[MemberId]) -> None:
        author = (self._ring.member, self._ring.signing_key)
        grants = []
        for member in members:
            seat = self._seats[member]
            address = Address(case.id, member, seat.recipient.id)
            file = grant.seal(address, keys, seat.recipient, author)
            grants.append({"member": member, "epoch": seat.recipient.id, "file": b64(file)})
        self._ask("PUT", f"/api/desk/cases/{quote(case.id)}/grants", {"version": case.version, "grants": grants})

    def _pin(self) -> None:
        """Remember a longer key list in the keyring, so that no client of this member's accepts one that forgets it."""
        if self._ring.head.hash == self._keys.head:
            return
        head = keyring.Head(number=len(self._keys.entries) - 1, hash=self._keys.head)
        ring = msgspec.structs.replace(self._ring, number=self._ring.number + 1, head=head)
        self._ask("PUT", "/api/desk/keyring", {"number": ring.number, "file": b64(keyring.seal(ring))})
        self._ring = ring

    def _member(self, colleague: str) -> MemberId:
        """A colleague by handle or id."""
        for member in self._seats:
            if colleague in (member, self._names.get(member)) and member != self._ring.member:
                return member
        raise ValueError("no colleague with a valid key has this handle")

    def _write(self, case: OpenCase, keys: CaseKeys, kind: Kind, content: Text | Status | entry.Keys) -> None:
        shared = kind in (Kind.MESSAGE, Kind.KEYS)
        said = case.shared if shared else case.desk
        which = Sequence.SHARED if shared else Sequence.DESK
        secrets = keys.case_keys if shared else keys.desk_keys
        newest = len(secrets) - 1
        recipients = [secrets[newest].recipient]
        if shared:
            recipients.append(Recipient.parse(case.request.recipients.receipt))
        # A `keys` entry is read with key number 0's MAC alone: docs/format.md, Entry.
        closing = 0 if kind is Kind.KEYS else newest
        mac = (entry.shared_mac_key if shared else entry.desk_mac_key)(secrets[closing], case.id)
        file = entry.seal(
            Place(case.id, which, len(said)),
            kind,
            content,
            day=self._today.isoformat(),
            previous=said[-1].digest if said else "",
            recipients=recipients,
            mac_key=mac,
            key=closing,
            author=(self._ring.member, self._ring.signing_key),
        )
        body = {"sequence": which.value, "number": len(said), "file": b64(file)}
        self._ask("POST", f"/api/desk/cases/{quote(case.id)}/entries", body)

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return _answer(self._client.request(method, path, json=body))


def _with(holders: tuple[str, ...], colleague: MemberId) -> list[MemberId]:
    return [MemberId(member) for member in dict.fromkeys((*holders, colleague))]


def _valid(signed: Signed, keys: KeyList, today: dt.date) -> Statement | None:
    try:
        return statement.verify(signed, keys, today)
    except CryptoError:
        return None  # of someone who was not let in yet, or who must renew it: no seat for now


def _answer(answer: httpx.Response) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    if answer.is_error:
        raise ValueError(str(told.get("detail", told.get("title"))))
    return told
