"""Store encrypted cases, each under its offer. All cases that wait are stored in one transaction."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from crypto import work
from crypto.entry import digest_of
from intake.errors import DayChangedError, InvalidError, StaleError, TakenError
from intake.form import assignment_offer
from intake.form.assignment_offer import OfferToken
from intake.form.load_pricing import LoadPricing, check_price, check_work
from intake.service.quota import Share
from intake.service.service import Service
from intake.store.cases import submissions, used_tokens
from intake.store.cases.submissions import Duplicate, Outcome, Stored, Submission
from intake.store.engines.engine import Transaction
from intake.store.errors import ConflictError, Refused
from intake.store.members import notices
from intake.web.tokens import Tokens
from retention.policy import expiry_day

ID_TAKEN = "another request has this id. Nothing was stored"


@dataclass(frozen=True, slots=True)
class Paid:
    """The work that was done for an offer (b64 of a nonce), and its source."""

    nonce: str
    source: bytes


@dataclass(frozen=True, slots=True)
class OfferedSubmission:
    """A case with the offer that it names, and the number of days that its requester agreed to."""

    offer: OfferToken
    new: Submission
    days: int
    share: Share

    @property
    def token(self) -> str:
        """The single-use token: an offer stores one case once, so that a late retry does not store a withdrawn case again."""
        return f"offer {self.offer.case}"


class Ingest:
    """Stores new cases, many in one transaction."""

    def __init__(self, service: Service, tokens: Tokens, pricing: LoadPricing) -> None:
        self._service = service
        self._tokens = tokens
        self._pricing = pricing

    async def store(self, offer_text: str, new: Submission, days: int, paid: Paid | None = None) -> None:
        """Store a case under its offer. Return once the case is durable.

        Args:
            offer_text: the signed offer.
            new: the case.
            days: the number of days that its requester agreed to.
            paid: the work that was done for it; None if this server took the offer itself.

        Raises:
            FullError, CrowdedError: The quota is used up, or used up for now.
            StaleError: The offer has expired or was used, or an assignee has a new key.
            DayChangedError: The case expires on another day than `days` gives today.
            TakenError: Another request has this id.
            InvalidError: A grant names somebody who is not on the offer.
            NotFoundError: The case's day takes no cases.
        """
        try:
            share = Share.NOJS if paid is None else Share.REQUESTS
            offer = assignment_offer.accept(self._service, self._tokens, offer_text, new.case)
            offered = OfferedSubmission(offer, new, days, share)
            if paid is not None:
                price = offered.offer.price
                check_price(price, self._pricing.price(paid.source, self._service.quota.filled[share]))
                if price:
                    await asyncio.to_thread(check_work, offer_text, paid.nonce, work.cost(price, new.size))
            with self._pricing.waits.measured():
                await self._service.write_together(self._store, offered)
        except StaleError:
            # The client retries because the answer was lost, and the offer or the day has expired. A new offer would store a
            # second case.
            if not await self._service.read(lambda tx: submissions.is_stored(tx, new)):
                raise
            return
        members = {grant.member for grant in new.grants}
        self._service.verified.assigned(members)
        self._pricing.count(paid.source if paid else b"", new.size)
        self._service.case_events.publish(members, new.case)

    def _store(self, tx: Transaction, batch: Sequence[OfferedSubmission]) -> list[Outcome]:
        today = self._service.today
        current, used = (
            assignment_offer.current(self._service, tx),
            used_tokens.used(tx, {offered.token for offered in batch}),
        )
        outcomes: dict[int, Outcome] = {}  # by index in `batch`, for those decided so far
        for index, offered in enumerate(batch):
            if outcome := _decided(tx, offered, current, used, today):
                outcomes[index] = outcome
        self._take_quota(tx, batch, outcomes, today)
        pending = [index for index in range(len(batch)) if index not in outcomes]
        new = [batch[index].new for index in pending]
        submitted = submissions.submit(tx, self._service.row_keys, new, today)
        outcomes.update(zip(pending, map(_named_taken, submitted), strict=True))
        stored = [offered for index, offered in enumerate(batch) if isinstance(outcomes[index], Stored)]
        used_tokens.redeem_all(tx, [offered.token for offered in stored], today)
        notices.mark(tx, {grant.member for offered in stored for grant in offered.new.grants})
        return [outcomes[index] for index in range(len(batch))]

    def _take_quota(
        self, tx: Transaction, batch: Sequence[OfferedSubmission], outcomes: dict[int, Outcome], today: dt.date
    ) -> None:
        of_day = self._service.part_of_day
        for share in (Share.REQUESTS, Share.NOJS):
            pending = [index for index, offered in enumerate(batch) if offered.share is share and index not in outcomes]
            if pending:
                sizes = [batch[index].new.size for index in pending]
                errors = self._service.quota.take(tx, today.isoformat(), sizes, share, of_day)
                outcomes.update({index: Refused(error) for index, error in zip(pending, errors, strict=True) if error})


def _decided(
    tx: Transaction, offered: OfferedSubmission, current: dict[str, str], used: set[str], today: dt.date
) -> Outcome | None:
    """Return the outcome of a case that is refused or stored already; None if it can be stored."""
    try:
        assignment_offer.check_chosen(offered.offer, offered.new.grants, current)
    except (InvalidError, StaleError) as error:
        return Refused(error)
    if offered.token in used:
        digest = submissions.stored_digests(tx, [offered.new]).get(offered.new.case)
        if digest is None:
            return Refused(StaleError("the offer was used. Nothing was stored. Take a new one"))
        return Duplicate() if digest == digest_of(offered.new.request) else Refused(TakenError(ID_TAKEN))
    if offered.new.expires != expiry_day(today, offered.days).isoformat():
        return Refused(DayChangedError("the deletion day is another one today. Nothing was stored. Ask the requester again"))
    return None


def _named_taken(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Refused) and isinstance(outcome.reason, ConflictError):
        return Refused(TakenError(ID_TAKEN))
    return outcome
