"""Sealed cases on their way into the store: each under its slate, all that wait together in one transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from crypto import work
from crypto.entry import digest_of
from intake.errors import InvalidError, StaleError, TakenError
from intake.form import assignment_offer as slate
from intake.form.assignment_offer import SlateToken
from intake.form.load_pricing import Crowd, check_price, check_work
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
    """The work that was done for a slate (b64 of a nonce), and by whom."""

    nonce: str
    source: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """A case with the slate that it names."""

    slate: SlateToken
    new: Submission
    share: Share

    @property
    def token(self) -> str:
        """What is spent: a slate stores one case, once, so that a late retry does not store a withdrawn case again."""
        return f"slate {self.slate.case}"


class Arrivals:
    """Stores what arrives, over one service."""

    def __init__(self, service: Service, tokens: Tokens, crowd: Crowd) -> None:
        self._service = service
        self._tokens = tokens
        self._crowd = crowd

    async def store(self, slate_text: str, new: Submission, paid: Paid | None = None) -> None:
        """Store a case under its slate; returns once it is durable.

        Args:
            paid: the work done for it; None where this server has taken the slate itself.

        Raises:
            FullError, CrowdedError: there is no room for more, or not yet.
            StaleError: the slate has run out, was used, or a seat has changed.
            TakenError: another request has this id.
            InvalidError: grants to others than the slate's seats.
            NotFoundError: its day cannot take cases.
        """
        try:
            share = Share.PLAIN if paid is None else Share.REQUESTS
            arrival = Arrival(slate.accept(self._service, self._tokens, slate_text, new.case), new, share)
            if paid is not None:
                price = arrival.slate.price
                check_price(price, self._crowd.price(paid.source, self._service.ceiling.filled[share]))
                if price:
                    await asyncio.to_thread(check_work, slate_text, paid.nonce, work.cost(price, new.size))
            await self._service.write_together(self._put, arrival)
        except StaleError:
            # Sent again after its answer was lost, and the slate has run out meanwhile: a new one would make a second case.
            if not await self._service.read(lambda tx: submissions.is_stored(tx, new)):
                raise
            return
        members = {grant.member for grant in new.grants}
        self._service.known.assigned(members)
        self._crowd.count(paid.source if paid else b"", new.size)
        self._service.watchers.tell(members, new.case)

    def _put(self, tx: Transaction, arrivals: Sequence[Arrival]) -> list[bool | Exception]:
        now, used = slate.current(self._service, tx), used_tokens.used(tx, {one.token for one in arrivals})
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
                refused = self._service.ceiling.take(tx, today, wanted, share, of_day)
                for place, error in zip(places, refused, strict=True):
                    outcomes[place] = error or True


def _refusal(tx: Transaction, one: Arrival, now: dict[str, str], used: set[str]) -> bool | Exception:
    """Why it is not stored; False if it is stored already; True if nothing speaks against it so far."""
    try:
        slate.check_chosen(one.slate, one.new.grants, now)
    except (InvalidError, StaleError) as error:
        return error
    if one.token in used:
        there = submissions.stored(tx, [one.new]).get(one.new.case)
        if there is None:
            return StaleError("this slate was used")
        return TakenError(TAKEN) if there != digest_of(one.new.request) else False
    return True
