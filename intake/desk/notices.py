"""Notices: "something is waiting at the desk", batched, without content, to whatever a coordinator chooses.

Sent by apprise, the one module that touches it. An address is kept sealed, shown to nobody, removable at any time;
nothing of it or of a failure is logged.
"""

import asyncio
import datetime as dt
import logging
from collections.abc import Mapping

from apprise import Apprise, AppriseAsset, PersistentStoreMode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crypto import notice
from crypto.encoding import Shape
from crypto.errors import CryptoError
from crypto.labels import Label
from intake.desk.sessions import Sessions
from intake.errors import InvalidError
from intake.server.web import bodies
from intake.service import Service
from intake.site.languages import Language
from intake.store import notices
from intake.store.engine import Transaction

MOST = 5  # addresses of one member
MAX_URL = 1000  # characters
SECONDS = 30.0  # for one address
logging.getLogger("apprise").disabled = True  # it would log addresses


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
        rows = [{"id": id_, "kind": notice.open_(file, member, key).url.partition(":")[0]} for id_, file in found]
        return bodies.answer({"notices": rows, "kinds": list(self._service.settings.notice_kinds)})

    async def add(self, request: Request) -> Response:
        """One more, sealed before it is stored."""
        member = await self._sessions.member(request)
        sent = await bodies.read(request, AddressIn, bodies.SMALL)
        if not sendable(sent.url, self._service.settings.notice_kinds):
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
        told = await send(notice.open_(found[id_], member, notice.key(self._service.secret)), self._languages)
        return bodies.answer({"told": told})


def sendable(url: str, kinds: tuple[str, ...]) -> bool:
    """Whether an address is of a kind that the operator allows, and whole."""
    kind, found, _ = url.partition("://")
    return bool(found) and kind in kinds and len(url) <= MAX_URL and Apprise(asset=_asset()).add(url)


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

    return sum(await asyncio.gather(*(send(address, languages) for address in waiting)))


async def send(address: notice.Address, languages: Mapping[str, Language]) -> bool:
    """One notice, in its member's language; False if it did not go out."""
    language = languages.get(address.language, languages["en"])
    sender = Apprise(asset=_asset())
    sender.add(address.url)
    try:
        async with asyncio.timeout(SECONDS):
            return bool(await sender.async_notify(body=language.gettext("Something is waiting at the desk.")))
    except (TimeoutError, OSError, TypeError, ValueError):
        return False


def seconds_until_batch(now: dt.datetime, minutes: int) -> float:
    """From `now` to the next full step of `minutes` since midnight, so that a batch tells nothing of who wrote when."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    step = minutes * 60
    return step - ((now - midnight).total_seconds() % step)


def _asset() -> AppriseAsset:
    return AppriseAsset(app_id="", app_desc="", app_url="", storage_mode=PersistentStoreMode.MEMORY, secure_logging=True)
