"""Slates: who a new case may be assigned to. Signed, short-lived, for one case id.

The server gives a few seats, those with the fewest open cases first (the order is all that it tells of the counts); the
requester's client verifies their statements, chooses, and seals. Grants to anyone else are refused. docs/adr/0006.
"""

import json
from dataclasses import dataclass, field

import msgspec

from crypto import statement
from crypto.encoding import Shape, check_id
from crypto.errors import CryptoError
from crypto.keylist import KeyList
from intake.errors import InvalidError, StaleError
from intake.server.web.tokens import Purpose, Tokens
from intake.service import Service
from intake.store import cases, people
from intake.store.engine import Transaction

SECONDS = 600  # a slate's life
OFFERED = 4  # seats: 2.4 KB each; with the key list of twenty members under 20 KB
ASSIGNED = 2  # coordinators for each case, or as many as there are


class SlateToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a slate's token says: for which case, on which key list, whose epoch keys, until when (seconds)."""

    case: str
    head: str
    seats: dict[str, str]
    until: int


class Seat(Shape, frozen=True):
    """A seat as the client gets it: a signed statement."""

    body: str
    signature: str


class Slate(Shape, frozen=True):
    """The answer to a client that wants to seal."""

    token: str
    head: str
    assigned: int
    seats: list[Seat]


@dataclass(slots=True)
class SpentTokens:
    """Tokens that have stored a case, until they would run out anyway: a withdrawn case is not stored again by a late retry."""

    spent: dict[str, int] = field(default_factory=dict)

    def spend(self, token: SlateToken) -> None:
        """It has been used."""
        self.spent[token.case] = token.until

    def check(self, token: SlateToken, now: int) -> None:
        """Return if it has not been used.

        Raises:
            StaleError: it has.
        """
        # Spent in the order in which they run out, nearly: what is overdue stands first.
        while self.spent and next(iter(self.spent.values())) < now:
            del self.spent[next(iter(self.spent))]
        if token.case in self.spent:
            raise StaleError("this slate was used")


def offer(service: Service, tokens: Tokens, tx: Transaction, case: str) -> Slate:
    """A slate for `case`.

    Raises:
        InvalidError: not an id.
        ClosedError: nobody can be assigned yet.
    """
    try:
        check_id(case)
    except CryptoError:
        raise InvalidError("not a case id") from None
    keys = service.keys(tx)
    counts = cases.open_counts(tx, service.today)
    seats = sorted(valid_seats(service, tx, keys), key=lambda seat: (counts.get(seat.member, 0), seat.member))[:OFFERED]
    token = SlateToken(case, keys.head, {seat.member: seat.epoch for seat in seats}, service.seconds + SECONDS)
    signed = [msgspec.convert(json.loads(seat.statement), Seat) for seat in seats]
    return Slate(token=tokens.sign(Purpose.SLATE, token), head=keys.head, assigned=min(ASSIGNED, len(seats)), seats=signed)


def accept(service: Service, tokens: Tokens, text: str, case: str) -> SlateToken:
    """The slate that a submission names.

    Raises:
        StaleError: not ours, not for this case, or run out.
    """
    token = tokens.read(Purpose.SLATE, SlateToken, text)
    if token.case != case or token.until < service.seconds:
        raise StaleError("this slate has run out or is another case's")
    return token


def check_current(service: Service, tx: Transaction, token: SlateToken, chosen: dict[str, str]) -> None:
    """Refuse grants to anyone but the slate's seats, or to a key that was replaced meanwhile.

    Args:
        chosen: epoch id by member.

    Raises:
        InvalidError: the wrong number, or someone who was not on the slate.
        StaleError: a seat has changed: take a new slate and seal again.
    """
    if len(chosen) != min(ASSIGNED, len(token.seats)) or any(token.seats.get(m) != e for m, e in chosen.items()):
        raise InvalidError("grants to others than the slate's seats")
    now = {seat.member: seat.epoch for seat in valid_seats(service, tx, service.keys(tx))}
    if any(now.get(member) != epoch for member, epoch in chosen.items()):
        raise StaleError("a seat has changed meanwhile")


def valid_seats(service: Service, tx: Transaction, keys: KeyList) -> list[people.Seat]:
    """Seats of active members whose statement clients would accept today."""
    found = []
    for seat in people.seats(tx):
        try:
            statement.verify(statement.Signed(**json.loads(seat.statement)), keys, service.today)
        except CryptoError:
            continue
        found.append(seat)
    return found
