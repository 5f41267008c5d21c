"""A coordinator's client: signs in, verifies the group, opens what is assigned, seals what is written.

The same steps as the browser's desk; every key stays in this process.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from crypto import entry, grant
from crypto.age import Identity, Recipient
from crypto.encoding import CaseId, EpochId, MemberId, b64, unb64
from crypto.entry import Entry, Kind, Note, Place, Sequence, Status, Text
from crypto.errors import BindingError, CryptoError
from crypto.grant import Address, CaseKeys
from crypto.recovery import RECOVERY
from intake.cli.member import Member, identity_of
from intake.cli.opened import OpenCase, summary_of


class Desk:
    """A signed-in coordinator."""

    def __init__(self, member: Member) -> None:
        self.me = member
        self.recovery: Identity | None = None  # while a decision to recover is carried out

    def cases(self) -> tuple[list[OpenCase], int]:
        """All cases assigned to this coordinator, newest first; and how many more do not open."""
        found: list[OpenCase | None] = []
        for row in self.rows():
            try:
                found.append(self.look(row["case"]) if row else None)
            except CryptoError:
                found.append(None)
        broken = found.count(None)
        return sorted((case for case in found if case), key=lambda case: case.shared[0].day, reverse=True), broken

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the list, page by page; an empty one for each that the server cannot read."""
        after = ""
        while True:
            told = self._ask("GET", f"/api/desk/cases?after={quote(after)}")
            yield from told["cases"]
            yield from ({} for _ in range(told["unreadable"]))
            after = told["after"]
            if not after:
                return

    def open(self, case: str) -> OpenCase:
        """One case; the first to open it makes its desk key and its first status.

        Raises:
            ValueError: no such case, or not one's own.
            CryptoError: it does not open or verify.
        """
        opened = self.look(case)
        if opened.keys.desk_keys:
            return opened
        keys = CaseKeys(opened.keys.case_keys, (Identity.generate(),))
        self._regrant(opened, keys, [MemberId(member) for member in opened.holders if member in self.me.seats])
        self._write(opened, keys, Kind.STATUS, Status(status="new", summary=summary_of(opened)))
        return self.look(case)

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

        One's own grant goes last, so that a step that fails leaves nobody without keys.
        """
        opened, to = self.open(case), self._member(colleague)
        self.rekey(opened, [member for member in _with(opened.holders, to) if member != self.me.id])

    def rekey(self, opened: OpenCase, to: list[MemberId]) -> None:
        """New case and desk keys for what comes later, told to the requester in a signed entry; then these holders alone."""
        old, fresh = opened.keys, Identity.generate()
        keys = CaseKeys((*old.case_keys, fresh), (*old.desk_keys, Identity.generate()))
        self._regrant(opened, keys, [MemberId(member) for member in dict.fromkeys((self.me.id, *to))])
        told = entry.Keys(
            number=len(old.case_keys),
            recipient=str(fresh.recipient),
            mac=b64(entry.shared_mac_key(fresh, opened.id).reveal()),
        )
        self._write(self.look(opened.id), keys, Kind.KEYS, told)
        now = self.look(opened.id)
        self._write(now, keys, Kind.STATUS, Status(status=now.status, summary=summary_of(now)))
        if self.me.id not in to:
            self._regrant(now, keys, to)

    def files(self, case: str) -> tuple[dict[str, bytes], tuple[Identity, ...]]:
        """A case's age files by name, and the identities that open them, for `export`."""
        opened = self.look(case)
        told = self._ask("GET", f"/api/desk/cases/{quote(case)}")
        files = {f"{which}-{one['number']}.age": unb64(one["file"]) for which in Sequence for one in told[which.value]}
        return files, (*opened.keys.case_keys, *opened.keys.desk_keys)

    def close(self, case: str) -> str:
        """Close it; the day on which it goes."""
        return str(self._ask("POST", f"/api/desk/cases/{quote(case)}/close")["expires"])

    def look(self, case: str) -> OpenCase:
        """One case; nothing is changed. Raises as `open`."""
        told = self._ask("GET", f"/api/desk/cases/{quote(case)}")
        id_ = CaseId(told["case"])
        address = Address(id_, MemberId(told["grantee"]), EpochId(told["epoch"]))
        if address.grantee not in (self.me.id, RECOVERY) or (address.grantee == RECOVERY and self.recovery is None):
            raise BindingError("a grant to someone else")
        opener = self.recovery if address.grantee == RECOVERY else identity_of(self.me.ring, address.epoch)
        assert opener is not None
        keys = grant.open_(unb64(told["grant"]), address, [opener], self.me.keys.key_of)
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
            holders=tuple(one["member"] for one in told["holders"] if one["member"] != RECOVERY),
            shared=shared,
            desk=desk,
            warnings=tuple(warnings),
        )
        if opened.request.deletion < opened.expires:
            late = f"the server keeps this case until {opened.expires}, its requester chose {opened.request.deletion}"
            return replace(opened, warnings=(*opened.warnings, late))
        return opened

    def _entries(
        self, case: CaseId, which: Sequence, identities: tuple[Identity, ...], told: list[dict[str, Any]], warnings: list[str]
    ) -> tuple[Entry, ...]:
        derive = entry.shared_mac_key if which is Sequence.SHARED else entry.desk_mac_key
        macs = [derive(identity, case) for identity in identities]
        found = []
        for one in told:
            try:
                place = Place(case, which, one["number"])
                found.append(entry.open_(unb64(one["file"]), place, identities, macs, self.me.keys.key_of))
            except CryptoError as error:
                if which is Sequence.SHARED and one["number"] == 0:
                    raise
                warnings.append(f"{which} entry {one['number']} was left out: {error}")
        wrong = entry.check_sequence(found, {one["number"]: one["digest"] for one in told})
        warnings += [f"{which} entry {number}: something before it is missing or was replaced" for number in wrong]
        return tuple(found)

    def _regrant(self, case: OpenCase, keys: CaseKeys, members: list[MemberId]) -> None:
        author = self.me.author
        grants = []
        for member in members:
            seat = self.me.seats[member]
            address = Address(case.id, member, seat.recipient.id)
            file = grant.seal(address, keys, seat.recipient, author)
            grants.append({"member": member, "epoch": seat.recipient.id, "file": b64(file)})
        deal = self.me.deal
        if deal:
            file = grant.seal(Address(case.id, RECOVERY, deal.id), keys, deal, author)
            grants.append({"member": RECOVERY, "epoch": deal.id, "file": b64(file)})
        self._ask("PUT", f"/api/desk/cases/{quote(case.id)}/grants", {"version": case.version, "grants": grants})

    def _member(self, colleague: str) -> MemberId:
        """A colleague by handle or id."""
        for member in self.me.seats:
            if colleague in (member, self.me.names.get(member)) and member != self.me.id:
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
            day=self.me.today.isoformat(),
            previous=said[-1].digest if said else "",
            recipients=recipients,
            mac_key=mac,
            key=closing,
            author=self.me.author,
        )
        body = {"sequence": which.value, "number": len(said), "file": b64(file)}
        self._ask("POST", f"/api/desk/cases/{quote(case.id)}/entries", body)

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return self.me.ask(method, path, body)


def _with(holders: tuple[str, ...], colleague: MemberId) -> list[MemberId]:
    return [MemberId(member) for member in dict.fromkeys((*holders, colleague))]
