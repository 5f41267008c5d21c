"""The service with one address more: a POST that reads the same body and does nothing, for comparison in the same process."""

import resource

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from intake import settings
from intake.desk.enrolment import founding_link
from intake.server.app import build
from intake.server.run import serve_app
from intake.server.web import bodies
from intake.service import Service
from intake.site.render import Site

NOTHING = "/bench/nothing"


class WithNothing:
    """Answers `POST /bench/nothing` before anything else looks at it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == NOTHING:
            await bodies.raw(Request(scope, receive), bodies.SUBMISSION)
            await Response(status_code=201)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def main() -> None:
    """Serve; prints the link that founds the group."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found = settings.read()
    service = Service.open(found, upgrade=True)
    service.job.run(service.today)
    print(founding_link(service, f"http://{found.host}:{found.port}"), flush=True)
    site = Site(found)
    serve_app(WithNothing(build(service, site)), service, site.languages)


if __name__ == "__main__":
    main()
