"""How much may be kept: in all, and of one day. At the ceiling people are told so, kindly; before it, coordinators are."""

import time
from collections.abc import Callable

from intake.errors import FullError
from intake.settings import Room
from intake.store import arrivals
from intake.store.engine import Transaction

WARN = 80  # of 100, from where coordinators are told
_LOOK_SECONDS = 10.0  # the size of the whole store is asked for so often at most


class Ceiling:
    """Over the settings' room. Used by the thread that writes and by those that read."""

    def __init__(self, room: Room, clock: Callable[[], float] = time.monotonic) -> None:
        self._room = room
        self._clock = clock
        self._looked: tuple[float, int] | None = None

    def share(self, tx: Transaction, today: str) -> int:
        """How full it is, of 100."""
        return max(self._of(self._size(tx), self._room.total_mib), self._of(arrivals.size(tx, today), self._room.day_mib))

    def take(self, tx: Transaction, today: str, size: int) -> None:
        """Count `size` bytes more.

        Raises:
            FullError: there is no room for them; nothing was counted.
        """
        if self.share(tx, today) >= 100:
            raise FullError(self._room.phone)
        arrivals.add(tx, today, size)

    def _size(self, tx: Transaction) -> int:
        now = self._clock()
        if self._looked is None or now - self._looked[0] > _LOOK_SECONDS:
            self._looked = now, arrivals.size_of_store(tx)
        return self._looked[1]

    @staticmethod
    def _of(size: int, mib: int) -> int:
        return 100 * size // (mib * 2**20)
