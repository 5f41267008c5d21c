"""Notices: "something is waiting at the desk", batched, without content, to whatever a coordinator chooses.

Sent by apprise (`intake.desk.reach`). An address is kept sealed, shown to nobody, removable at any time;
nothing of it or of a failure is logged.
"""

import asyncio
import datetime as dt
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crypto import notice
from crypto.age import Identity
from crypto.encoding import Shape
from crypto.errors import CryptoError
from crypto.labels import Label
from intake.desk.reach import service_at
from intake.desk.sessions import Sessions
from intake.errors import InvalidError
from intake.server.web import bodies
from intake.service import Service
from intake.settings import Settings
from intake.site.languages import Language
from intake.store import notices
from intake.store.engine import Transaction

MOST = 5  # addresses of one member
MAX_URL = 1000  # characters
SECONDS = 30.0  # for one address


class AddressIn(Shape, frozen=True):
    """`POST notices`: an address as apprise writes it (`ntfys://…`, `mailtos://…`), and the language to tell it in."""

    url: str
    language: str


class Notices:
    """Handlers over one service."""

    def __init__(self, service: Service, sessions: Sessions, languages: Mapping[str, Language]) -> None:
        self._service = service
        self._sessions = sessions
        self._languages = languages

    @property
    def routes(self) -> list[Route]:
        """Under `/api/desk`."""
        return [
            Route("/notices", self.listing, methods=["GET"]),
            Route("/notices", self.add, methods=["POST"]),
            Route("/notices/{id}", self.remove, methods=["DELETE"]),
            Route("/notices/{id}/try", self.try_out, methods=["POST"]),
        ]

    async def listing(self, request: Request) -> Response:
        """The asker's addresses: which kind of service each is, no more."""
        member = await self._sessions.member(request)
        found = await self._service.read(lambda tx: notices.of(tx, member))
        key = notice.key(self._service.secret)
        rows = [{"id": id_, "kind": _kind(file, member, key)} for id_, file in found]
        return bodies.answer({"notices": rows, "kinds": list(self._service.settings.notice_kinds)})

    async def add(self, request: Request) -> Response:
        """One more, sealed before it is stored."""
        member = await self._sessions.member(request)
        sent = await bodies.read(request, AddressIn, bodies.SMALL)
        if not await asyncio.to_thread(sendable, sent.url, self._service.settings):
            raise InvalidError("not an address of a service that this server tells")
        made = notice.Address(format=Label.NOTICES.value, member=member, url=sent.url, language=sent.language)
        file = notice.seal(made, notice.key(self._service.secret))

        def put(tx: Transaction) -> str:
            if len(notices.of(tx, member)) >= MOST:
                raise InvalidError(f"at most {MOST} addresses")
            return notices.add(tx, member, file)

        return bodies.answer({"id": await self._service.write(put)}, 201)

    async def remove(self, request: Request) -> Response:
        """Forget one."""
        member, id_ = await self._sessions.member(request), request.path_params["id"]
        await self._service.write(lambda tx: notices.remove(tx, member, id_))
        return bodies.answer({"removed": True})

    async def try_out(self, request: Request) -> Response:
        """Send the notice now, to see whether it arrives."""
        member, id_ = await self._sessions.member(request), request.path_params["id"]
        found = await self._service.read(lambda tx: dict(notices.of(tx, member)))
        if id_ not in found:
            raise InvalidError("there is no such address of yours")
        address = notice.open_(found[id_], member, notice.key(self._service.secret))
        told = await send(address, self._languages, self._service.settings)
        return bodies.answer({"told": told})


def sendable(url: str, settings: Settings) -> bool:
    """Whether an address is one that the operator allows, and whole."""
    return len(url) <= MAX_URL and service_at(url, settings.notice_kinds, settings.notice_hosts) is not None


async def tell(service: Service, languages: Mapping[str, Language]) -> int:
    """Tell everyone who is due, once each and all at the same time. Returns to how many addresses it went."""

    def take(tx: Transaction) -> list[tuple[str, bytes]]:
        return [(member, file) for member in notices.take_due(tx) for _, file in notices.of(tx, member)]

    key, waiting = notice.key(service.secret), []
    for member, file in await service.write(take):
        try:
            waiting.append(notice.open_(file, member, key))
        except CryptoError:
            continue  # sealed to the key of another server: its member gives it again

    return sum(await asyncio.gather(*(send(address, languages, service.settings) for address in waiting)))


def _kind(file: bytes, member: str, key: Identity) -> str:
    """Which kind of service; one that this server's key does not open any more can still be removed."""
    try:
        return notice.open_(file, member, key).url.partition(":")[0]
    except CryptoError:
        return "?"


async def send(address: notice.Address, languages: Mapping[str, Language], settings: Settings) -> bool:
    """One notice, in its member's language; False if it did not go out."""
    language = languages.get(address.language, languages["en"])
    try:
        async with asyncio.timeout(SECONDS):
            # Looked up again each time: a name may lead elsewhere by now.
            service = await asyncio.to_thread(service_at, address.url, settings.notice_kinds, settings.notice_hosts)
            return bool(service and await service.async_notify(body=language.gettext("Something is waiting at the desk.")))
    except (TimeoutError, OSError, TypeError, ValueError):
        return False


def seconds_until_batch(now: dt.datetime, minutes: int) -> float:
    """From `now` to the next full step of `minutes` since midnight, so that a batch tells nothing of who wrote when."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    step = minutes * 60
    return step - ((now - midnight).total_seconds() % step)
