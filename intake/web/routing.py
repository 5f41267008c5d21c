"""Route by exact address. No redirect has a body or names a scheme or host, and a 405 lists the allowed methods.

Starlette answers an address with a wrong final slash with 307, to the scheme and host that the request seems to have. Behind a
TLS proxy, this would send the body over plain HTTP.
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
        path: the address that all routes begin with.
        routes: the routes, relative to it.
        complete: redirect readers who leave out the final slash. This is for pages, whose addresses people type.
    """
    router = Router(routes, redirect_slashes=False)
    if complete:
        router.default = _completing(routes)
    return Mount(path, app=router)


def allowed_methods(routes: Iterable[BaseRoute], scope: Scope) -> set[str]:
    """Return every method that an address accepts (RFC 9110, 15.5.6), not only those of the first matching route."""
    allowed: set[str] = set()
    for route in routes:
        match, child = route.matches(scope)
        if match is Match.NONE:
            continue
        if isinstance(route, Mount):  # the first matching mount decides
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
