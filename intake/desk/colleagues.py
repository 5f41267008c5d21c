"""The coordinators' API for the group itself: who is in it, invitations, changes of the key list, names, one's own keyring.

The server appends what verifies and stores what has the right size; it decides nothing and opens nothing.
"""

import datetime as dt
import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crypto import age, keylist
from crypto.encoding import Shape, b64
from crypto.errors import CryptoError
from crypto.keylist import SignedEntry
from crypto.sheet import Sizes
from intake.desk.sessions import Sessions
from intake.errors import InvalidError, StaleError
from intake.server.web import bodies
from intake.server.web.tokens import bearer_hash, new_bearer
from intake.service import Service
from intake.store import people
from intake.store.engine import Transaction
from intake.store.vault import keyring_purpose

INVITE_DAYS = 3
BOOK = 1536 * 1024  # bytes: the largest names or keyring, as base64


class EntryIn(Shape, frozen=True):
    """`POST keylist`: the next entry, and its number."""

    number: int
    entry: SignedEntry


class BookIn(Shape, frozen=True):
    """`PUT names`, `PUT keyring`: a file that replaces the one of a smaller number."""

    number: int
    file: str


class Colleagues:
    """Handlers over one service."""

    def __init__(self, service: Service, sessions: Sessions) -> None:
        self._service = service
        self._sessions = sessions

    @property
    def routes(self) -> list[Route]:
        """Under `/api/desk`."""
        return [
            Route("/group", self.group, methods=["GET"]),
            Route("/invites", self.invite, methods=["POST"]),
            Route("/keylist", self.append, methods=["POST"]),
            Route("/names", self.put_names, methods=["PUT"]),
            Route("/keyring", self.put_keyring, methods=["PUT"]),
        ]

    async def group(self, request: Request) -> Response:
        """The members' statements, the sealed names, and who waits to be enrolled."""
        await self._sessions.member(request)
        return bodies.answer(await self._service.read(self._group))

    async def invite(self, request: Request) -> Response:
        """A one-time link's token; a member's earlier one stops working."""
        member = await self._sessions.member(request)
        token = new_bearer()
        until = self._service.seconds + int(dt.timedelta(days=INVITE_DAYS).total_seconds())

        def put(tx: Transaction) -> None:
            people.drop_invites(tx, member)
            people.add_invite(tx, bearer_hash(token), member, until)

        await self._service.write(put)
        return bodies.answer({"invite": token}, 201)

    async def append(self, request: Request) -> Response:
        """The key list's next entry, if the whole list verifies with it."""
        await self._sessions.member(request)
        sent = await bodies.read(request, EntryIn, bodies.SMALL)

        def put(tx: Transaction) -> None:
            entries = people.entries(tx)
            if sent.number != len(entries):
                raise StaleError("the key list has grown meanwhile")
            try:
                keylist.verify([*entries, sent.entry], self._service.today)
            except CryptoError:
                raise InvalidError("an entry that does not continue the key list") from None
            people.append_entry(tx, sent.number, sent.entry)

        await self._service.write(put)
        return bodies.answer({"number": sent.number}, 201)

    async def put_names(self, request: Request) -> Response:
        """What the members call each other, sealed to all of them."""
        await self._sessions.member(request)
        sent = await bodies.read(request, BookIn, BOOK)
        file = book(sent.file)
        await self._service.write(lambda tx: people.put_names(tx, sent.number, file))
        return bodies.answer({"number": sent.number})

    async def put_keyring(self, request: Request) -> Response:
        """One's own keyring, under a fresh lock key."""
        member = await self._sessions.member(request)
        sent = await bodies.read(request, BookIn, BOOK)
        file = book(sent.file)
        kept = await self._service.write(lambda tx: people.put_keyring(tx, self._service.vault, member, sent.number, file))
        await self._service.forget_older(keyring_purpose(member), kept)
        return bodies.answer({"number": sent.number})

    def _group(self, tx: Transaction) -> dict[str, object]:
        named = people.names(tx)
        waiting = people.candidates(tx, set(self._service.keys(tx).known))
        return {
            "statements": [json.loads(seat.statement) for seat in people.seats(tx)],
            "names": b64(named[1]) if named else None,
            "names_number": named[0] if named else 0,
            "candidates": [{"signed": json.loads(signed), "name": b64(name) if name else None} for signed, name in waiting],
            "today": self._service.today.isoformat(),
        }


def book(text: str) -> bytes:
    """A names file or keyring from a body.

    Raises:
        InvalidError: not an age file of an allowed size.
    """
    file = bodies.file(text)
    try:
        if age.inspect(file).plaintext_size in Sizes.BOOK.value:
            return file
    except CryptoError:
        pass
    raise InvalidError("not an age file of a size that is allowed")
