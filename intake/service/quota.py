"""Limits the bytes of the whole store and of each day.

At the limit, requesters get a message that the day is full. Coordinators see a warning earlier. All stored data counts. A day's
quota is divided into shares, so that one kind of writing does not block another:

* Browsers pay for requests and messages with work (`intake.form.load_pricing`).
* Requests and messages without JavaScript cost nothing. Their share becomes available over the day.
* The desk has a limit for each member, and a reserve in the whole store. A full form must not keep coordinators from answering.

Processes that share a store sum what all of them have committed. Each may be about to commit one more batch, so they exceed a
share by at most one batch for each process beyond the first.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum

from crypto.encoding import new_id
from intake.errors import CrowdedError, DayLimitError, FullError
from intake.settings import QuotaSettings
from intake.store.cases import usage
from intake.store.engines.engine import Transaction

WARN_PERCENT = 80  # percent from which on coordinators see a warning
DESK_RESERVE_PERCENT = 10  # percent of the whole quota that the desk may use in addition
INITIAL_SHARE = 1 / 6  # of the no-JavaScript path's share, available at once. The rest follows over the day
CASE_DAILY = 40  # changes (messages, earlier days) that one receipt may make to its case in a day
MEMBER_MIB = 256  # MiB that one member may write in a day. A rotation of 10,000 cases takes 30
_MEASURE_SECONDS = 10.0  # seconds between two measurements of the whole store


class Share(StrEnum):
    """The parts of a day's quota."""

    REQUESTS = "requests"
    MESSAGES = "messages"
    NOJS = "nojs"
    DESK = "desk"


SHARE_PERCENT = {Share.REQUESTS: 60, Share.MESSAGES: 20, Share.NOJS: 20}  # percent


class DayLimit:
    """A daily limit for each key, in this process's memory. Only the writing thread uses it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._day, self._taken = "", Counter[str]()

    def take(self, day: str, key: str, amount: int = 1) -> None:
        """Count `amount` more for a key.

        Raises:
            DayLimitError: the key would exceed the limit. Nothing was counted.
        """
        if day != self._day:
            self._day, self._taken = day, Counter()
        if self._taken[key] + amount > self._most:
            raise DayLimitError("the daily limit is reached. Nothing was stored. Try again tomorrow")
        self._taken[key] += amount


class Quota:
    """Counts bytes against the quota in the settings. The writing thread and the reading threads may use it."""

    def __init__(self, settings: QuotaSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._process = new_id()
        self._measured: tuple[float, int] | None = None
        self._since = 0  # bytes counted since that measurement
        self._cases = DayLimit(CASE_DAILY)
        self._members = DayLimit(MEMBER_MIB * 2**20)
        self.filled = dict.fromkeys(SHARE_PERCENT, 0.0)  # the last known fullness of each share, 0 to 1

    def share(self, tx: Transaction, today: str) -> int:
        """Return the larger fullness in percent: of the whole store, or of the fullest share of the day."""
        fullest = max(self.fullness(tx, today, share) for share in SHARE_PERCENT)
        return max(100 * self._size(tx) // self._whole, int(100 * fullest))

    def fullness(self, tx: Transaction, today: str, share: Share) -> float:
        """Return the fullness of a share of the day, from 0 to 1."""
        self.filled[share] = usage.size(tx, today, share) / self._of_day(share)
        return self.filled[share]

    def take(
        self, tx: Transaction, today: str, wanted: Sequence[int], share: Share, of_day: float = 1.0
    ) -> list[Exception | None]:
        """Count several sizes. Return None for each that fits, and an error for each that does not.

        Args:
            tx: the transaction that writes.
            today: the current day.
            wanted: the sizes, in bytes.
            share: the share of the day's quota.
            of_day: the part of the day that has passed, from 0 to 1. It releases the share of the no-JavaScript path.
        """
        used, room = usage.size(tx, today, share), self._of_day(share)
        released = room * max(INITIAL_SHARE, of_day) if share is Share.NOJS else room
        whole, outcomes, taken = self._size(tx), list[Exception | None](), 0
        for size in wanted:
            if whole + taken + size > self._whole or used + taken + size > room:
                outcomes.append(FullError(self._settings.phone))
            elif used + taken + size > released:
                outcomes.append(CrowdedError("this share of the day has no room yet. Nothing was stored"))
            else:
                taken += size
                outcomes.append(None)
        if taken:
            self._count(tx, today, taken, share)
            self.filled[share] = (used + taken) / room
        return outcomes

    def take_one(self, tx: Transaction, today: str, size: int, share: Share, of_day: float = 1.0) -> None:
        """Count one size. See `take`.

        Raises:
            FullError, CrowdedError: the size does not fit. Nothing was counted.
        """
        (refused,) = self.take(tx, today, [size], share, of_day)
        if refused is not None:
            raise refused

    def take_for_case(self, today: str, lookup: str) -> None:
        """Count a change that the holder of a receipt makes to their case.

        Raises:
            DayLimitError: the case has reached its changes for the day (`CASE_DAILY`).
        """
        self._cases.take(today, lookup)

    def take_for_desk(self, tx: Transaction, today: str, member: str, size: int) -> None:
        """Count the bytes that a member writes.

        Raises:
            DayLimitError: the member has reached the limit of a day (`MEMBER_MIB`).
            FullError: the store is full, and so is the reserve of the desk.
        """
        if self._size(tx) + size > self._whole * (100 + DESK_RESERVE_PERCENT) // 100:
            raise FullError(self._settings.phone)
        self._members.take(today, member, size)
        self._count(tx, today, size, Share.DESK)

    def _count(self, tx: Transaction, today: str, size: int, share: Share) -> None:
        usage.add(tx, today, share, self._process, size)
        self._since += size

    @property
    def _whole(self) -> int:
        return self._settings.total_mib * 2**20

    def _of_day(self, share: Share) -> int:
        return self._settings.day_mib * 2**20 * SHARE_PERCENT[share] // 100

    def _size(self, tx: Transaction) -> int:
        now = self._clock()
        if self._measured is None or now - self._measured[0] > _MEASURE_SECONDS:
            self._measured, self._since = (now, usage.size_of_store(tx)), 0
        return self._measured[1] + self._since
