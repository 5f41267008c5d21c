"""What a receipt's holder does: looks, writes back, lets it go sooner, withdraws. From the browser and on the plain path."""

import datetime as dt

from crypto.encoding import b64, parse_day
from crypto.entry import Sequence
from crypto.errors import CryptoError
from intake.errors import GoneError, InvalidError, NotFoundError
from intake.service.quota import Share
from intake.service.service import Service
from intake.store.cases import cases, expiry, holds
from intake.store.cases.cases import Case
from intake.store.engines.engine import Transaction
from intake.store.errors import NotThereError
from intake.store.members import notices

MAX_ENTRIES = 300  # of the shared sequence that a receipt may still add to: all of it is opened to read any of it


def view(service: Service, tx: Transaction, lookup: str, price: int) -> dict[str, object]:
    """What a receipt's holder may fetch, sealed as it is, and the `price` of writing back now."""
    found = live(service, tx, lookup)
    said = cases.entries(tx, service.row_keys, found.where, Sequence.SHARED, as_requester=True)
    kept = holds.of(tx, found.where)
    return {
        "hold": {"body": kept.body, "signatures": kept.signatures} if kept and kept.until else None,
        "head": service.keys(tx).head,
        "case": found.where.case,
        "expires": found.where.day,
        "open": found.open,
        "sealed_by": found.sealed_by,
        "price": price,
        "receipt_grant": b64(cases.receipt_grant(tx, service.row_keys, found.where)),
        "entries": [{"number": e.number, "digest": e.digest, "file": b64(e.file) if e.file else None} for e in said],
    }


def live(service: Service, tx: Transaction, lookup: str) -> Case:
    """The live case of a receipt.

    Raises:
        GoneError: it was deleted on its day.
        NotFoundError: unknown or withdrawn; the two cannot be told apart.
    """
    try:
        return cases.find_by_lookup(tx, lookup, service.today)
    except NotThereError:
        day = cases.tombstone(tx, lookup, service.today)
        raise GoneError(day) if day else NotFoundError("no request belongs to this receipt") from None


async def add(service: Service, lookup: str, number: int, file: bytes, share: Share, *, shown: bool) -> None:
    """The requester's next entry; its case's holders are told that something waits.

    Raises:
        InvalidError: more than a request takes.
        DayLimitError: more than a request takes in a day.
        FullError, CrowdedError: there is no room for more, or not yet.
        NotFoundError, GoneError, StaleError: the case is gone, or the number is taken.
    """

    if number >= MAX_ENTRIES:
        raise InvalidError("this request takes no more messages")

    def put(tx: Transaction) -> tuple[str, list[str]]:
        found = live(service, tx, lookup)
        if cases.add_entry(tx, service.row_keys, found.where, Sequence.SHARED, number, file, for_requester=shown):
            service.quota.take_one(tx, service.today.isoformat(), len(file), share, service.part_of_day)
            service.quota.take_for_case(service.today.isoformat(), lookup)
        holders = [one.member for one in cases.grants(tx, found.where)]
        expiry.keep_for_activity(tx, service.row_keys, found, service.settings.policy, service.today)
        notices.mark(tx, holders)
        return found.where.case, holders

    case, holders = await service.write(put)
    service.case_events.tell(holders, case)


async def shorten(service: Service, lookup: str, day: str) -> str:
    """Let the case of a receipt go on an earlier day; its leaf of before is punctured.

    Raises:
        InvalidError: no day, one that has come, or one that is not earlier.
        DayLimitError: more than a request takes in a day: each time the whole case is written anew.
    """
    try:
        wanted = parse_day(day)
    except CryptoError:
        raise InvalidError("not a day") from None

    def put(tx: Transaction) -> tuple[str, str, str, list[str]]:
        found = live(service, tx, lookup)
        if not service.today < wanted < dt.date.fromisoformat(found.latest):
            raise InvalidError("a day that has come, or that is not earlier")
        service.quota.take_for_case(service.today.isoformat(), lookup)
        holders = [one.member for one in cases.grants(tx, found.where)]
        where = expiry.shorten(tx, service.row_keys, found, day)
        return found.where.day, where.day, where.case, holders

    before, after, case, holders = await service.write(put)
    if before != after:
        await service.destroy(before)
    service.case_events.tell(holders, case)
    return after


async def withdraw(service: Service, lookup: str) -> bool:
    """Delete the case of a receipt; True once its key is destroyed, False while it is only hidden."""

    def remove(tx: Transaction) -> Case:
        found = live(service, tx, lookup)
        cases.withdraw(tx, found.where)
        return found

    found = await service.write(remove)
    return await service.destroy(found.where.day)
