"""Encrypt and open cases in this process's memory, for people without JavaScript. docs/reference/format.md, The case.

Only this module of the server sees a request's words. It writes nothing to disk.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from crypto import case as protocol
from crypto.age import Recipient
from crypto.case import OwnCase, ServedOwnCase, VerifiedGroup
from crypto.encoding import CaseId
from crypto.entry import Answer, Contact, Recipients, Request
from crypto.keylist import KeyList
from crypto.receipt import Receipt
from crypto.recovery import RECOVERY
from crypto.statement import Statement
from intake.store.cases.cases import NewGrant, StoredEntry
from intake.store.cases.holds import StoredHold
from intake.store.cases.submissions import Submission

SEALED_BY = "server"


@dataclass(frozen=True)
class Typed:
    """The answers that a person typed. `repr` shows no value, so that no traceback contains it."""

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
    """The assignees of a new case: members by their statements, and the recovery key if there is one."""

    members: list[Statement]
    recovery: Recipient | None = None

    @property
    def recipients(self) -> list[tuple[str, Recipient]]:
        """Each grantee and the key that their grant is encrypted to."""
        recipients: list[tuple[str, Recipient]] = [(seat.member, seat.recipient) for seat in self.members]
        return [*recipients, (RECOVERY, self.recovery)] if self.recovery else recipients


def seal(typed: Typed, case: CaseId, opened: Receipt, seats: Seats, today: dt.date, expires: dt.date) -> Submission:
    """Encrypt the case to its receipt and its assignees.

    Raises:
        SizeError: The request is larger than the largest size.
    """

    def content_of(recipients: Recipients) -> Request:
        return Request(
            form=typed.form,
            language=typed.language,
            direction=typed.direction,
            answers=typed.answers,
            contact=typed.contact,
            name=typed.name,
            deletion=expires.isoformat(),
            shown=typed.shown,
            recipients=recipients,
            sealed_by=SEALED_BY,
        )

    new = protocol.seal_new(case, content_of, opened.identity.recipient, seats.recipients, today.isoformat())
    grants = tuple(NewGrant(grant.member, grant.epoch, grant.file) for grant in new.grants)
    return Submission(case, opened.lookup, new.deletion, new.request, new.shown, new.receipt_grant, grants, SEALED_BY)


@dataclass(frozen=True, slots=True)
class Stored:
    """The encrypted parts of a case that its receipt's holder may read."""

    receipt_grant: bytes
    entries: list[StoredEntry]
    hold: StoredHold | None


def open_case(case: CaseId, stored: Stored, opened: Receipt, keys: KeyList) -> OwnCase:
    """Open what the receipt's holder may read.

    Raises:
        CryptoError: The receipt grant does not open.
    """
    entries = [protocol.StoredEntry(entry.number, entry.digest, entry.file) for entry in stored.entries]
    hold = protocol.StoredHold(stored.hold.body, stored.hold.signatures) if stored.hold else None
    return protocol.open_own(ServedOwnCase(case, stored.receipt_grant, entries, hold), opened, VerifiedGroup(keys))


@dataclass(frozen=True)
class Hold:
    """The day until which two coordinators keep a case, in words, and their reason."""

    day: str
    reason: str = field(repr=False)


def hold_of(opened: OwnCase, in_words: Callable[[dt.date], str]) -> Hold | None:
    """Return the hold on an opened case if it is in force and verifies."""
    hold = opened.hold
    return Hold(in_words(dt.date.fromisoformat(hold.until)), hold.reason) if hold else None


def earlier_days(today: dt.date, expires: dt.date) -> tuple[str, str] | None:
    """Return the first and the last day to which a requester can move the deletion, or None if there is none."""
    first, last = today + dt.timedelta(days=1), expires - dt.timedelta(days=1)
    return (first.isoformat(), last.isoformat()) if first <= last else None
