"""Caches the parts that all offers, and all answers with the key list, have in common.

A visit asks for the key list and an offer before it sends anything. Both change only when the group changes, so they are read
from the store at most `1 / SECONDS` times a second, and for each offer only its token, price and order are made.

A state may be `SECONDS` old where another process changed the store. That is safe:

* Clients verify the key list, and accept a snapshot that is days old.
* A submission is checked against the store. A grant to a former assignee or to an old key is refused as stale, and the client
  takes a new offer.

A write of this process ends the cached state at once.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from intake.errors import ClosedError, NoRecentSignInError
from intake.form.assignment_offer import OfferBasis, basis
from intake.service.quota import Share
from intake.service.service import Service
from intake.store.engines.engine import Transaction
from intake.store.members import members

SECONDS = 0.25  # for which a state is used. A thousand visits in that time share one read


@dataclass(frozen=True, slots=True)
class State:
    """The published state of the group.

    Attributes:
        keylist: the answer to `GET keylist`, as JSON.
        offers: what all offers have in common; None if none can be made now.
    """

    keylist: bytes
    offers: OfferBasis | None


class Published:
    """Reads the state when it is needed and too old. Only the event loop may use it."""

    def __init__(self, service: Service, clock: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._clock = clock
        self._cached: tuple[object, float, State] | None = None
        self._reading = asyncio.Lock()

    async def offers(self) -> OfferBasis:
        """Return what all offers have in common.

        Raises:
            ClosedError, NoRecentSignInError: no offer can be made now.
            UnavailableError: the store failed.
        """
        offers = (await self.state()).offers
        if offers is None:
            return await self._service.read(lambda tx: basis(self._service, tx))
        return offers

    async def state(self) -> State:
        """Return the present state.

        Raises:
            UnavailableError: the store failed.
        """
        state = self._fresh()
        if state is None:
            async with self._reading:  # one reads, and those that wait use the result
                state = self._fresh() or await self._read()
        return state

    def _fresh(self) -> State | None:
        if self._cached is None:
            return None
        version, until, state = self._cached
        return state if version == self._version() and self._clock() < until else None

    async def _read(self) -> State:
        version, until = self._version(), self._clock() + SECONDS
        state = await self._service.read(self._from_store)
        self._cached = version, until, state
        return state

    def _version(self) -> tuple[int, str]:
        return self._service.writes, self._service.today.isoformat()

    def _from_store(self, tx: Transaction) -> State:
        service = self._service
        service.quota.fullness(tx, service.today.isoformat(), Share.REQUESTS)  # updates `quota.filled`, which prices read
        entries = members.entries(tx)
        newest = service.verified.snapshot(tx, service.keys(tx), service.today) if entries else None
        answer = {
            "entries": entries,
            "snapshot": newest.signed if newest else None,
            "today": service.today.isoformat(),
            "maximum_days": service.settings.policy.maximum_days,
        }
        return State(msgspec.json.encode(answer), _offers(service, tx))


def _offers(service: Service, tx: Transaction) -> OfferBasis | None:
    try:
        return basis(service, tx)
    except (ClosedError, NoRecentSignInError):
        return None
