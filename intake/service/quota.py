"""How much may be kept: in all, and of one day. At the ceiling people are told so, kindly; before it, coordinators are.

Everything that is stored counts. A day's room is divided into shares, so that one kind of writing shuts out no other:

* requests from browsers, and messages from browsers under a receipt: paid for by work (`intake.form.load_pricing`);
* requests and messages without JavaScript, which pay nothing: their share is released over the day;
* the desk's writing, which has a bound for each member instead, and a reserve in the whole store for when requesters have
  filled it: a full form must not keep coordinators from answering.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum

from intake.errors import CrowdedError, DayLimitError, FullError
from intake.settings import QuotaSettings
from intake.store.cases import usage
from intake.store.engines.engine import Transaction

WARN = 80  # of 100, from where coordinators are told
RESERVE = 10  # of 100 of the whole room: what the desk may write beyond it
FIRST_PART = 1 / 6  # of the share that pays nothing: released at once, the rest as the day goes on
CASE_DAILY = 40  # entries and earlier days of one case that its receipt adds a day
MEMBER_MIB = 256  # that one member may write a day: a rotation of 10,000 cases is 30
_LOOK_SECONDS = 10.0  # the size of the whole store is asked for so often at most


class Share(StrEnum):
    """What a day's room is divided into."""

    REQUESTS = "requests"
    MESSAGES = "messages"
    PLAIN = "plain"
    DESK = "desk"


OF_DAY = {Share.REQUESTS: 60, Share.MESSAGES: 20, Share.PLAIN: 20}  # of 100


class DayLimit:
    """So much a day for each key; in memory, so for each process. Used by the writing thread alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._day, self._taken = "", Counter[str]()

    def take(self, day: str, key: str, amount: int = 1) -> None:
        """Count `amount` more.

        Raises:
            DayLimitError: that is more than a day's; nothing was counted.
        """
        if day != self._day:
            self._day, self._taken = day, Counter()
        if self._taken[key] + amount > self._most:
            raise DayLimitError("as much as can be taken in a day")
        self._taken[key] += amount


class Quota:
    """Over the settings' room. Used by the thread that writes and by those that read."""

    def __init__(self, settings: QuotaSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._looked: tuple[float, int] | None = None
        self._since = 0  # bytes that were taken after that look
        self._cases = DayLimit(CASE_DAILY)
        self._members = DayLimit(MEMBER_MIB * 2**20)
        self.filled = dict.fromkeys(OF_DAY, 0.0)  # how full each share was when last seen, 0 to 1

    def share(self, tx: Transaction, today: str) -> int:
        """How full it is, of 100: the whole store, or the fullest share of the day."""
        fullest = max(self.fullness(tx, today, share) for share in OF_DAY)
        return max(100 * self._size(tx) // self._whole, int(100 * fullest))

    def fullness(self, tx: Transaction, today: str, share: Share) -> float:
        """How full a share of the day is, from 0 to 1."""
        self.filled[share] = usage.size(tx, today, share) / self._of_day(share)
        return self.filled[share]

    def take(
        self, tx: Transaction, today: str, wanted: Sequence[int], share: Share, of_day: float = 1.0
    ) -> list[Exception | None]:
        """Count so many bytes for each of several; for each None, or why there is no room for it.

        Args:
            of_day: how much of the day has gone, from 0 to 1: what is not paid for is released by it.
        """
        used, room = usage.size(tx, today, share), self._of_day(share)
        released = room * max(FIRST_PART, of_day) if share is Share.PLAIN else room
        whole, outcomes, taken = self._size(tx), list[Exception | None](), 0
        for size in wanted:
            if whole + taken + size > self._whole or used + taken + size > room:
                outcomes.append(FullError(self._settings.phone))
            elif used + taken + size > released:
                outcomes.append(CrowdedError("more than this part of the day takes"))
            else:
                taken += size
                outcomes.append(None)
        if taken:
            self._count(tx, today, taken, share)
            self.filled[share] = (used + taken) / room
        return outcomes

    def take_one(self, tx: Transaction, today: str, size: int, share: Share, of_day: float = 1.0) -> None:
        """As `take`, for one.

        Raises:
            FullError, CrowdedError: there is no room for it; nothing was counted.
        """
        (refused,) = self.take(tx, today, [size], share, of_day)
        if refused is not None:
            raise refused

    def take_for_case(self, today: str, lookup: str) -> None:
        """Count a change that the holder of a receipt makes to their case.

        Raises:
            DayLimitError: more than one case takes in a day.
        """
        self._cases.take(today, lookup)

    def take_for_desk(self, tx: Transaction, today: str, member: str, size: int) -> None:
        """Count what a member writes.

        Raises:
            DayLimitError: more than a member writes in a day.
            FullError: the reserve is used up as well.
        """
        if self._size(tx) + size > self._whole * (100 + RESERVE) // 100:
            raise FullError(self._settings.phone)
        self._members.take(today, member, size)
        self._count(tx, today, size, Share.DESK)

    def _count(self, tx: Transaction, today: str, size: int, share: Share) -> None:
        usage.add(tx, today, share, size)
        self._since += size

    @property
    def _whole(self) -> int:
        return self._settings.total_mib * 2**20

    def _of_day(self, share: Share) -> int:
        return self._settings.day_mib * 2**20 * OF_DAY[share] // 100

    def _size(self, tx: Transaction) -> int:
        now = self._clock()
        if self._looked is None or now - self._looked[0] > _LOOK_SECONDS:
            self._looked, self._since = (now, usage.size_of_store(tx)), 0
        return self._looked[1] + self._since
