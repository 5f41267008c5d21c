"""A service that fails on every second marked body with an unexpected error, which contains the body's text."""

import itertools

from starlette.requests import Request

from intake import settings
from intake.desk.access.enrolment import founding_link
from intake.server.app import build
from intake.server.run import serve_app
from intake.service.service import Service
from intake.site.render import Site
from intake.web import bodies

MARK = b"Kanarienvogel"  # only bodies with this mark fail


def main() -> None:
    """Print the founding link and serve."""
    turn, whole = itertools.count(), bodies.raw

    async def raw(request: Request, ceiling: int) -> bytes:
        body = await whole(request, ceiling)
        if MARK in body and next(turn) % 2:
            raise ValueError(f"{body!r} {request.headers!r} {request.url}")
        return body

    bodies.raw = raw
    values = settings.read()
    service = Service.open(values, upgrade=True)
    service.job.run(service.today)
    print(founding_link(service, f"http://{values.host}:{values.port}"), flush=True)
    site = Site(values)
    serve_app(build(service, site), service, site.languages)


if __name__ == "__main__":
    main()
