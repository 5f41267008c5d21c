"""Sends the desk server-sent events: the ids of changed cases and `group`, without content, count or time."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from intake.desk.access.sessions import Sessions
from intake.desk.routes import DeskRoute, MemberRoute
from intake.service.case_events import END_OF_STREAM
from intake.service.service import Service

HEARTBEAT = 5.0  # seconds until an ended session loses its stream. The client notices within ten seconds


class Events:
    """The handler of the route for the event stream."""

    def __init__(self, service: Service, sessions: Sessions, heartbeat: float = HEARTBEAT) -> None:
        self._service = service
        self._sessions = sessions
        self._heartbeat = heartbeat

    @property
    def routes(self) -> list[DeskRoute]:
        """The routes below `/api/desk`."""
        return [MemberRoute("GET", "/events", self.stream)]

    async def stream(self, request: Request, member: str) -> Response:
        """Stream the ids of the member's changed cases until the session ends. The stream does not keep the session alive."""
        session = self._sessions.token_hash(request)
        return StreamingResponse(self._ids(member, session), media_type="text/event-stream")

    async def _ids(self, member: str, session: str) -> AsyncIterator[bytes]:
        with self._service.case_events.subscribe(member) as queue:
            yield b": here\n\n"
            while True:
                try:
                    message = b"data: %b\n\n" % (case := await asyncio.wait_for(queue.get(), self._heartbeat)).encode()
                except TimeoutError:
                    case, message = "nothing", b": still here\n\n"
                if case == END_OF_STREAM or await self._sessions.holder(session) != member:
                    return
                yield message
