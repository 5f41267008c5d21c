"""This machine's clock and the server's. A client verifies by its own clock, and signs nothing while the two differ.

The server's day counts only while both clocks agree.
"""

import datetime as dt
from dataclasses import dataclass

from intake.cli.errors import CommandError

AGREE_DAYS = 1  # two correct clocks differ by no more


class ClocksError(CommandError):
    """Raised when a client would have to sign with a date while the two clocks disagree."""


def own_day() -> dt.date:
    """Return the day of this machine's clock."""
    return dt.datetime.now(dt.UTC).date()


def local_day() -> dt.date:
    """Return the date at this machine's place, with which a follow-up is compared."""
    return dt.datetime.now(dt.UTC).astimezone().date()


@dataclass(frozen=True, slots=True)
class Clocks:
    """The day of each clock."""

    own: dt.date
    server: dt.date

    @property
    def agree(self) -> bool:
        """Whether both clocks can be right."""
        return abs((self.own - self.server).days) <= AGREE_DAYS

    @property
    def today(self) -> dt.date:
        """The day to verify by: this machine's, or the server's if the clocks agree and it is later."""
        return max(self.own, self.server) if self.agree else self.own

    @property
    def signing_day(self) -> dt.date:
        """The day to sign with: a day that has begun by both clocks.

        Raises:
            ClocksError: The clocks do not agree.
        """
        if not self.agree:
            raise ClocksError(
                f"this machine's clock says {self.own}, the server's says {self.server}. Nothing was signed or renewed. "
                "Set the clock that is wrong, then try again"
            )
        return min(self.own, self.server)
