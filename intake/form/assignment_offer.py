"""Assignment offers: who a new case may be assigned to. Signed, short-lived, for one case id.

All who take cases are on it, those with the fewest open cases first (the order is all that it tells of the counts).
The statements of the first few come along; where the group assigns by language or kind of help, everyone's public
tags do as well, the requester's client chooses and asks for the statements of those. Grants to anyone else are
refused. docs/adr/0006.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping

import msgspec

from crypto.encoding import Shape, check_id
from crypto.errors import CryptoError
from crypto.keylist import KeyList
from crypto.recovery import RECOVERY
from intake.errors import InvalidError, NoRecentSignInError, StaleError
from intake.service.service import Service
from intake.settings import Assignment
from intake.store.cases.cases import NewGrant
from intake.store.engines.engine import Transaction
from intake.store.members import decisions, recovery
from intake.store.members import members as people
from intake.web.tokens import Purpose, Tokens

SECONDS = 600  # an offer's life
OFFERED = 4  # statements: 2.4 KB each; with the key list of twenty members under 22 KB
BY_TAGS = (Assignment.LANGUAGE, Assignment.DESK)
ASSIGNED = 2  # coordinators for each case, or as many as there are


class OfferToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an offer's token says: for which case, on which key list, whose epoch keys, until when (seconds)."""

    case: str
    head: str
    seats: dict[str, str]
    until: int
    price: int = 0


class Seat(Shape, frozen=True):
    """A seat as the client gets it: a signed statement."""

    body: str
    signature: str


class Tagged(Shape, frozen=True):
    """Who is on the offer and what they say they do; their signed statement must say the same."""

    member: str
    tags: list[str]


class AssignmentOffer(Shape, frozen=True):
    """The answer to a client that wants to seal; `price` in tries of work for 32 KiB, `recovery` is a recipient, or empty."""

    token: str
    head: str
    assigned: int
    policy: Assignment
    seats: list[Seat]
    all: list[Tagged]
    recovery: str
    price: int


def offer(service: Service, tokens: Tokens, tx: Transaction, case: str, price: int = 0) -> AssignmentOffer:
    """An offer for `case`, which costs `price` to use.

    Raises:
        InvalidError: not an id.
        ClosedError: nobody can be assigned yet.
        NoRecentSignInError: no member's snapshot is recent enough to rely on.
    """
    try:
        check_id(case)
    except CryptoError:
        raise InvalidError("not a case id") from None
    keys = service.keys(tx)
    seats = taking_cases(service, tx, keys)
    if not seats:
        raise NoRecentSignInError("nobody of the group has signed in recently")
    epochs = {seat.member: seat.epoch for seat in seats}
    deal = recovery.current(tx)
    if deal:
        epochs[RECOVERY] = deal.id
    token = OfferToken(case, keys.head, epochs, service.seconds + SECONDS, price)
    policy = service.settings.assignment
    return AssignmentOffer(
        token=tokens.sign(Purpose.OFFER, token),
        head=keys.head,
        assigned=min(ASSIGNED, len(seats)),
        policy=policy,
        seats=[signed(seat) for seat in seats[:OFFERED]],
        all=[Tagged(member=seat.member, tags=tags_of(seat)) for seat in seats] if policy in BY_TAGS else [],
        recovery=deal.recipient if deal else "",
        price=price,
    )


def statements(service: Service, tx: Transaction, members: list[str]) -> list[Seat]:
    """The statements of those whom a client has chosen."""
    return [signed(seat) for seat in service.verified.seats(tx, service.keys(tx), service.today) if seat.member in members]


def taking_cases(service: Service, tx: Transaction, keys: KeyList) -> list[people.Seat]:
    """Seats that a new case may go to, fewest open cases first.

    Nobody who has not signed in for 30 days; with duty hours, those on duty, or everyone while nobody is.
    """
    counts, present = service.verified.tally(tx, service.today).open, decisions.presence(tx)
    since = (service.today - dt.timedelta(days=decisions.INACTIVE_DAYS)).isoformat()

    def active(seat: people.Seat) -> bool:
        seen = present.get(seat.member, decisions.Presence()).seen
        return seen is None or seen > since

    seats = [seat for seat in service.verified.seats(tx, keys, service.today) if active(seat)]
    if service.settings.assignment is Assignment.DUTY:
        seats = [seat for seat in seats if present.get(seat.member, decisions.Presence()).on_duty] or seats
    return sorted(seats, key=lambda seat: (counts.get(seat.member, 0), seat.member))


def chosen(offered: AssignmentOffer, language: str, kinds: Collection[str]) -> list[str]:
    """Whom a client takes: first those whose tags fit, in the offer's order."""
    wanted = {f"lang:{language}"} if offered.policy is Assignment.LANGUAGE else {f"desk:{kind}" for kind in kinds}
    return [one.member for one in sorted(offered.all, key=lambda one: not wanted & set(one.tags))][: offered.assigned]


def signed(seat: people.Seat) -> Seat:
    """A seat's statement as it travels."""
    return msgspec.convert(json.loads(seat.statement), Seat)


def tags_of(seat: people.Seat) -> list[str]:
    """The tags that a statement, verified before, says."""
    tags: list[str] = json.loads(signed(seat).body)["tags"]
    return tags


def accept(service: Service, tokens: Tokens, text: str, case: str) -> OfferToken:
    """The offer that a submission names.

    Raises:
        StaleError: not ours, not for this case, or run out.
    """
    token = tokens.read(Purpose.OFFER, OfferToken, text)
    if token.case != case or token.until < service.seconds:
        raise StaleError("this offer has run out or is another case's")
    return token


def current(service: Service, tx: Transaction) -> dict[str, str]:
    """Epoch ids by member of all whom a case may be granted to now, the recovery key among them."""
    now = {seat.member: seat.epoch for seat in service.verified.seats(tx, service.keys(tx), service.today)}
    deal = recovery.current(tx)
    if deal:
        now[RECOVERY] = deal.id
    return now


def check_chosen(token: OfferToken, grants: Iterable[NewGrant], now: Mapping[str, str]) -> None:
    """Refuse grants to anyone but the offer's seats, or to a key that was replaced meanwhile.

    Args:
        now: what `current` says.

    Raises:
        InvalidError: the wrong number, or someone who was not on the offer.
        StaleError: a seat has changed: take a new offer and seal again.
    """
    chosen = {grant.member: grant.epoch for grant in grants}
    members = {member for member in token.seats if member != RECOVERY}
    expected = min(ASSIGNED, len(members)) + (RECOVERY in token.seats)
    if len(chosen) != expected or (RECOVERY in token.seats) != (RECOVERY in chosen):
        raise InvalidError("too few or too many grants")
    if any(token.seats.get(member) != epoch for member, epoch in chosen.items()):
        raise InvalidError("grants to others than the offer's seats")
    if any(now.get(member) != epoch for member, epoch in chosen.items()):
        raise StaleError("a seat has changed meanwhile")
