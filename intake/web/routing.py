"""Routing by exact address: no redirect carries a body, none names a scheme or host, and a 405 says what is allowed.

Starlette redirects to the address with or without a final slash by 307, to the scheme and host that the request seems to have
come by. Behind a proxy that speaks TLS this sends a body over plain http.
"""

from collections.abc import Iterable, Sequence

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match, Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

_READS = ("GET", "HEAD")


def mount(path: str, routes: Sequence[BaseRoute], *, complete: bool = False) -> Mount:
    """Mount routes below a path.

    Args:
        complete: lead readers who leave out the final slash to the page; for pages, whose addresses people type.
    """
    router = Router(routes, redirect_slashes=False)
    if complete:
        router.default = _completing(routes)
    return Mount(path, app=router)


def allowed_methods(routes: Iterable[BaseRoute], scope: Scope) -> set[str]:
    """Return every method that an address takes (RFC 9110, 15.5.6), not only those of the first route that matches."""
    allowed: set[str] = set()
    for route in routes:
        match, child = route.matches(scope)
        if match is Match.NONE:
            continue
        if isinstance(route, Mount):  # what matches a mount goes no further
            return allowed | allowed_methods(route.routes, {**scope, **child})
        if isinstance(route, Route):
            allowed |= route.methods or set()
    return allowed


def _completing(routes: Sequence[BaseRoute]) -> ASGIApp:
    async def complete(scope: Scope, receive: Receive, send: Send) -> None:
        address = f"{scope['path']}/"
        if scope["method"] not in _READS or not any(
            route.matches({**scope, "path": address})[0] is Match.FULL for route in routes
        ):
            raise HTTPException(404)
        await RedirectResponse(address, 303, {"cache-control": "no-store"})(scope, receive, send)

    return complete
