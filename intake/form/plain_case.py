"""Sealing and opening on the plain path: in this process's memory, for people without JavaScript. docs/format.md, The case.

The one place of the server that sees a request's words; nothing here writes anywhere. The steps are the browser's
(`intake/client/src/submit.ts`, `comeback.ts`).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from crypto import entry, grant, hold, receipt
from crypto.age import Identity, Recipient
from crypto.encoding import CaseId, EpochId, MemberId, b64, unb64
from crypto.entry import Answer, Contact, Entry, Kind, Place, Recipients, Request, Sequence
from crypto.errors import CryptoError
from crypto.keylist import KeyList
from crypto.labels import Label
from crypto.receipt import Receipt, ReceiptGrant
from crypto.recovery import RECOVERY
from crypto.secret import Secret
from crypto.statement import Statement
from intake.store.cases import NewGrant, StoredEntry
from intake.store.holds import StoredHold
from intake.store.submissions import Submission

SEALED_BY = "server"


@dataclass(frozen=True)
class Typed:
    """What was filled in. No `repr` of a value: it must not reach a traceback."""

    form: str = field(repr=False)
    language: str = field(repr=False)
    direction: str = field(repr=False)
    answers: list[Answer] = field(repr=False)
    contact: Contact = field(repr=False)
    name: str = field(repr=False)
    shown: bool = field(repr=False)
    days: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Seats:
    """To whom a new case is sealed: members by their statements, and the recovery key if there is one."""

    members: list[Statement]
    recovery: Recipient | None = None


def seal(typed: Typed, case: CaseId, opened: Receipt, seats: Seats, today: dt.date) -> Submission:
    """The sealed case, to the receipt and to the seats.

    Raises:
        SizeError: more than the largest request holds.
    """
    case_key = Identity.generate()
    mac = entry.shared_mac_key(case_key, case)
    expires = (today + dt.timedelta(days=typed.days)).isoformat()
    content = Request(
        form=typed.form,
        language=typed.language,
        direction=typed.direction,
        answers=typed.answers,
        contact=typed.contact,
        name=typed.name,
        deletion=expires,
        shown=typed.shown,
        recipients=Recipients(case=str(case_key.recipient), receipt=str(opened.identity.recipient)),
        sealed_by=SEALED_BY,
    )
    place = Place(case, Sequence.SHARED, 0)
    to = [case_key.recipient, opened.identity.recipient] if typed.shown else [case_key.recipient]
    file = entry.seal(place, Kind.REQUEST, content, day=today.isoformat(), previous="", recipients=to, mac_key=mac)
    given = ReceiptGrant(
        format=Label.RECEIPT_GRANT.value,
        case=case,
        recipient=str(case_key.recipient),
        mac=b64(mac.reveal()),
        request=entry.digest_of(file),
        shown=typed.shown,
        deletion=expires,
    )
    for_receipt = receipt.seal_grant(given, opened.identity.recipient)
    grants = [_granted(case, case_key, seat.member, seat.recipient) for seat in seats.members]
    if seats.recovery:
        grants.append(_granted(case, case_key, RECOVERY, seats.recovery))
    return Submission(case, opened.lookup, expires, file, typed.shown, for_receipt, tuple(grants), SEALED_BY)


@dataclass(frozen=True)
class OpenedCase:
    """A case, as far as its receipt opens it."""

    grant: ReceiptGrant = field(repr=False)
    entries: list[Entry] = field(repr=False)
    last: StoredEntry = field(repr=False)
    key: int
    recipient: Recipient = field(repr=False)
    mac: Secret
    hidden: int
    broken: bool


def open_case(case: CaseId, file: bytes, said: list[StoredEntry], opened: Receipt, keys: KeyList) -> OpenedCase:
    """What the receipt's holder may read.

    Raises:
        CryptoError: the receipt grant does not open.
    """
    given = receipt.open_grant(file, opened, case)
    macs, newest = [given.mac_key], (0, given.case_recipient)
    entries, broken = [], False
    for stored in said:
        if stored.file is None:
            continue
        try:
            place = Place(case, Sequence.SHARED, stored.number)
            one = entry.open_(stored.file, place, [opened.identity], macs, keys.key_of)
        except CryptoError:
            broken = True
            continue
        if isinstance(one.content, entry.Keys) and one.content.number == len(macs):
            macs.append(Secret(unb64(one.content.mac, 32)))
            newest = (one.content.number, Recipient.parse(one.content.recipient))
        entries.append(one)
    broken = broken or bool(entry.check_sequence(entries, {stored.number: stored.digest for stored in said}))
    broken = broken or any(one.place.number == 0 and one.digest != given.request for one in entries)
    hidden = sum(1 for stored in said if stored.file is None)
    return OpenedCase(given, entries, said[-1], newest[0], newest[1], macs[newest[0]], hidden, broken)


@dataclass(frozen=True)
class Hold:
    """Until which day two coordinators keep a case, in words, and why."""

    day: str
    reason: str = field(repr=False)


def hold_of(opened: OpenedCase, kept: StoredHold | None, keys: KeyList, in_words: Callable[[dt.date], str]) -> Hold | None:
    """The hold on an opened case, if it is in force and verifies."""
    if kept is None:
        return None
    try:
        said, in_force = hold.verify(kept.body.encode(), kept.signatures, opened.grant.case, keys.key_of)
    except CryptoError:
        return None
    reasons = [one.content for one in opened.entries if one.digest == said.entry]
    if not in_force or not reasons or not isinstance(reasons[0], entry.Held) or reasons[0].until != said.until:
        return None
    return Hold(in_words(dt.date.fromisoformat(said.until)), reasons[0].text)


def write(opened: OpenedCase, by: Receipt, kind: Kind, words: str, today: dt.date) -> tuple[int, bytes]:
    """The next entry of the requester's: its number and file.

    Raises:
        SizeError: more than the largest entry holds.
    """
    number = opened.last.number + 1
    to = [opened.recipient, by.identity.recipient] if opened.grant.shown else [opened.recipient]
    file = entry.seal(
        Place(opened.grant.case, Sequence.SHARED, number),
        kind,
        entry.Text(text=words),
        day=today.isoformat(),
        previous=opened.last.digest,
        recipients=to,
        mac_key=opened.mac,
        key=opened.key,
    )
    return number, file


def _granted(case: CaseId, case_key: Identity, to: MemberId, recipient: Recipient) -> NewGrant:
    address = grant.Address(case, to, EpochId(recipient.id))
    return NewGrant(to, recipient.id, grant.seal(address, grant.CaseKeys((case_key,), ()), recipient))
