"""Sends notices that something waits at the desk. They have no content, and go out in batches to addresses that members choose.

`intake.notices` parses the addresses and sends. The store keeps addresses encrypted. No answer and no log contains an address
or a reason for a failure. Adding an address contacts no host, and every failed test takes the same time. Neither reveals which
hosts answer in the server's network.
"""

import asyncio
import datetime as dt
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from crypto import notice
from crypto.encoding import Shape
from crypto.errors import CryptoError
from crypto.labels import Label
from intake.desk.routes import DeskRoute, MemberRoute
from intake.errors import AddressError, BusyError, InvalidError
from intake.notices import delivery
from intake.notices.errors import TargetError
from intake.notices.parser import parse
from intake.notices.targets import Target
from intake.service.service import Service
from intake.settings import Settings
from intake.site.languages import Language
from intake.store.cases import used_tokens
from intake.store.engines.engine import Transaction
from intake.store.errors import ConflictError
from intake.store.members import notices
from intake.web import bodies

MAX_ADDRESSES = 5  # addresses of one member
BATCH_SECONDS = 55.0  # seconds until a batch ends, complete or not, because the next may be due a minute later
TRIES, TRIES_SECONDS = 5, 300.0  # test notices that a member may send, and the seconds to which the limit applies


class AddressIn(Shape, frozen=True):
    """The body of `POST notices`: an address (docs/howto/send-notices.md), the notice's language, and the daily reminder."""

    url: str
    language: str
    daily: bool = False


class Notices:
    """Handlers of the routes for addresses of notices."""

    def __init__(self, service: Service, languages: Mapping[str, Language]) -> None:
        self._service = service
        self._languages = languages
        self._trials: dict[str, list[float]] = {}

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [
            MemberRoute("GET", "/notices", self.listing),
            MemberRoute("POST", "/notices", self.add),
            MemberRoute("DELETE", "/notices/{id}", self.remove),
            MemberRoute("POST", "/notices/{id}/try", self.send_test),
        ]

    async def listing(self, request: Request, member: str) -> Response:
        """List the member's addresses: the kind of service, and the fault of an address that gets no notices."""
        addresses = await self._service.read(lambda tx: notices.of(tx, member))
        rows = [{"id": id_, **self._about(member, file)} for id_, file in addresses]
        return bodies.answer({"notices": rows, "kinds": list(self._service.settings.notice_kinds)})

    async def add(self, request: Request, member: str) -> Response:
        """Encrypt and store an address. This neither looks up nor contacts the host."""
        sent = await bodies.read(request, AddressIn, bodies.SMALL)
        try:
            target_of(sent.url, self._service.settings)
        except TargetError as error:
            raise AddressError(error.fault) from None
        address = notice.Address(
            format=Label.NOTICES.value, member=member, url=sent.url, language=sent.language, daily=sent.daily
        )
        file = notice.seal(address, notice.key(self._service.secret))

        def put(tx: Transaction) -> str:
            if len(notices.of(tx, member)) >= MAX_ADDRESSES:
                raise InvalidError(
                    f"a member has at most {MAX_ADDRESSES} addresses. Nothing was stored. Delete an address first"
                )
            return notices.add(tx, member, file)

        return bodies.answer({"id": await self._service.write(put)}, 201)

    async def remove(self, request: Request, member: str) -> Response:
        """Delete an address."""
        id_ = request.path_params["id"]
        await self._service.write(lambda tx: notices.remove(tx, member, id_))
        return bodies.answer({"removed": True})

    async def send_test(self, request: Request, member: str) -> Response:
        """Send a test notice to an address.

        Every failure takes the same time, so that the time reveals nothing about the server's network.
        """
        id_ = request.path_params["id"]
        addresses = await self._service.read(lambda tx: dict(notices.of(tx, member)))
        if id_ not in addresses:
            raise InvalidError("none of your addresses has this id. No notice was sent. Load the list again")
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._count_trial(member, began)
        sent = await send(self._service, self._languages, member, addresses[id_])
        if not sent:
            await asyncio.sleep(began + delivery.SECONDS + delivery.GRACE - loop.time())
        return bodies.answer({"sent": sent})

    def _count_trial(self, member: str, now: float) -> None:
        recent = [time for time in self._trials.get(member, []) if now - time < TRIES_SECONDS]
        if len(recent) >= TRIES or self._service.delivery.is_busy(member):
            raise BusyError("notices to you are still being sent, so no other was sent. Wait a few minutes")
        self._trials[member] = [*recent, now]

    def _about(self, member: str, file: bytes) -> dict[str, object]:
        """Return kind, fault and reminder of an address. One that this server's key cannot open can still be removed."""
        try:
            address = notice.open_(file, member, notice.key(self._service.secret))
        except CryptoError:
            return {"kind": "?", "fault": "", "daily": False}
        fault = ""
        try:
            target_of(address.url, self._service.settings)
        except TargetError as error:
            fault = error.fault.value
        return {"kind": address.url.partition(":")[0], "fault": fault, "daily": address.daily}


def target_of(url: str, settings: Settings) -> Target:
    """Parse an address for notices.

    Raises:
        TargetError: The operator does not allow the address, or it is malformed.
    """
    return parse(url, settings.notice_kinds, settings.notice_hosts)


async def send_due(service: Service, languages: Mapping[str, Language]) -> int:
    """Send notices to every member who is due, to all of them at the same time.

    The first batch from the reminder hour on also sends the daily reminder to every address that wants it. The server sends it
    whether or not anything is due, because it does not know the follow-ups. A member who is due gets the other notice alone.

    Returns:
        The number of notices that were sent.
    """
    now = service.clock()

    def take(tx: Transaction) -> list[tuple[str, list[bytes], bool]]:
        due = notices.take_due(tx)
        found = [(member, files, False) for member, files in notices.by_member(tx, due)]
        if now.hour >= service.settings.reminder_hour and _claim_reminder(tx, now.date()):
            others = set(service.keys(tx).members) - set(due)
            found += [(member, files, True) for member, files in notices.by_member(tx, others)]
        return found

    count = 0

    async def to_member(member: str, files: list[bytes], is_reminder: bool) -> None:
        nonlocal count
        for file in files:
            sent = await send(service, languages, member, file, is_reminder=is_reminder)
            count += sent  # added after the wait, because other tasks add in the meantime

    tasks = [asyncio.create_task(to_member(*one)) for one in await service.write(take)]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=BATCH_SECONDS)
        for task in late:
            task.cancel()
    return count


def _claim_reminder(tx: Transaction, day: dt.date) -> bool:
    """Return whether no other batch, of any process on this store, has sent the reminder of this day."""
    try:
        used_tokens.redeem(tx, f"daily reminder {day.isoformat()}", day)
    except ConflictError:
        return False
    return True


async def send(
    service: Service, languages: Mapping[str, Language], member: str, file: bytes, *, is_reminder: bool = False
) -> bool:
    """Send one notice in its member's language. Return False if it was not sent, or the address wants no reminder."""
    try:
        address = notice.open_(file, member, notice.key(service.secret))
        # Parse the address each time, because the operator may have forbidden its kind or host since.
        target = target_of(address.url, service.settings)
        if is_reminder and not address.daily:
            return False
    except (CryptoError, TargetError):
        return False  # Encrypted with another server's key, or not allowed. The desk shows this to the member.
    language = languages.get(address.language, languages["en"])
    sentence = language.gettext("Something is waiting at the desk.")
    if is_reminder:
        sentence = language.gettext("Daily reminder: please look at the desk.")
    return await service.delivery.send(member, target, sentence, service.settings.notice_hosts)


def seconds_until_batch(now: dt.datetime, minutes: int) -> float:
    """Return the seconds until the next multiple of `minutes` since midnight.

    A batch at fixed times does not reveal when a request arrived.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    step = minutes * 60
    return step - ((now - midnight).total_seconds() % step)
