"""Answers load balancers and monitors. Anyone may ask, so each answer is one word.

* `/healthz/live`: the process answers. Restart it if it does not.
* `/healthz/ready`: this server can take a request. Send people to another server if not.
* `/healthz/retention`: nothing is 24 hours overdue for deletion. Call a person if not.
* `/healthz/backup`: the last automatic backup worked. Call a person if not.
"""

import asyncio
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from intake.form.deletions import DeletionsApi
from intake.service.readiness import Obstacle, obstacle
from intake.service.service import Service
from intake.web import bodies

PATH = "/healthz"
PATHS_BY_ADDRESS = frozenset({f"{PATH}/live", f"{PATH}/ready"})  # load balancers ask by IP address, so their Host differs
CACHE_SECONDS = 2.0  # seconds that an answer is cached, because anyone may ask as often as they like
OBSTACLE_SECONDS = 0.5  # seconds that an obstacle is cached. People wait while no server is ready
DATABASE_SECONDS = 3.0  # seconds. A database that takes longer counts as unavailable


class HealthApi:
    """The routes of load balancers and monitors.

    Args:
        service: the service to check.
        deletions: knows whether deletion is overdue.
        monotonic: returns seconds that never decrease.
    """

    def __init__(self, service: Service, deletions: DeletionsApi, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._deletions = deletions
        self._monotonic = monotonic
        self._checking: asyncio.Task[Obstacle | None] | None = None
        self._last: Obstacle | None = None
        self._until = 0.0

    @property
    def routes(self) -> list[Route]:
        """The routes, relative to `/healthz`."""
        return [
            Route("/live", self.live, methods=["GET"]),
            Route("/ready", self.ready, methods=["GET"]),
            Route("/retention", self._deletions.health, methods=["GET"]),
            Route("/backup", self.backup, methods=["GET"]),
        ]

    async def live(self, request: Request) -> Response:
        """Answer 200."""
        return bodies.answer({"status": "up"})

    async def ready(self, request: Request) -> Response:
        """Answer 200, or 503 with the first obstacle."""
        obstacle = await self._obstacle()
        return bodies.answer({"status": obstacle or "up"}, 503 if obstacle else 200)

    async def backup(self, request: Request) -> Response:
        """Answer 200, or 503 if the last automatic backup failed."""
        failed = self._service.backups.failed
        return bodies.answer({"status": "failed" if failed else "up"}, 503 if failed else 200)

    async def _obstacle(self) -> Obstacle | None:
        """Return the cached answer or check again. One check runs at a time, however many ask."""
        if self._service.guard.contradiction is not None:  # this needs no read of the store
            return Obstacle.CLOCK
        if self._checking is None and self._monotonic() < self._until:
            return self._last
        if self._checking is None:
            self._checking = asyncio.create_task(asyncio.to_thread(obstacle, self._service))
            self._checking.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(self._checking), DATABASE_SECONDS)
        except TimeoutError:
            return Obstacle.DATABASE

    def _done(self, task: asyncio.Task[Obstacle | None]) -> None:
        self._last = Obstacle.DATABASE if task.cancelled() or task.exception() else task.result()
        self._checking, self._until = None, self._monotonic() + (OBSTACLE_SECONDS if self._last else CACHE_SECONDS)
