"""What was found out once and is not looked for again while it is the same: the verified key list and statements, who has
how many open cases. In memory alone.
"""

import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping

from crypto import keylist, statement
from crypto.errors import CryptoError
from crypto.keylist import KeyList
from intake.errors import ClosedError
from intake.store import cases, people
from intake.store.engine import Transaction
from intake.store.people import Seat

SPARED = 20.0  # times as long as counting took, until it is counted again: a twentieth of the time at most goes into it


class Known:
    """May be used by several threads."""

    def __init__(self) -> None:
        self._list: tuple[object, KeyList] | None = None
        self._seats: tuple[object, list[Seat]] | None = None
        self._counts: tuple[dt.date, float, Counter[str]] | None = None

    def keys(self, tx: Transaction, today: dt.date) -> KeyList:
        """The verified key list of the store as it is in `tx`.

        Raises:
            ClosedError: no coordinator has enrolled yet.
        """
        # Each entry names the hash of the one before, so the last stands for all.
        last = people.last_entry(tx)
        if last is None:
            raise ClosedError("this form is not open yet: no coordinator has enrolled")
        held, now = self._list, (last, today)
        if held is None or held[0] != now:
            self._list = held = now, keylist.verify(people.entries(tx), today)
        return held[1]

    def seats(self, tx: Transaction, keys: KeyList, today: dt.date) -> list[Seat]:
        """Seats of active members whose statement clients would accept today."""
        found = people.seats(tx)
        held, now = self._seats, (found, keys.head, today)
        if held is None or held[0] != now:
            self._seats = held = now, [seat for seat in found if _accepted(seat, keys, today)]
        return held[1]

    def open_counts(self, tx: Transaction, today: dt.date) -> Mapping[str, int]:
        """Open live cases by member, exact a moment ago; what was assigned here since is counted as well."""
        before, held = time.monotonic(), self._counts
        if held is None or held[0] != today or before > held[1]:
            counts = Counter(cases.open_counts(tx, today))
            after = time.monotonic()
            self._counts = held = today, after + SPARED * (after - before), counts
        return held[2]

    def assigned(self, members: Iterable[str]) -> None:
        """Each has one more."""
        if self._counts is not None:
            self._counts[2].update(members)


def _accepted(seat: Seat, keys: KeyList, today: dt.date) -> bool:
    try:
        statement.verify(statement.Signed(**json.loads(seat.statement)), keys, today)
    except CryptoError:
        return False
    return True
