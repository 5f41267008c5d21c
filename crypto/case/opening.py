"""Open a case and check what the host answers against what was asked for. docs/reference/format.md, The case."""

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field, replace

from msgspec import UNSET

from crypto import entry, grant, hold, on_behalf, receipt
from crypto.age import Identity, Recipient
from crypto.case.progress import Progress, progress_of
from crypto.case.sequence import (
    BEFORE_HEADS,
    NOTHING_YET,
    CaseWarning,
    Floor,
    Last,
    OpenedSequence,
    SnapshotPoint,
    StoredEntry,
    VerifiedGroup,
    WarningKind,
    check_head,
    open_all,
)
from crypto.encoding import CaseId, EpochId, MemberId, unb64
from crypto.entry import Entry, Keys, Position, Request, Sequence, Writer
from crypto.errors import BindingError, CryptoError
from crypto.grant import Address, CaseKeys, Granted
from crypto.keylist import KeyList
from crypto.receipt import Receipt, ReceiptGrant
from crypto.secret import Secret


@dataclass(frozen=True, slots=True)
class StoredHold:
    """The text that members signed to keep a case, verbatim, with their signatures by member."""

    body: str
    signatures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class VerifiedHold:
    """A verified hold: its last day, its reason, its signers, and whether two members signed."""

    until: str
    reason: str = field(repr=False)
    by: tuple[str, ...]
    in_force: bool
    body: str


@dataclass(frozen=True, slots=True)
class ServedCase:
    """A host's unverified answer to a member who asks for a case."""

    case: str
    grantee: str
    epoch: str
    grant: bytes
    expires: str
    shared: Many[StoredEntry]
    desk: Many[StoredEntry]
    hold: StoredHold | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader at the desk: the grantee, the secret key that the grant names, and the reader's view of the group."""

    grantee: str
    identity: Identity
    group: VerifiedGroup


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case as a member may see it.

    Attributes:
        inherited: a former member gave its keys, so nothing new is encrypted to them.
        writer: the member who wrote the request down for its author. None if the author wrote it.
    """

    id: CaseId
    keys: CaseKeys
    inherited: bool
    shared: tuple[Entry, ...]
    desk: tuple[Entry, ...]
    last: Mapping[Sequence, Last]
    warnings: tuple[CaseWarning, ...]
    hold: VerifiedHold | None
    progress: Progress
    writer: Writer | None

    @property
    def request(self) -> Request:
        """The request: the content of the first shared entry."""
        content = self.shared[0].content
        assert isinstance(content, Request)  # `open_case` checked that there is one
        return content


@dataclass(frozen=True, slots=True)
class ServedOwnCase:
    """A host's unverified answer to a receipt's holder."""

    case: str
    receipt_grant: bytes
    entries: Many[StoredEntry]
    hold: StoredHold | None = None


@dataclass(frozen=True, slots=True)
class NewestKey:
    """The key that the requester's next entry is encrypted to."""

    number: int
    recipient: Recipient
    mac: Secret


@dataclass(frozen=True, slots=True)
class OwnCase:
    """A case as its receipt's holder may see it. `hidden` counts entries that are stored but not readable with the receipt."""

    grant: ReceiptGrant = field(repr=False)
    entries: tuple[Entry, ...] = field(repr=False)
    last: Last
    key: NewestKey = field(repr=False)
    hidden: int
    warnings: tuple[CaseWarning, ...]
    hold: VerifiedHold | None
    progress: Progress


def open_case(asked: str, served: ServedCase, reader: Reader) -> OpenCase:
    """Open the case that was asked for, as far as the reader's grant allows.

    Raises:
        BindingError: the host answered with another case, or with a grant to someone else.
        CryptoError: the grant or the request does not open or verify.
    """
    if served.case != asked:
        raise BindingError("another case than the requested one")
    if served.grantee != reader.grantee:
        raise BindingError("a grant to someone else")
    case = CaseId(asked)
    address = Address(case, MemberId(served.grantee), EpochId(served.epoch))
    group = reader.group
    granted = grant.open_(served.grant, address, [reader.identity], group.keys.author_key)
    keys = granted.keys
    shared = _open_sequence(case, Sequence.SHARED, served.shared, keys.case_keys, reader)
    desk = _open_sequence(case, Sequence.DESK, served.desk, keys.desk_keys, reader)
    if not shared.entries or not isinstance(shared.entries[0].content, Request):
        raise BindingError("a case without its request")
    verified_hold, hold_warnings = _verified_hold(served.hold, case, shared.entries, group.keys)
    late_warnings = _late_warnings(served.expires, shared.entries[0].content.deletion)
    return OpenCase(
        id=case,
        keys=keys,
        inherited=is_inherited(granted, group.keys),
        shared=shared.entries,
        desk=desk.entries,
        last={Sequence.SHARED: shared.last, Sequence.DESK: desk.last},
        warnings=(*shared.warnings, *desk.warnings, *hold_warnings, *late_warnings),
        hold=verified_hold,
        progress=progress_of(shared.entries, (), group.keys.members),
        writer=writer_of(shared.entries[0], group),
    )


def writer_of(first: Entry, group: VerifiedGroup) -> Writer | None:
    """Return who wrote a request down for its author.

    A signature that does not verify counts as none: a requester's forgery must not hide their case.
    """
    if not isinstance(first.content, Request) or first.content.on_behalf is UNSET:
        return None
    try:
        mark = on_behalf.verify(first.content.on_behalf, first.position.case, group.keys.author_key)
        check_head(replace(first, author=mark.member, head=mark.head), group)
    except CryptoError:
        return None
    return Writer(member=mark.member, channel=mark.channel)


def is_inherited(granted: Granted, keys: KeyList) -> bool:
    """Return whether a former member gave a grant's keys."""
    return bool(granted.author) and MemberId(granted.author) not in keys.members


def floor_of(opened: OpenCase, snapshot: SnapshotPoint) -> Floor:
    """Return what a session remembers of a case that it opened under a snapshot."""
    return Floor({which: last.number for which, last in opened.last.items()}, snapshot.number)


def open_own(served: ServedOwnCase, receipt_keys: Receipt, group: VerifiedGroup) -> OwnCase:
    """Open what the receipt's holder may read, with what they need to write back.

    Raises:
        CryptoError: the receipt grant does not open.
    """
    case = CaseId(served.case)
    granted = receipt.open_grant(served.receipt_grant, receipt_keys, case)
    macs = {0: granted.mac_key}
    newest = NewestKey(0, granted.case_recipient, granted.mac_key)

    def open_entry(stored: StoredEntry) -> Entry:
        position = Position(case, Sequence.SHARED, stored.number)
        opened_entry = entry.open_(stored.file or b"", position, [receipt_keys.identity], macs, group.keys.author_key)
        if stored.number == 0 and opened_entry.digest != granted.request:
            raise BindingError("another request than the receipt's")
        return opened_entry

    def accept(accepted: Entry) -> None:
        nonlocal newest
        if isinstance(accepted.content, Keys):
            announced = _newest_key(accepted.content, macs)
            # A key that a former member announced still opens answers, but the requester's next words are not encrypted to it.
            if announced.number > newest.number and MemberId(accepted.author) in group.keys.members:
                newest = announced

    shared = open_all(Sequence.SHARED, served.entries, open_entry, group, accept=accept)
    verified_hold, _ = _verified_hold(served.hold, case, shared.entries, group.keys)
    in_force = verified_hold if verified_hold and verified_hold.in_force else None
    withheld = [stored.number for stored in served.entries if stored.file is None]
    progress = progress_of(shared.entries, withheld, group.keys.members)
    return OwnCase(granted, shared.entries, shared.last, newest, shared.hidden, shared.warnings, in_force, progress)


def mac_of(which: Sequence) -> Callable[[Identity, CaseId], Secret]:
    """Return the function that derives a sequence's MAC keys."""
    return entry.shared_mac_key if which is Sequence.SHARED else entry.desk_mac_key


def entry_opener(
    case: CaseId, which: Sequence, identities: tuple[Identity, ...], group: VerifiedGroup
) -> Callable[[int, bytes], Entry]:
    """Return a function that opens the entry with a number, and raises like `entry.open_`. The MAC keys are derived once."""
    macs = {number: mac_of(which)(identity, case) for number, identity in enumerate(identities)}

    def open_one(number: int, file: bytes) -> Entry:
        return entry.open_(file, Position(case, which, number), identities, macs, group.keys.author_key)

    return open_one


def _open_sequence(
    case: CaseId, which: Sequence, stored: Many[StoredEntry], identities: tuple[Identity, ...], reader: Reader
) -> OpenedSequence:
    open_one = entry_opener(case, which, identities, reader.group)

    def open_entry(stored_entry: StoredEntry) -> Entry:
        return open_one(stored_entry.number, stored_entry.file or b"")

    return open_all(which, stored, open_entry, reader.group, needed=0 if which is Sequence.SHARED else NOTHING_YET)


def _newest_key(announced: Keys, macs: dict[int, Secret]) -> NewestKey:
    """Accept a later key. The first key announced for a number stays."""
    if announced.number in macs:
        raise BindingError("a key number that is taken")
    macs[announced.number] = Secret(unb64(announced.mac, 32))
    return NewestKey(announced.number, Recipient.parse(announced.recipient), macs[announced.number])


def _verified_hold(
    stored: StoredHold | None, case: CaseId, entries: Many[Entry], keys: KeyList
) -> tuple[VerifiedHold | None, tuple[CaseWarning, ...]]:
    """Verify the hold with the reason that its entry gives."""
    if stored is None:
        return None, ()
    try:
        body, in_force = hold.verify(stored.body.encode(), stored.signatures, case, keys.author_key)
        reason = next((opened for opened in entries if opened.digest == body.entry), None)
        if reason is None or not isinstance(reason.content, entry.HoldReason) or reason.content.until != body.until:
            raise BindingError("a hold without its reason")
        if _position_of(body.signed_under, keys) < _position_of(reason.head, keys):
            raise BindingError("a hold with a head older than its reason's")
    except CryptoError as error:
        return None, (CaseWarning(WarningKind.MISSING, str(error)),)
    return VerifiedHold(body.until, reason.content.text, tuple(sorted(stored.signatures)), in_force, stored.body), ()


def _position_of(head: str | None, keys: KeyList) -> int:
    return BEFORE_HEADS if head is None else keys.number_of(head)


def _late_warnings(expires: str, deletion: str) -> tuple[CaseWarning, ...]:
    if expires <= deletion:
        return ()
    return (CaseWarning(WarningKind.LATE, "kept longer than its requester chose"),)
