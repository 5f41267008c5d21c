"""Map errors to answers: `application/problem+json` (RFC 9457) in one shape, without content of a request."""

from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from intake.errors import AddressError, FullError, GoneError, IntakeError, MissingError, WorkError
from intake.web.routing import allowed_methods


async def on_intake_error(request: Request, error: Exception) -> Response:
    """Answer an error that this package raised."""
    assert isinstance(error, IntakeError)
    return refusal(error)


def refusal(error: IntakeError) -> Response:
    """Return the problem answer of an error that this package raised."""
    more: dict[str, object] = {}
    if isinstance(error, GoneError):
        more["day"] = error.day
    elif isinstance(error, FullError):
        more["phone"] = error.phone
    elif isinstance(error, AddressError):
        more["fault"] = error.fault
    elif isinstance(error, MissingError):
        more["cases"] = error.cases
    elif isinstance(error, WorkError):
        more |= {"token": error.token, "price": error.price}
    return problem(error.problem, error.status, str(error), **more)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer an error that the framework raised: an unknown address or a wrong method."""
    assert isinstance(error, HTTPException)
    answer = _answer(error.status_code, {"type": "about:blank", "title": HTTPStatus(error.status_code).phrase})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        scope = {**request.scope, "root_path": request.scope.get("app_root_path", request.scope.get("root_path", ""))}
        answer.headers["allow"] = ", ".join(sorted(allowed_methods(request.app.routes, scope)))
    return answer


async def no_such_address(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer an API address that does not exist."""
    await _answer(404, {"type": "about:blank", "title": HTTPStatus.NOT_FOUND.phrase})(scope, receive, send)


async def on_failure(request: Request, error: Exception) -> Response:
    """Answer an unhandled exception. The answer says nothing about it, and nothing was stored."""
    return problem("failed", HTTPStatus.INTERNAL_SERVER_ERROR, "the server failed. Nothing was stored. Try again later")


def problem(kind: str, status: HTTPStatus, detail: str, **more: object) -> Response:
    """Return the problem answer of one kind."""
    body = {"type": f"urn:sealed-intake:{kind}", "title": status.phrase, "status": status, "detail": detail, **more}
    return _answer(status, body)


def _answer(status: int, body: dict[str, object]) -> Response:
    body.setdefault("status", status)
    return Response(msgspec.json.encode(body), status, {"cache-control": "no-store"}, "application/problem+json")
