"""Operations of a receipt's holder, in the browser and on the no-JavaScript pages: read, write, shorten, delete."""

import datetime as dt

from crypto.encoding import parse_day
from crypto.entry import Sequence
from crypto.errors import CryptoError
from crypto.parcel import File
from intake.errors import CaseFullError, GoneError, InvalidError, NotFoundError
from intake.service.quota import Share
from intake.service.service import Service
from intake.store.cases import cases, expiry, holds
from intake.store.cases.cases import Case
from intake.store.engines.engine import Transaction
from intake.store.errors import NotThereError
from intake.store.members import notices

MAX_ENTRIES = 300  # entries of the shared sequence. A reader opens all of them to read any of them


def view(service: Service, tx: Transaction, lookup: str, price: int) -> dict[str, object]:
    """Return what a receipt's holder may fetch, encrypted as stored, and the present `price` of writing."""
    case = live(service, tx, lookup)
    entries = cases.entries(tx, service.row_keys, case.location, Sequence.SHARED, as_requester=True)
    hold = holds.of(tx, case.location)
    return {
        "hold": {"body": hold.body, "signatures": hold.signatures} if hold and hold.held_until else None,
        "head": service.keys(tx).head,
        "case": case.location.case,
        "expires": case.location.day,
        "open": case.open,
        "sealed_by": case.sealed_by,
        "price": price,
        "receipt_grant": File(cases.receipt_grant(tx, service.row_keys, case.location)),
        "entries": [{"number": e.number, "digest": e.digest, "file": File(e.file) if e.file else None} for e in entries],
    }


def live(service: Service, tx: Transaction, lookup: str) -> Case:
    """Return the live case of a receipt.

    Raises:
        GoneError: The case was deleted on its expiry day.
        NotFoundError: The receipt is unknown or its case was withdrawn. The answer does not say which.
    """
    try:
        return cases.find_by_lookup(tx, lookup, service.today)
    except NotThereError:
        day = cases.tombstone(tx, lookup, service.today)
        raise GoneError(day) if day else NotFoundError("no request belongs to this receipt") from None


async def add(service: Service, lookup: str, number: int, file: bytes, share: Share, *, for_requester: bool) -> None:
    """Store the requester's next entry and mark the case's holders for a notice.

    Raises:
        CaseFullError: The request has as many entries as it may have.
        DayLimitError: The request has as many changes as it may have in a day.
        FullError, CrowdedError: The quota is used up, or used up for now.
        NotFoundError, GoneError, StaleError: The case was deleted, or the number is taken.
    """
    if number >= MAX_ENTRIES:
        raise CaseFullError("this request takes no more messages. Nothing was stored")

    def put(tx: Transaction) -> tuple[str, list[str]]:
        case = live(service, tx, lookup)
        if cases.add_entry(tx, service.row_keys, case.location, Sequence.SHARED, number, file, for_requester=for_requester):
            service.quota.take_one(tx, service.today.isoformat(), len(file), share, service.part_of_day)
            service.quota.take_for_case(service.today.isoformat(), lookup)
        holders = [grant.member for grant in cases.grants(tx, case.location)]
        expiry.reopen(tx, service.row_keys, case, service.settings.policy, service.today)
        notices.mark(tx, holders)
        return case.location.case, holders

    case, holders = await service.write(put)
    service.case_events.publish(holders, case)


async def shorten(service: Service, lookup: str, day: str) -> str:
    """Move the expiry of a receipt's case to an earlier day and puncture its old leaf.

    Raises:
        InvalidError: The text is not a day, or the day has passed or is not earlier.
        DayLimitError: The request has as many changes as it may have in a day. Each change rewrites the whole case.
    """
    try:
        wanted = parse_day(day)
    except CryptoError:
        raise InvalidError("the day is malformed. Nothing was changed") from None

    def put(tx: Transaction) -> tuple[str, str, str, list[str]]:
        case = live(service, tx, lookup)
        if not service.today < wanted < dt.date.fromisoformat(case.latest_expiry):
            raise InvalidError("the new day must be after today and before the present one. Nothing was changed")
        service.quota.take_for_case(service.today.isoformat(), lookup)
        holders = [grant.member for grant in cases.grants(tx, case.location)]
        location = expiry.shorten(tx, service.row_keys, case, day)
        return case.location.day, location.day, location.case, holders

    before, after, case, holders = await service.write(put)
    if before != after:
        await service.destroy(before)
    service.case_events.publish(holders, case)
    return after


async def withdraw(service: Service, lookup: str) -> bool:
    """Delete the case of a receipt. Return True once its key is destroyed, and False while the case is only hidden."""

    def remove(tx: Transaction) -> Case:
        case = live(service, tx, lookup)
        cases.withdraw(tx, case.location)
        return case

    case = await service.write(remove)
    return await service.destroy(case.location.day)
