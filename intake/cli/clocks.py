"""Two clocks: this machine's and the server's. A client uses its own for what it refuses; where they differ it signs nothing.

The server's day never makes anything effective. It counts only while both clocks agree.
"""

import datetime as dt
from dataclasses import dataclass

from intake.cli.errors import CommandError
from intake.service.service import utc_now

AGREE_DAYS = 1  # by which two honest clocks may differ


class ClocksError(CommandError):
    """Raised when a client would have to date something that it signs, and cannot know the day."""


def own_day() -> dt.date:
    """The day by this machine's clock."""
    return utc_now().date()


@dataclass(frozen=True, slots=True)
class Clocks:
    """What each clock says."""

    own: dt.date
    server: dt.date

    @property
    def agree(self) -> bool:
        """Whether both can be right."""
        return abs((self.own - self.server).days) <= AGREE_DAYS

    @property
    def today(self) -> dt.date:
        """The day for what is refused: this machine's, or the server's where that is the day after it."""
        return max(self.own, self.server) if self.agree else self.own

    @property
    def signing_day(self) -> dt.date:
        """The day to write under a signature: one that has begun by both clocks.

        Raises:
            ClocksError: the clocks do not agree.
        """
        if not self.agree:
            raise ClocksError(
                f"this machine's clock says {self.own}, the server's says {self.server}. Nothing was signed or renewed. "
                "Set the clock that is wrong, then try again"
            )
        return min(self.own, self.server)
