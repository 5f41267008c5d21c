"""Defines the two kinds of routes of the desk's API.

A route is either a `MemberRoute` or a `PublicRoute`. The handler of a `MemberRoute` receives the signed-in member as an
argument, so it cannot run without authentication. `PublicRoute` marks the few addresses that anyone may call.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Authenticate = Callable[[Request], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class MemberRoute:
    """A method and an address for signed-in members.

    Attributes:
        handler: called with the request and the id of the signed-in member.
    """

    method: str
    path: str
    handler: Callable[[Request, str], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class PublicRoute:
    """A method and an address that need no session, such as sign-in and enrolment."""

    method: str
    path: str
    handler: Callable[[Request], Awaitable[Response]]


DeskRoute = MemberRoute | PublicRoute


def starlette_routes(routes: Iterable[DeskRoute], authenticate: Authenticate) -> list[Route]:
    """Convert the desk's routes to routes of Starlette.

    Args:
        routes: the desk's routes.
        authenticate: returns the id of the signed-in member, or raises `SignInError`.
    """
    return [_convert(route, authenticate) for route in routes]


def _convert(route: DeskRoute, authenticate: Authenticate) -> Route:
    if isinstance(route, PublicRoute):
        return Route(route.path, route.handler, methods=[route.method])
    handler = route.handler

    async def for_member(request: Request) -> Response:
        return await handler(request, await authenticate(request))

    return Route(route.path, for_member, methods=[route.method])
