"""Opening a case: what a host answers, checked against what was asked for. docs/format.md, The case; `crypto.case`."""

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field

from crypto import entry, grant, hold, receipt
from crypto.age import Identity, Recipient
from crypto.encoding import CaseId, EpochId, MemberId, unb64
from crypto.entry import Entry, Keys, Place, Request, Sequence
from crypto.errors import BindingError, CryptoError
from crypto.grant import Address, CaseKeys
from crypto.keylist import KeyList
from crypto.receipt import Receipt, ReceiptGrant
from crypto.secret import Secret
from crypto.sequence import NOTHING_YET, CaseWarning, Last, OpenedSequence, StoredEntry, WarningKind, open_all


@dataclass(frozen=True, slots=True)
class StoredHold:
    """What members signed to keep a case, verbatim, and their signatures by member."""

    body: str
    signatures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """A hold that verifies: until when, why, who signed, and whether two members did."""

    until: str
    reason: str = field(repr=False)
    by: tuple[str, ...]
    in_force: bool
    body: str


@dataclass(frozen=True, slots=True)
class Served:
    """What a host answers to a member who asks for a case; nothing of it is verified."""

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
    """Who opens a case at the desk: the grantee, the secret key that the grant names, the verified key list."""

    grantee: str
    identity: Identity
    keys: KeyList


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case as a member may see it."""

    id: CaseId
    keys: CaseKeys
    shared: tuple[Entry, ...]
    desk: tuple[Entry, ...]
    last: Mapping[Sequence, Last]
    warnings: tuple[CaseWarning, ...]
    hold: Kept | None

    @property
    def request(self) -> Request:
        """What was asked."""
        content = self.shared[0].content
        assert isinstance(content, Request)  # `open_case` saw to it
        return content


@dataclass(frozen=True, slots=True)
class ServedOwn:
    """What a host answers to a receipt's holder; nothing of it is verified."""

    case: str
    receipt_grant: bytes
    entries: Many[StoredEntry]
    hold: StoredHold | None = None


@dataclass(frozen=True, slots=True)
class NewestKey:
    """Where the requester's next words are sealed to."""

    number: int
    recipient: Recipient
    mac: Secret


@dataclass(frozen=True, slots=True)
class OwnCase:
    """A case as its receipt's holder may see it. `hidden` counts entries that are stored but not shown to them."""

    grant: ReceiptGrant = field(repr=False)
    entries: tuple[Entry, ...] = field(repr=False)
    last: Last
    key: NewestKey = field(repr=False)
    hidden: int
    warnings: tuple[CaseWarning, ...]
    hold: Kept | None


def open_case(asked: str, served: Served, reader: Reader) -> OpenCase:
    """The case that was asked for, as far as the reader's grant opens it.

    Raises:
        BindingError: another case, or a grant to someone else.
        CryptoError: the grant or the request does not open or verify.
    """
    if served.case != asked:
        raise BindingError("another case than was asked for")
    if served.grantee != reader.grantee:
        raise BindingError("a grant to someone else")
    case = CaseId(asked)
    address = Address(case, MemberId(served.grantee), EpochId(served.epoch))
    keys = grant.open_(served.grant, address, [reader.identity], reader.keys.key_of)
    shared = _open_sequence(case, Sequence.SHARED, served.shared, keys.case_keys, reader)
    desk = _open_sequence(case, Sequence.DESK, served.desk, keys.desk_keys, reader)
    if not shared.entries or not isinstance(shared.entries[0].content, Request):
        raise BindingError("a case without its request")
    kept, doubts = _kept(served.hold, case, shared.entries, reader.keys)
    late = _late(served.expires, shared.entries[0].content.deletion)
    return OpenCase(
        id=case,
        keys=keys,
        shared=shared.entries,
        desk=desk.entries,
        last={Sequence.SHARED: shared.last, Sequence.DESK: desk.last},
        warnings=(*shared.warnings, *desk.warnings, *doubts, *late),
        hold=kept,
    )


def open_own(served: ServedOwn, opened: Receipt, keys: KeyList) -> OwnCase:
    """What the receipt's holder may read, and what they need to write back.

    Raises:
        CryptoError: the receipt grant does not open.
    """
    case = CaseId(served.case)
    given = receipt.open_grant(served.receipt_grant, opened, case)
    macs = {0: given.mac_key}
    newest = NewestKey(0, given.case_recipient, given.mac_key)

    def open_one(stored: StoredEntry) -> Entry:
        nonlocal newest
        place = Place(case, Sequence.SHARED, stored.number)
        one = entry.open_(stored.file or b"", place, [opened.identity], macs, keys.key_of)
        if stored.number == 0 and one.digest != given.request:
            raise BindingError("another request than the receipt's")
        if isinstance(one.content, Keys):
            newest = _told(one.content, macs, newest)
        return one

    shared = open_all(Sequence.SHARED, served.entries, open_one)
    kept, _ = _kept(served.hold, case, shared.entries, keys)
    in_force = kept if kept and kept.in_force else None
    return OwnCase(given, shared.entries, shared.last, newest, shared.hidden, shared.warnings, in_force)


def mac_of(which: Sequence) -> Callable[[Identity, CaseId], Secret]:
    """How the MAC keys of a sequence are derived."""
    return entry.shared_mac_key if which is Sequence.SHARED else entry.desk_mac_key


def _open_sequence(
    case: CaseId, which: Sequence, stored: Many[StoredEntry], identities: tuple[Identity, ...], reader: Reader
) -> OpenedSequence:
    macs = {number: mac_of(which)(identity, case) for number, identity in enumerate(identities)}

    def open_one(one: StoredEntry) -> Entry:
        return entry.open_(one.file or b"", Place(case, which, one.number), identities, macs, reader.keys.key_of)

    return open_all(which, stored, open_one, needed=0 if which is Sequence.SHARED else NOTHING_YET)


def _told(told: Keys, macs: dict[int, Secret], newest: NewestKey) -> NewestKey:
    """Take a later key, each number once: what was told first of a number stands."""
    if told.number in macs:
        raise BindingError("a key number that is taken")
    macs[told.number] = Secret(unb64(told.mac, 32))
    return NewestKey(told.number, Recipient.parse(told.recipient), macs[told.number]) if told.number > newest.number else newest


def _kept(
    stored: StoredHold | None, case: CaseId, entries: Many[Entry], keys: KeyList
) -> tuple[Kept | None, tuple[CaseWarning, ...]]:
    """The hold, with the reason that its entry gives."""
    if stored is None:
        return None, ()
    try:
        said, in_force = hold.verify(stored.body.encode(), stored.signatures, case, keys.key_of)
        reason = next(
            (one.content for one in entries if one.digest == said.entry and isinstance(one.content, entry.Held)), None
        )
        if reason is None or reason.until != said.until:
            raise BindingError("a hold without its reason")
    except CryptoError as error:
        return None, (CaseWarning(WarningKind.MISSING, f"a hold was left out: {error}"),)
    return Kept(said.until, reason.text, tuple(sorted(stored.signatures)), in_force, stored.body), ()


def _late(expires: str, deletion: str) -> tuple[CaseWarning, ...]:
    if expires <= deletion:
        return ()
    why = f"the server keeps this case until {expires}, its requester chose {deletion}"
    return (CaseWarning(WarningKind.LATE, why),)
