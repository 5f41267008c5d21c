"""Sealed cases on their way into the store: each under its offer, all that wait together in one transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from crypto import work
from crypto.entry import digest_of
from intake.errors import InvalidError, StaleError, TakenError
from intake.form import assignment_offer
from intake.form.assignment_offer import OfferToken
from intake.form.load_pricing import LoadPricing, check_price, check_work
from intake.service.quota import Share
from intake.service.service import Service
from intake.store.cases import submissions, used_tokens
from intake.store.cases.submissions import Submission
from intake.store.engines.engine import Transaction
from intake.store.errors import ConflictError
from intake.store.members import notices
from intake.web.tokens import Tokens

TAKEN = "another request has this id"


@dataclass(frozen=True, slots=True)
class Paid:
    """The work that was done for an offer (b64 of a nonce), and by whom."""

    nonce: str
    source: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """A case with the offer that it names."""

    offer: OfferToken
    new: Submission
    share: Share

    @property
    def token(self) -> str:
        """What is spent: an offer stores one case, once, so that a late retry does not store a withdrawn case again."""
        return f"offer {self.offer.case}"


class Ingest:
    """Stores what arrives, over one service."""

    def __init__(self, service: Service, tokens: Tokens, pricing: LoadPricing) -> None:
        self._service = service
        self._tokens = tokens
        self._pricing = pricing

    async def store(self, offer_text: str, new: Submission, paid: Paid | None = None) -> None:
        """Store a case under its offer; returns once it is durable.

        Args:
            paid: the work done for it; None where this server has taken the offer itself.

        Raises:
            FullError, CrowdedError: there is no room for more, or not yet.
            StaleError: the offer has run out, was used, or a seat has changed.
            TakenError: another request has this id.
            InvalidError: grants to others than the offer's seats.
            NotFoundError: its day cannot take cases.
        """
        try:
            share = Share.PLAIN if paid is None else Share.REQUESTS
            arrival = Arrival(assignment_offer.accept(self._service, self._tokens, offer_text, new.case), new, share)
            if paid is not None:
                price = arrival.offer.price
                check_price(price, self._pricing.price(paid.source, self._service.quota.filled[share]))
                if price:
                    await asyncio.to_thread(check_work, offer_text, paid.nonce, work.cost(price, new.size))
            await self._service.write_together(self._put, arrival)
        except StaleError:
            # Sent again after its answer was lost, and the offer has run out meanwhile: a new one would make a second case.
            if not await self._service.read(lambda tx: submissions.is_stored(tx, new)):
                raise
            return
        members = {grant.member for grant in new.grants}
        self._service.verified.assigned(members)
        self._pricing.count(paid.source if paid else b"", new.size)
        self._service.case_events.tell(members, new.case)

    def _put(self, tx: Transaction, arrivals: Sequence[Arrival]) -> list[bool | Exception]:
        now, used = assignment_offer.current(self._service, tx), used_tokens.used(tx, {one.token for one in arrivals})
        outcomes = [_refusal(tx, one, now, used) for one in arrivals]
        self._make_room(tx, arrivals, outcomes)
        places = [place for place, outcome in enumerate(outcomes) if outcome is True]
        stored = submissions.submit(tx, self._service.vault, [arrivals[place].new for place in places], self._service.today)
        for place, outcome in zip(places, stored, strict=True):
            outcomes[place] = TakenError(TAKEN) if isinstance(outcome, ConflictError) else outcome
        fresh = [one for one, outcome in zip(arrivals, outcomes, strict=True) if outcome is True]
        used_tokens.spend_all(tx, [one.token for one in fresh], self._service.today)
        notices.mark(tx, {grant.member for one in fresh for grant in one.new.grants})
        return outcomes

    def _make_room(self, tx: Transaction, arrivals: Sequence[Arrival], outcomes: list[bool | Exception]) -> None:
        today, of_day = self._service.today.isoformat(), self._service.part_of_day
        for share in (Share.REQUESTS, Share.PLAIN):
            places = [place for place, one in enumerate(arrivals) if one.share is share and outcomes[place] is True]
            if places:
                wanted = [arrivals[place].new.size for place in places]
                refused = self._service.quota.take(tx, today, wanted, share, of_day)
                for place, error in zip(places, refused, strict=True):
                    outcomes[place] = error or True


def _refusal(tx: Transaction, one: Arrival, now: dict[str, str], used: set[str]) -> bool | Exception:
    """Why it is not stored; False if it is stored already; True if nothing speaks against it so far."""
    try:
        assignment_offer.check_chosen(one.offer, one.new.grants, now)
    except (InvalidError, StaleError) as error:
        return error
    if one.token in used:
        there = submissions.stored(tx, [one.new]).get(one.new.case)
        if there is None:
            return StaleError("this offer was used")
        return TakenError(TAKEN) if there != digest_of(one.new.request) else False
    return True
