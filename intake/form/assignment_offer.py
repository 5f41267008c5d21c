"""Assignment offers: the coordinators whom a new case may be assigned to. An offer is signed, short-lived and for one case.

An offer lists everyone who takes cases, with the fewest open cases first. The order is all that it reveals about the counts.
It includes the statements of the first few. If the group assigns by language or kind of help, it also lists everyone's public
tags. The requester's client then chooses, and asks for the statements of those members. The server refuses grants to anyone
else. docs/adr/0006.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

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
from intake.store.members.members import Seat as StoredSeat
from intake.web.tokens import Purpose, Tokens

SECONDS = 600  # for which an offer is valid
OFFERED = 4  # statements of 2.4 KB each. With the key list of twenty members they stay under 22 KB
BY_TAGS = (Assignment.LANGUAGE, Assignment.DESK)
ASSIGNED = 2  # coordinators for each case, or all if there are fewer


class OfferToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of an offer's token: its case, key list and epoch keys, and when it ends (seconds since 1970)."""

    case: str
    head: str
    seats: dict[str, str]
    until: int
    price: int = 0


class Seat(Shape, frozen=True):
    """An assignee as the client receives it: a signed statement."""

    body: str
    signature: str


class Tagged(Shape, frozen=True):
    """A member on the offer and their tags. Their signed statement must have the same tags."""

    member: str
    tags: list[str]


class AssignmentOffer(Shape, frozen=True):
    """The answer to a client that starts a case. `price` is tries of work for 32 KiB. `recovery` is a recipient, or empty."""

    token: str
    head: str
    assigned: int
    policy: Assignment
    seats: list[Seat]
    all: list[Tagged]
    recovery: str
    price: int


@dataclass(frozen=True, slots=True)
class OfferBasis:
    """What all offers have in common while the group does not change.

    Attributes:
        head: the hash of the newest entry of the key list.
        epochs: epoch ids by member, and the recovery key's.
        seats: the members who take cases, with their signed statements.
        tags: the members' public tags, by member; empty if the group does not assign by tags.
        recovery: the recipient of the recovery key, or empty.
    """

    head: str
    epochs: dict[str, str]
    seats: dict[str, Seat]
    tags: dict[str, list[str]]
    recovery: str


def basis(service: Service, tx: Transaction) -> OfferBasis:
    """Read what all offers have in common.

    Raises:
        ClosedError: No coordinator has enrolled yet.
        NoRecentSignInError: No member's snapshot is recent enough to rely on.
    """
    keys = service.keys(tx)
    service.verified.tally(tx, service.today)  # counts again if that is due. `offer` reads the counts
    seats = taking_cases(service, tx, keys)
    if not seats:
        raise NoRecentSignInError("no coordinator has signed in recently. Nothing was stored. Try again later")
    epochs = {seat.member: seat.epoch for seat in seats}
    deal = recovery.current(tx)
    if deal:
        epochs[RECOVERY] = deal.id
    return OfferBasis(
        head=keys.head,
        epochs=epochs,
        seats={seat.member: signed(seat) for seat in seats},
        tags={seat.member: tags_of(seat) for seat in seats} if service.settings.assignment in BY_TAGS else {},
        recovery=deal.recipient if deal else "",
    )


def offer(service: Service, tokens: Tokens, basis: OfferBasis, case: str, price: int = 0) -> AssignmentOffer:
    """Make an offer for `case`, which costs `price` to use.

    Raises:
        InvalidError: The text is not a case id.
    """
    try:
        check_id(case)
    except CryptoError:
        raise InvalidError("the case id is malformed. No offer was made") from None
    token = OfferToken(case, basis.head, basis.epochs, service.seconds + SECONDS, price)
    order = by_open_cases(basis.seats, service.verified.counted.open)
    return AssignmentOffer(
        token=tokens.sign(Purpose.OFFER, token),
        head=basis.head,
        assigned=min(ASSIGNED, len(order)),
        policy=service.settings.assignment,
        seats=[basis.seats[member] for member in order[:OFFERED]],
        all=[Tagged(member=member, tags=basis.tags[member]) for member in order] if basis.tags else [],
        recovery=basis.recovery,
        price=price,
    )


def statements(service: Service, tx: Transaction, members: list[str]) -> list[Seat]:
    """Return the statements of the members whom a client has chosen."""
    return [signed(seat) for seat in service.verified.seats(tx, service.keys(tx), service.today) if seat.member in members]


def taking_cases(service: Service, tx: Transaction, keys: KeyList) -> list[StoredSeat]:
    """Return the members who may get a new case.

    Members who have not signed in for 30 days are left out. With assignment by duty, only members on duty are offered, or
    everyone while nobody is on duty.
    """
    present = decisions.presence(tx)
    since = (service.today - dt.timedelta(days=decisions.INACTIVE_DAYS)).isoformat()

    def active(seat: StoredSeat) -> bool:
        seen = present.get(seat.member, decisions.Presence()).last_sign_in
        return seen is None or seen > since

    seats = [seat for seat in service.verified.seats(tx, keys, service.today) if active(seat)]
    if service.settings.assignment is Assignment.DUTY:
        seats = [seat for seat in seats if present.get(seat.member, decisions.Presence()).on_duty] or seats
    return seats


def by_open_cases(members: Iterable[str], counts: Mapping[str, int]) -> list[str]:
    """Return the members with the fewest open cases first."""
    return sorted(members, key=lambda member: (counts.get(member, 0), member))


def chosen(offered: AssignmentOffer, language: str, kinds: Collection[str]) -> list[str]:
    """Choose as a client does: members whose tags match first, otherwise in the offer's order."""
    wanted = {f"lang:{language}"} if offered.policy is Assignment.LANGUAGE else {f"desk:{kind}" for kind in kinds}
    return [tagged.member for tagged in sorted(offered.all, key=lambda tagged: not wanted & set(tagged.tags))][
        : offered.assigned
    ]


def signed(seat: StoredSeat) -> Seat:
    """Return a member's statement in its signed form."""
    return msgspec.convert(json.loads(seat.statement), Seat)


def tags_of(seat: StoredSeat) -> list[str]:
    """Return the tags of a statement that was verified before."""
    tags: list[str] = json.loads(signed(seat).body)["tags"]
    return tags


def accept(service: Service, tokens: Tokens, text: str, case: str) -> OfferToken:
    """Read the offer that a submission names.

    Raises:
        StaleError: The server did not sign the offer, or it is for another case, or it has expired.
    """
    token = tokens.read(Purpose.OFFER, OfferToken, text)
    if token.case != case or token.until < service.seconds:
        raise StaleError("the offer has expired or belongs to another case. Nothing was stored. Take a new one")
    return token


def current(service: Service, tx: Transaction) -> dict[str, str]:
    """Return epoch ids by member for everyone whom a case may be granted to now, the recovery key included."""
    now = {seat.member: seat.epoch for seat in service.verified.seats(tx, service.keys(tx), service.today)}
    deal = recovery.current(tx)
    if deal:
        now[RECOVERY] = deal.id
    return now


def check_chosen(token: OfferToken, grants: Iterable[NewGrant], now: Mapping[str, str]) -> None:
    """Check that the grants go to assignees of the offer, and to keys that are still current.

    Args:
        token: the offer.
        grants: the grants of the new case.
        now: the result of `current`.

    Raises:
        InvalidError: The number of grants is wrong, or a grantee was not on the offer.
        StaleError: An assignee has a new key. The client must take a new offer and encrypt again.
    """
    chosen = {grant.member: grant.epoch for grant in grants}
    members = {member for member in token.seats if member != RECOVERY}
    expected = min(ASSIGNED, len(members)) + (RECOVERY in token.seats)
    if len(chosen) != expected or (RECOVERY in token.seats) != (RECOVERY in chosen):
        raise InvalidError("the number of grants does not match the offer. Nothing was stored")
    if any(token.seats.get(member) != epoch for member, epoch in chosen.items()):
        raise InvalidError("a grant names somebody who is not on the offer. Nothing was stored")
    if any(now.get(member) != epoch for member, epoch in chosen.items()):
        raise StaleError("an assignee has a new key. Nothing was stored. Take a new offer")
