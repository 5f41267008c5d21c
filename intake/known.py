"""What was found out once and is not looked for again while it is the same: the verified key list and statements, who holds
how many cases. In memory alone.
"""

import datetime as dt
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from crypto import keylist, statement
from crypto.errors import CryptoError
from crypto.keylist import KeyList
from intake.errors import ClosedError
from intake.store import overview, people
from intake.store.engine import Transaction
from intake.store.errors import StoreError
from intake.store.overview import Tally
from intake.store.people import Seat
from intake.store.texts import flat

SPARED = 20.0  # times as long as a step of counting took, until the next: a twentieth of the time at most goes into it
FIRST = 1.0  # seconds that the first round of a day may take at once: some 50,000 cases


@dataclass(slots=True)
class _Round:
    """Counting that is under way on `today`, up to the case `after`; the tally of the round before; when to go on."""

    today: dt.date
    tally: Tally
    under_way: Tally
    after: overview.Place | None = None
    rest_until: float = 0.0  # seconds, monotonic


class Known:
    """May be used by several threads."""

    def __init__(self) -> None:
        self._list: tuple[object, KeyList] | None = None
        self._seats: tuple[object, list[Seat]] | None = None
        self._round: _Round | None = None
        self._counting = threading.Lock()

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

    def tally(self, tx: Transaction, today: dt.date, *, now: bool = False) -> Tally:
        """Live cases counted: exact a moment ago in a small store, a round ago in a large one (while the first round is under
        way, what it has seen). What was assigned here since counts as well.

        Args:
            now: take a step even if the last was just now: exact up to `overview.STEP` cases.
        """
        with self._counting:
            return self._tally(tx, today, now=now)

    def _tally(self, tx: Transaction, today: dt.date, *, now: bool) -> Tally:
        held = self._round
        if held is None or held.today != today:
            first = Tally()  # shown while it is counted: nobody waits for a million cases
            self._round = held = _Round(today, first, first)
            until = time.monotonic() + FIRST
            while not self._step(tx, held) and time.monotonic() < until:
                pass
        elif now or time.monotonic() > held.rest_until:
            self._step(tx, held)
        return held.tally

    def _step(self, tx: Transaction, of: _Round) -> bool:
        """Whether the round is complete with it."""
        before = time.monotonic()
        of.after = overview.count(tx, of.today, of.under_way, of.after)
        if of.after is None:
            of.tally, of.under_way = of.under_way, Tally()
        now = time.monotonic()
        of.rest_until = now + SPARED * (now - before)
        return of.after is None

    def assigned(self, members: Iterable[str]) -> None:
        """Each has one open case more."""
        if self._round is not None:
            self._round.tally.open.update(members)


def _accepted(seat: Seat, keys: KeyList, today: dt.date) -> bool:
    try:
        statement.verify(statement.Signed(**flat(seat.statement, "a statement")), keys, today)
    except (CryptoError, StoreError, TypeError):  # also one that is damaged
        return False
    return True
