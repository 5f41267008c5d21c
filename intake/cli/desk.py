"""A coordinator's client: open cases, write entries, share and hand over. The steps are those of the browser's desk.

Every key stays in this process.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import msgspec

from crypto import case as protocol
from crypto import entry
from crypto.age import Identity, Recipient
from crypto.case import Floor, Reader, ServedCase, Stage, StoredEntry, StoredHold, VerifiedGroup, is_later, stage_of
from crypto.encoding import MemberId, b64
from crypto.entry import Content, Kind, Progress, Sequence, Text, Writer
from crypto.errors import CryptoError
from crypto.grant import CaseKeys
from crypto.keyring import Keyring
from crypto.recovery import RECOVERY
from intake.cli.answers import RefusedError
from intake.cli.errors import CommandError
from intake.cli.member import Member, identity_of
from intake.cli.opened import OpenedCase
from intake.cli.rows import Row, newest_first, open_row

NOTHING_READ = -1  # not even the request, which has number 0
CHANNEL_WORDS = {"phone": "by phone", "door": "at the door", "paper": "from a paper form"}
TRIES = 5  # to write an entry, because a colleague may use its number meanwhile


class Desk:
    """A signed-in coordinator."""

    def __init__(self, member: Member) -> None:
        self.me = member
        self.recovery: Identity | None = None  # the recovery key, while cases are recovered
        self._seen: dict[str, Floor] = {}  # the newest state of each case that this session has seen under a snapshot

    def opened_rows(self) -> tuple[list[Row], int]:
        """Return the rows of this coordinator's cases, the newest first, and the number of cases that cannot be opened."""
        opened: list[Row | None] = []
        for listed in self.rows():
            try:
                opened.append(open_row(listed, self.me.ring, VerifiedGroup(self.me.keys, self.me.snapshot)) if listed else None)
            except CryptoError:
                opened.append(None)
        return newest_first(row for row in opened if row), opened.count(None)

    def read_up_to(self, case: str) -> int:
        """Return the highest number of the case's shared entries that this member has seen, or -1."""
        return self.me.ring.read.get(case, NOTHING_READ) if self.me.ring.read else NOTHING_READ

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the list of cases, page by page. A row that the server cannot read is empty."""
        after = ""
        while True:
            page = self._ask("GET", f"/api/desk/cases?after={quote(after)}")
            if page["head"] != self.me.keys.head:
                self.me.refresh()  # an entry may be signed under a newer head of the key list
            yield from page["cases"]
            yield from ({} for _ in range(page["unreadable"]))
            after = page["after"]
            if not after:
                return

    def open(self, case: str) -> OpenedCase:
        """Open a case. The first coordinator to open it makes its desk key and its first status.

        Raises:
            RefusedError: The case does not exist, or this coordinator may not open it.
            CryptoError: The case does not open or verify.
        """
        opened = self._without_inherited_keys(self.read(case))
        if opened.case.keys.desk_keys:
            return opened
        keys = protocol.with_desk_key(opened.case.keys)
        self._regrant(opened, keys, [MemberId(member) for member in opened.holders if member in self.me.seats])
        self._write(case, Kind.STATUS, lambda now: now.new_status("new"))
        return self.read(case)

    def show(self, case: str) -> OpenedCase:
        """Open a case for a person to read, and write for its requester that somebody has read it. Raise like `open`."""
        opened = self.open(case)
        if self._write_progress(opened, stage_of(opened.status)):
            opened = self.read(case)
        self._mark_read(opened)
        return opened

    def written_down(self, writer: Writer) -> str:
        """Return who wrote a request down for its author, in words."""
        return f"written down by {self.name_of(writer.member)} ({CHANNEL_WORDS[writer.channel]})"

    def name_of(self, member: str) -> str:
        """Return a member's sign-in name."""
        return self.me.ring.handle if member == self.me.id else self.me.names.get(member, "a former member")

    def reply(self, case: str, text: str) -> None:
        """Write a signed message that the requester reads with the receipt. A case that was new is in progress from then on."""
        opened = self.open(case)
        self._write(case, Kind.MESSAGE, lambda _: Text(text=text))
        if opened.status == "new":
            self.set_status(case, "in-progress")

    def note(self, case: str, text: str) -> None:
        """Write a note that the requester cannot read."""
        self.open(case)
        self._write(case, Kind.NOTE, lambda now: now.noted(text))

    def set_status(self, case: str, status: str) -> None:
        """Set the status of a case."""
        if status not in entry.STATUSES:
            raise CommandError(f"the status was not changed. It must be one of: {', '.join(entry.STATUSES)}")
        self.open(case)
        self._write(case, Kind.STATUS, lambda now: now.new_status(status))
        if stage_of(status) is Stage.IN_PROGRESS:
            self._write_progress(self.read(case), Stage.IN_PROGRESS)

    def follow_up(self, case: str, content_of: Callable[[OpenedCase], Content | None]) -> bool:
        """Set or end the follow-up of a case. Return whether an entry was written."""
        self.open(case)
        return self._write(case, Kind.FOLLOW_UP, content_of)

    def share(self, case: str, colleague: str) -> None:
        """Share a case's keys with a colleague."""
        opened = self.open(case)
        self._regrant(opened, opened.case.keys, _with_member(self._usable(opened.holders), self._colleague(colleague)))

    def hand_over(self, case: str, colleague: str) -> None:
        """Hand a case over to a colleague, and remove this member's grant.

        This member's grant is removed last, so that a failed step leaves nobody without keys.
        """
        opened, to = self.open(case), self._colleague(colleague)
        self.rekey(opened, [member for member in _with_member(self._usable(opened.holders), to) if member != self.me.id])

    def replace_inherited_keys(self, case: str) -> None:
        """Make new keys for a case if a former member granted its present ones."""
        self._without_inherited_keys(self.read(case))

    def _without_inherited_keys(self, opened: OpenedCase) -> OpenedCase:
        """Return the case under keys that no former member granted. New keys are made if necessary."""
        if not opened.case.inherited:
            return opened
        self.rekey(opened, [MemberId(member) for member in opened.holders if member in self.me.seats])
        return self.read(opened.id)

    def rekey(self, opened: OpenedCase, to: list[MemberId]) -> None:
        """Make new case and desk keys for later entries, tell the requester in a signed entry, and grant them only to `to`."""
        keys = protocol.with_new_keys(opened.case.keys)
        self._regrant(opened, keys, [MemberId(member) for member in dict.fromkeys((self.me.id, *to))])
        self._write(opened.id, Kind.KEYS, lambda now: protocol.keys_content(now.id, now.case.keys))
        self._write(opened.id, Kind.STATUS, lambda now: now.new_status())
        if self.me.id not in to:
            now = self.read(opened.id)
            self._regrant(now, now.case.keys, to)

    def files(self, case: str) -> tuple[dict[str, bytes], tuple[Identity, ...]]:
        """Return a case's age files by name, and the identities that open them, for `export`."""
        opened = self.read(case)
        entries = {Sequence.SHARED: opened.served.shared, Sequence.DESK: opened.served.desk}
        files = {f"{which}-{stored.number}.age": stored.file for which in entries for stored in entries[which] if stored.file}
        return files, (*opened.case.keys.case_keys, *opened.case.keys.desk_keys)

    def close(self, case: str) -> str:
        """Tell the requester that their case is closed, close it, and return the day on which it expires."""
        # A case that does not open can still be closed. No signed entry then shows the requester that a coordinator closed it.
        with suppress(CommandError, CryptoError):
            self._write_progress(self.read(case), Stage.CLOSED)
        return str(self._ask("POST", f"/api/desk/cases/{quote(case)}/close")["expires"])

    def read(self, case: str) -> OpenedCase:
        """Read a case without changing anything. Raise like `open`."""
        response = self._ask("GET", f"/api/desk/cases/{quote(case)}")
        if response["head"] != self.me.keys.head:
            self.me.refresh()  # an entry may be signed under a newer head of the key list
        served = ServedCase(
            case=response["case"],
            grantee=response["grantee"],
            epoch=response["epoch"],
            grant=response["grant"],
            expires=response["expires"],
            shared=_stored(response["shared"]),
            desk=_stored(response["desk"]),
            hold=StoredHold(**response["hold"]) if response["hold"] else None,
        )
        opened = protocol.open_case(case, served, self._reader(served))
        if self.me.snapshot:
            self._seen[case] = protocol.floor_of(opened, self.me.snapshot)
        return OpenedCase(
            case=opened,
            served=served,
            open=response["open"],
            sealed_by=response["sealed_by"],
            version=response["version"],
            holders=tuple(holder["member"] for holder in response["holders"] if holder["member"] != RECOVERY),
        )

    def _reader(self, served: ServedCase) -> Reader:
        group = VerifiedGroup(self.me.keys, self.me.snapshot, self._seen.get(served.case))
        if self.recovery and served.grantee == RECOVERY:
            return Reader(RECOVERY, self.recovery, group)
        return Reader(self.me.id, identity_of(self.me.ring, served.epoch), group)

    def _regrant(self, case: OpenedCase, keys: CaseKeys, members: list[MemberId]) -> None:
        # A host that shows an older statement of this member's own leaves their seat out too.
        if any(member not in self.me.seats for member in members):
            raise CommandError("a colleague has no valid keys, so nothing was changed. They must sign in first")
        seats: list[tuple[str, Recipient]] = [(member, self.me.seats[member].recipient) for member in members]
        if self.me.deal:
            seats.append((RECOVERY, self.me.deal))
        sealed = protocol.seal_grants(case.id, keys, seats, self.me.author)
        grants = [{"member": grant.member, "epoch": grant.epoch, "file": b64(grant.file)} for grant in sealed]
        self._ask("PUT", f"/api/desk/cases/{quote(case.id)}/grants", {"version": case.version, "grants": grants})

    def _usable(self, holders: tuple[str, ...]) -> list[str]:
        """Return the holders with valid keys. Nothing can be encrypted for the others."""
        return [member for member in holders if member in self.me.seats]

    def _colleague(self, colleague: str) -> MemberId:
        """Return a colleague by sign-in name or id."""
        for member in self.me.seats:
            if colleague in (member, self.me.names.get(member)) and member != self.me.id:
                return member
        raise CommandError("no colleague with valid keys has this sign-in name")

    def _mark_read(self, opened: OpenedCase) -> None:
        """Record in the keyring that this member has seen a case. The next `show` tries again after a refusal."""
        last = opened.case.last[Sequence.SHARED].number
        if last <= self.read_up_to(opened.id):
            return

        def marked(ring: Keyring) -> Keyring:
            return msgspec.structs.replace(ring, read={**(ring.read or {}), opened.id: last})

        with suppress(CommandError):
            self.me.change_ring(marked)

    def _write_progress(self, opened: OpenedCase, stage: Stage) -> bool:
        """Write the progress of an open case for its requester, if the stage is later than the present one.

        Return whether an entry was written. A refusal changes nothing for the coordinator, and the next `show` tries again.
        """

        def content(now: OpenedCase) -> Content | None:
            return Progress(stage=stage.value) if now.open and is_later(stage, now.progress) else None

        if content(opened) is None:
            return False
        try:
            self._write(opened.id, Kind.PROGRESS, content)
        except CommandError:
            return False
        return True

    def _write(self, case: str, kind: Kind, content_of: Callable[[OpenedCase], Content | None]) -> bool:
        """Write the next entry. If a colleague wrote one first, read it and try again, so that nothing is overwritten.

        `content_of` returns None if nothing need be written any more. Return whether an entry was written.
        """
        for attempt in range(TRIES):
            now = self._without_inherited_keys(self.read(case))
            content = content_of(now)
            if content is None:
                return False
            new = protocol.seal_next(now.case, kind, content, self.me.author, self.me.signing_day)
            body = {"sequence": new.sequence.value, "number": new.number, "file": b64(new.file)}
            try:
                self._ask("POST", f"/api/desk/cases/{quote(case)}/entries", body)
                return True
            except RefusedError as error:
                if error.kind != "stale" or attempt == TRIES - 1:
                    raise
        return False

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return self.me.ask(method, path, body)


def _with_member(holders: Iterable[str], colleague: MemberId) -> list[MemberId]:
    return [MemberId(member) for member in dict.fromkeys((*holders, colleague))]


def _stored(rows: list[dict[str, Any]]) -> list[StoredEntry]:
    return [StoredEntry(row["number"], row["digest"], row["file"]) for row in rows]
