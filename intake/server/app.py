"""Builds the ASGI app: routes, middleware and problem answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from intake.desk.access.enrolment import EnrolmentApi
from intake.desk.access.sessions import Sessions
from intake.desk.access.unlockers import Unlockers
from intake.desk.cases import DeskCases
from intake.desk.events import Events
from intake.desk.group.decisions import Decisions
from intake.desk.group.members import MembersApi
from intake.desk.group.recovery import RecoveryApi
from intake.desk.group.rotations import Rotations
from intake.desk.group.snapshots import Snapshots
from intake.desk.holds import Holds
from intake.desk.notices import Notices
from intake.desk.routes import DeskRoute, starlette_routes
from intake.errors import IntakeError
from intake.form.api import FormApi
from intake.form.deletions import DeletionsApi
from intake.form.ingest import Ingest
from intake.form.load_pricing import LoadPricing
from intake.form.nojs.pages import NoJsPages
from intake.form.nojs.sealing import Sealer
from intake.form.nojs.throttle import Throttle
from intake.server import health
from intake.server.middleware import (
    CloseUnreadMiddleware,
    ErrorLogMiddleware,
    SameOriginMiddleware,
    SecurityHeadersMiddleware,
    TrustedHostMiddleware,
    own_hosts,
    own_origins,
)
from intake.server.static_site import Pages, StaticSiteMiddleware
from intake.service.service import Service
from intake.site.public_settings import SIGNED_ADDRESS
from intake.site.render import Site
from intake.web import problems
from intake.web.routing import mount
from intake.web.tokens import Tokens


def build(service: Service, site: Site) -> ASGIApp:
    """Build the app over an open service and a rendered site. Closing the app closes the service."""
    tokens = Tokens(service.secret)
    pricing = LoadPricing(lambda: service.seconds, service.settings.proxies)
    ingest, sessions = Ingest(service, tokens, pricing), Sessions(service, tokens, pricing.source)
    desk_cases = DeskCases(service)
    desk: list[DeskRoute] = [*sessions.routes, *sessions.passkeys.routes, *Unlockers(service, sessions).routes]
    desk += [*desk_cases.routes, *Holds(service, desk_cases).routes, *Events(service, sessions).routes]
    desk += [*MembersApi(service).routes, *Decisions(service).routes, *Rotations(service).routes]
    desk += [*Snapshots(service).routes, *RecoveryApi(service).routes, *Notices(service, site.languages).routes]
    enrolment = EnrolmentApi(service, pricing.source)
    path = NoJsPages(service, Sealer(service, tokens, ingest, site), site, Throttle(tokens), pricing.source)
    nojs = [mount("/nojs", path.routes, complete=True)] if service.settings.nojs else []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        service.close()

    deletions = DeletionsApi(service)
    pages = Pages(site, sessions.end_on_exit)
    app = Starlette(
        routes=[
            mount("/api/form", [*FormApi(service, tokens, ingest, pricing).routes, *deletions.routes]),
            mount("/api/desk/enrolment", starlette_routes(enrolment.routes, sessions.member)),
            mount("/api/desk", starlette_routes(desk, sessions.member)),
            Mount("/api", app=problems.no_such_address),
            mount(health.PATH, health.HealthApi(service, deletions).routes),
            *nojs,
            Route("/.well-known/security.txt", partial(pages.security, service), methods=["GET"]),
            Route(SIGNED_ADDRESS, partial(pages.signed_settings, service), methods=["GET"]),
            Route("/exit/{language}/", pages.leave, methods=["GET"]),
            Route("/exit/{language}/", pages.leave_signed_out, methods=["POST"]),
            Route("/{path:path}", pages.serve, methods=["GET"]),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, hosts=own_hosts(service.settings)),
            Middleware(SameOriginMiddleware, origins=own_origins(service.settings)),
            Middleware(StaticSiteMiddleware, site=site),
        ],
        exception_handlers={
            IntakeError: problems.on_intake_error,
            HTTPException: problems.on_http_error,
            Exception: problems.on_failure,
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    # These wrap everything, including the framework's own error answers.
    return ErrorLogMiddleware(
        CloseUnreadMiddleware(SecurityHeadersMiddleware(app, secure=service.settings.origin.startswith("https://")))
    )
