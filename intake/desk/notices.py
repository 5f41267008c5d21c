"""Notices: "something is waiting at the desk", batched, without content, to whatever a coordinator chooses.

`intake.notices` reads the addresses and sends. An address is kept sealed, shown to nobody, removable at any time; nothing of it
or of a failure is logged. Adding one contacts nobody, and what goes wrong while sending has one answer after one time: neither
tells what answers in the server's network.
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
from intake.store.engines.engine import Transaction
from intake.store.members import notices
from intake.web import bodies

MOST = 5  # addresses of one member
BATCH_SECONDS = 55.0  # after which a batch ends, sent or not: the next may be due a minute after it
TRIES, TRIES_SECONDS = 5, 300.0  # so many trials of one member in so many seconds


class AddressIn(Shape, frozen=True):
    """`POST notices`: an address (`ntfys://…`, `mailtos://…`; docs/howto/send-notices.md), and the language to tell it in."""

    url: str
    language: str


class Notices:
    """Handlers over one service."""

    def __init__(self, service: Service, languages: Mapping[str, Language]) -> None:
        self._service = service
        self._languages = languages
        self._trials: dict[str, list[float]] = {}

    @property
    def routes(self) -> list[DeskRoute]:
        """Under `/api/desk`."""
        return [
            MemberRoute("GET", "/notices", self.listing),
            MemberRoute("POST", "/notices", self.add),
            MemberRoute("DELETE", "/notices/{id}", self.remove),
            MemberRoute("POST", "/notices/{id}/try", self.try_out),
        ]

    async def listing(self, request: Request, member: str) -> Response:
        """The asker's addresses: which kind of service each is, and why nothing is sent there, if so."""
        found = await self._service.read(lambda tx: notices.of(tx, member))
        rows = [{"id": id_, **self._about(member, file)} for id_, file in found]
        return bodies.answer({"notices": rows, "kinds": list(self._service.settings.notice_kinds)})

    async def add(self, request: Request, member: str) -> Response:
        """One more, sealed before it is stored. Its host is neither looked up nor contacted."""
        sent = await bodies.read(request, AddressIn, bodies.SMALL)
        try:
            target_of(sent.url, self._service.settings)
        except TargetError as error:
            raise AddressError(error.fault) from None
        made = notice.Address(format=Label.NOTICES.value, member=member, url=sent.url, language=sent.language)
        file = notice.seal(made, notice.key(self._service.secret))

        def put(tx: Transaction) -> str:
            if len(notices.of(tx, member)) >= MOST:
                raise InvalidError(f"at most {MOST} addresses")
            return notices.add(tx, member, file)

        return bodies.answer({"id": await self._service.write(put)}, 201)

    async def remove(self, request: Request, member: str) -> Response:
        """Forget one."""
        id_ = request.path_params["id"]
        await self._service.write(lambda tx: notices.remove(tx, member, id_))
        return bodies.answer({"removed": True})

    async def try_out(self, request: Request, member: str) -> Response:
        """Send the notice now, to see whether it arrives.

        What fails takes the same time, whatever it was.
        """
        id_ = request.path_params["id"]
        found = await self._service.read(lambda tx: dict(notices.of(tx, member)))
        if id_ not in found:
            raise InvalidError("there is no such address of yours")
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._count_trial(member, began)
        sent = await send(self._service, self._languages, member, found[id_])
        if not sent:
            await asyncio.sleep(began + delivery.SECONDS + delivery.GRACE - loop.time())
        return bodies.answer({"told": sent})

    def _count_trial(self, member: str, now: float) -> None:
        recent = [time for time in self._trials.get(member, []) if now - time < TRIES_SECONDS]
        if len(recent) >= TRIES or self._service.delivery.is_busy(member):
            raise BusyError("notices of yours are on their way: wait until they are sent")
        self._trials[member] = [*recent, now]

    def _about(self, member: str, file: bytes) -> dict[str, str]:
        """Kind and fault; an address that this server's key does not open any more can still be removed."""
        try:
            url = notice.open_(file, member, notice.key(self._service.secret)).url
        except CryptoError:
            return {"kind": "?", "fault": ""}
        try:
            target_of(url, self._service.settings)
        except TargetError as error:
            return {"kind": url.partition(":")[0], "fault": error.fault.value}
        return {"kind": url.partition(":")[0], "fault": ""}


def target_of(url: str, settings: Settings) -> Target:
    """What a notice to this address is sent to.

    Raises:
        TargetError: the operator does not allow it, or it is not whole.
    """
    return parse(url, settings.notice_kinds, settings.notice_hosts)


async def tell(service: Service, languages: Mapping[str, Language]) -> int:
    """Tell everyone who is due, once each and all at the same time. Returns to how many addresses it went."""

    def take(tx: Transaction) -> list[tuple[str, list[bytes]]]:
        return [(member, [file for _, file in notices.of(tx, member)]) for member in notices.take_due(tx)]

    count = 0

    async def to_member(member: str, files: list[bytes]) -> None:
        nonlocal count
        for file in files:
            sent = await send(service, languages, member, file)
            count += sent  # read after the wait: others count meanwhile

    tasks = [asyncio.create_task(to_member(member, files)) for member, files in await service.write(take)]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=BATCH_SECONDS)
        for task in late:
            task.cancel()
    return count


async def send(service: Service, languages: Mapping[str, Language], member: str, file: bytes) -> bool:
    """One notice, in its member's language; False if it was not sent."""
    try:
        address = notice.open_(file, member, notice.key(service.secret))
        # Read again each time: the operator may allow less by now.
        target = target_of(address.url, service.settings)
    except (CryptoError, TargetError):
        return False  # sealed to the key of another server, or refused: the desk says so to its member
    language = languages.get(address.language, languages["en"])
    sentence = language.gettext("Something is waiting at the desk.")
    return await service.delivery.send(member, target, sentence, service.settings.notice_hosts)


def seconds_until_batch(now: dt.datetime, minutes: int) -> float:
    """From `now` to the next full step of `minutes` since midnight, so that a batch tells nothing of who wrote when."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    step = minutes * 60
    return step - ((now - midnight).total_seconds() % step)
