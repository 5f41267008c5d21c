"""Reading bodies: a ceiling in bytes, a time in seconds, one JSON shape. Never multipart: it spools to disk."""

import asyncio
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from crypto import age
from crypto.encoding import Shape, from_json, unb64
from crypto.errors import CryptoError, EncodingError
from crypto.sheet import Sizes
from intake.errors import InvalidError, SlowError, TooLargeError, UnavailableError

T = TypeVar("T", bound=Shape)
SMALL = 16 * 1024  # bytes
ENTRY = 160 * 1024  # bytes: the largest entry with two recipients is 69 KiB, base64 makes it 92
SUBMISSION = 640 * 1024  # bytes: the largest request is 260 KiB, base64 makes it 347; grants and receipt grant 20
SECONDS = 12.0  # less than `protocol.BODY_SECONDS`


async def raw(request: Request, ceiling: int) -> bytes:
    """The whole body.

    Raises:
        TooLargeError, SlowError, InvalidError: over the ceiling, not there in time, cut off.
        UnavailableError: it had to make room for others (`intake.server.body_budget`); the same may be sent again.
    """
    body, counted = bytearray(), request.scope.get("state", {}).get("body")
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > ceiling:
                    raise TooLargeError(f"more than {ceiling} bytes")
    except TimeoutError:
        raise SlowError("the body did not arrive in time") from None
    except ClientDisconnect:
        raise InvalidError("the body was cut off") from None
    if counted is not None and counted.refused:
        raise UnavailableError("too many large requests are on their way; nothing was stored")
    return bytes(body)


async def read(request: Request, shape: type[T], ceiling: int) -> T:
    """The body as JSON of one shape; raises as `raw`, and `InvalidError` for another shape."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise InvalidError("the body must be application/json")
    try:
        return from_json(shape, await raw(request, ceiling))
    except EncodingError:
        raise InvalidError("the body is not of the form that this address takes") from None


def file(text: str) -> bytes:
    """An age file from b64 in a body.

    Raises:
        InvalidError: not b64.
    """
    try:
        return unb64(text)
    except EncodingError:
        raise InvalidError("a file that is not base64url") from None


def check_file(file: bytes, sizes: Sizes, recipients: set[int]) -> None:
    """Refuse a file that is not an age file of one of the sizes to so many recipients.

    Raises:
        InvalidError: it is not.
    """
    try:
        outline = age.inspect(file)
    except CryptoError:
        raise InvalidError("a file that is not an age file of the right kind") from None
    if outline.plaintext_size not in sizes.value or outline.recipients not in recipients:
        raise InvalidError("a file of a size or to a number of recipients that is not allowed")


def answer(value: object, status: int = 200) -> Response:
    """A JSON answer that nobody may keep."""
    return Response(msgspec.json.encode(value), status, {"cache-control": "no-store"}, "application/json")
