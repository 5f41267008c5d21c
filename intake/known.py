"""What was verified once is not verified again while it is the same: the key list, the seats' statements. In memory alone."""

import datetime as dt
import json

from crypto import keylist, statement
from crypto.errors import CryptoError
from crypto.keylist import KeyList
from intake.errors import ClosedError
from intake.store import people
from intake.store.engine import Transaction
from intake.store.people import Seat


class Known:
    """The last verified key list, and the statements that were accepted under it. May be used by several threads."""

    def __init__(self) -> None:
        self._list: tuple[object, KeyList] | None = None
        self._seats: tuple[object, list[Seat]] | None = None

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

    def seats(self, tx: Transaction, today: dt.date) -> list[Seat]:
        """Seats of active members whose statement clients would accept today; raises as `keys`."""
        keys = self.keys(tx, today)
        found = people.seats(tx)
        held, now = self._seats, (found, keys.head, today)
        if held is None or held[0] != now:
            self._seats = held = now, [seat for seat in found if _accepted(seat, keys, today)]
        return held[1]


def _accepted(seat: Seat, keys: KeyList, today: dt.date) -> bool:
    try:
        statement.verify(statement.Signed(**json.loads(seat.statement)), keys, today)
    except CryptoError:
        return False
    return True
