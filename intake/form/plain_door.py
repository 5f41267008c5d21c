"""What holds back machines on the plain path, where a browser can do no work: time, a field that people leave empty, one
bucket for all. Nobody's address is looked at: a page that works without scripts is reached by Tor as well.
"""

import msgspec

from intake.errors import CrowdedError, StaleError
from intake.form.crowd import Bucket
from intake.form.plain_fields import Fields, one
from intake.server.web.tokens import Purpose, Tokens

YOUNGEST = 2  # seconds: nobody reads, writes and looks it over in less
OLDEST = 24 * 3600  # seconds
BURST, RATE = 120, 10.0  # requests at once, and a second: about a quarter of what one core stretches


class Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the pages carry from the first on, signed: since when someone has been writing (seconds)."""

    since: int


class Door:
    """Lets through who comes from our page, at a person's pace, while there is room."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.bucket = Bucket(BURST, RATE)

    def ticket(self, now: int) -> str:
        """For the page that asks."""
        return self._tokens.sign(Purpose.PLAIN, Ticket(now))

    def admit(self, fields: Fields, now: int) -> None:
        """Return if these may be sealed.

        Raises:
            CrowdedError: faster than a person, the field that nobody sees is filled in, or more than this server can seal.
            StaleError: from no page of ours, or one of long ago.
        """
        ticket = self._tokens.read(Purpose.PLAIN, Ticket, one(fields, "ticket"))
        if now - ticket.since > OLDEST:
            raise StaleError("this page is too old")
        if now - ticket.since < YOUNGEST or one(fields, "website") or not self.bucket.take():
            raise CrowdedError("wait a little")
