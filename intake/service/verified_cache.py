"""Caches the verified key list, snapshot, statements and case counts in memory."""

import datetime as dt
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from crypto import keylist, snapshot, statement
from crypto.errors import CryptoError
from crypto.keylist import KeyList
from crypto.signing import Signed
from crypto.snapshot import Snapshot
from intake.errors import ClosedError
from intake.service import operator_log
from intake.service.operator_log import Event
from intake.store.engines.engine import Transaction
from intake.store.errors import StoreError
from intake.store.json_text import flat
from intake.store.members import members, snapshots, workload
from intake.store.members.members import Seat
from intake.store.members.workload import Tally

REST_FACTOR = 100.0  # times a step's duration until the next step, so that counting takes at most a hundredth of the time
MAX_STEP_SECONDS = 1.0  # seconds of counting at once, enough for about 200,000 cases


@dataclass(slots=True)
class _CountingRound:
    """A count in progress.

    Attributes:
        today: the day that the count is for.
        tally: the result of the last full count.
        counting: the count so far, up to the case `after`.
        after: the last case that was counted.
        rest_until: the monotonic second at which to continue.
    """

    today: dt.date
    tally: Tally
    counting: Tally
    after: workload.CaseKey | None = None
    rest_until: float = 0.0  # seconds, monotonic


class VerifiedCache:
    """Verifies a value again only after the stored value has changed. Every method is thread-safe."""

    def __init__(self) -> None:
        self._list: tuple[object, KeyList] | None = None
        self._snapshot: tuple[object, Snapshot | None] | None = None
        self._seats: tuple[object, list[Seat]] | None = None
        self._round: _CountingRound | None = None
        self._counting = threading.Lock()

    def keys(self, tx: Transaction, today: dt.date) -> KeyList:
        """Return the verified key list, in the state of `tx`.

        Raises:
            ClosedError: no coordinator has enrolled yet.
        """
        # Each entry contains the hash of the previous one, so the last entry identifies the whole list.
        last = members.last_entry(tx)
        if last is None:
            raise ClosedError("this form is not open yet, because no coordinator has enrolled")
        cached, now = self._list, (last, today)
        if cached is None or cached[0] != now:
            self._list = cached = now, keylist.verify(members.entries(tx), today)
        return cached[1]

    def snapshot(self, tx: Transaction, keys: KeyList, today: dt.date) -> Snapshot | None:
        """Return the newest snapshot that clients would accept today, or None until a member signs in and makes one."""
        version = snapshots.newest_version(tx)
        cached, now = self._snapshot, (version, keys.head, today)
        if cached is None or cached[0] != now:
            self._snapshot = cached = now, _newest(tx, keys, today)
        return cached[1]

    def seats(self, tx: Transaction, keys: KeyList, today: dt.date) -> list[Seat]:
        """Return the active members' statements that clients would accept today. Empty without a recent snapshot."""
        stored, newest = members.seats(tx), self.snapshot(tx, keys, today)
        cached, now = self._seats, (stored, keys.head, newest and newest.version, today)
        if cached is None or cached[0] != now:
            accepted = [seat for seat in stored if _accepted(seat, keys, today, newest)] if newest else []
            self._seats = cached = now, accepted
        return cached[1]

    def tally(self, tx: Transaction, today: dt.date, *, now: bool = False) -> Tally:
        """Return the counts of unexpired cases. In a large store they are one round old, plus the cases assigned here since.

        Args:
            tx: the transaction that reads.
            today: the current day.
            now: count again for up to `MAX_STEP_SECONDS` seconds. A larger store is still counted in rounds.
        """
        with self._counting:
            cached = self._round
            if cached is None or cached.today != today or now:
                self._round = cached = self._count_again(tx, today, cached)
            elif time.monotonic() > cached.rest_until:
                self._step(tx, cached)
            return cached.tally

    @property
    def counted(self) -> Tally:
        """The last counts that `tally` returned, plus the cases assigned here since. They need no transaction."""
        return self._round.tally if self._round is not None else Tally()

    def _count_again(self, tx: Transaction, today: dt.date, cached: _CountingRound | None) -> _CountingRound:
        first = Tally()  # the answer while counting, because no request can wait for a million cases
        new = _CountingRound(today, first, first)
        until = time.monotonic() + MAX_STEP_SECONDS
        while not self._step(tx, new):
            if time.monotonic() > until:
                return cached if cached is not None and cached.today == today else new
        return new

    def _step(self, tx: Transaction, current: _CountingRound) -> bool:
        """Count one step, and return whether the round is complete."""
        before = time.monotonic()
        current.after = workload.count(tx, current.today, current.counting, current.after)
        if current.after is None:
            current.tally, current.counting = current.counting, Tally()
            current.tally.complete = True
        now = time.monotonic()
        current.rest_until = now + REST_FACTOR * (now - before)
        return current.after is None

    def assigned(self, members: Iterable[str]) -> None:
        """Count one more open case for each member."""
        if self._round is not None:
            self._round.tally.open.update(members)


def _newest(tx: Transaction, keys: KeyList, today: dt.date) -> Snapshot | None:
    for stored in snapshots.all_stored(tx):
        try:
            return snapshot.verify(stored.signed, keys, today)
        except CryptoError:
            continue  # the snapshot is too old, or its signer has left
    return None


def _accepted(seat: Seat, keys: KeyList, today: dt.date, newest: Snapshot) -> bool:
    try:
        statement.verify(Signed(**flat(seat.statement, "a statement")), keys, today, newest)
    except StoreError as error:  # the row is damaged
        operator_log.log(Event.UNAVAILABLE, error)
        return False
    except (CryptoError, TypeError):
        return False
    return True
