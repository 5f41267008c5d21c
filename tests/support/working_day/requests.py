"""The requesters of a working day, over HTTP from Python."""

import datetime as dt
from collections.abc import Mapping, Sequence

import httpx2 as httpx
from msgspec import structs

from crypto import case as protocol
from crypto import receipt
from crypto.content import Answer, Recipients, Request
from crypto.encoding import b64
from crypto.entry import Kind
from intake.service.service import utc_now
from tests.support import requester, world
from tests.support.browser import Site
from tests.support.requester import Sealed
from tests.support.submitted import run
from tests.support.working_day.day import Case


class SentFromPython:
    """Sends requests to the coordinators that the day names, and writes to them later."""

    def __init__(self, site: Site, members: Mapping[str, str]) -> None:
        self._site, self._members = site, members
        self._sealed: dict[str, Sealed] = {}

    def send(self, case: Case, holders: Sequence[str]) -> None:
        def content(words: str, deletion: dt.date, to: Recipients) -> Request:
            made = world.request(words, deletion, to)
            answers = [Answer("words", "What should we know?", [words], [])]
            contact = structs.replace(made.contact, how=case.phone, return_only=False)
            return structs.replace(made, form="need", direction="need", answers=answers, name=case.name, contact=contact)

        async def send() -> Sealed:
            async with httpx.AsyncClient(base_url=self._site.address, timeout=30) as client:
                chosen = {self._members[handle] for handle in holders}
                sealed = await requester.seal(client, case.words, utc_now().date(), content=content, only=chosen)
                answer = await requester.submit(client, sealed.body)
                assert answer.status_code == 201, answer.text
                return sealed

        self._sealed[case.name] = run(send())

    def write(self, name: str, words: str) -> None:
        sealed = self._sealed[name]

        async def write() -> None:
            async with httpx.AsyncClient(base_url=self._site.address, timeout=30) as client:
                own = await requester.returned(client, sealed, utc_now().date())
                keys, _ = await requester.group(client, utc_now().date())
                by = receipt.stretch(sealed.code, keys.group).identity.recipient
                new = protocol.seal_own_next(own, by, Kind.MESSAGE, words, utc_now().date().isoformat())
                body = {"token": sealed.token, "number": new.number, "shown": True, "file": b64(new.file)}
                answer = await client.post("/api/form/entries", json=body)
                assert answer.status_code in (200, 201), answer.text

        run(write())
