"""Read request bodies: bounded in bytes and time, with one JSON shape. Multipart is refused, because it spools to disk."""

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
ENTRY = 160 * 1024  # bytes; the largest entry with two recipients has 69 KiB, or 92 as base64
SUBMISSION = 320 * 1024  # bytes; the largest request has 260 KiB, its grants and receipt grant 20, the JSON 16 at most
# The page without JavaScript: 200,000 bytes of text take up to three times that when url-encoded. The rest is for the names and
# the options of the largest form, and for texts that do not count because their question does not apply.
PAGE = 1024 * 1024  # bytes
NOT_ACCEPTED = "the body is not one that this address accepts. Nothing was stored"
SECONDS = 12.0  # less than `http_protocol.BODY_SECONDS`


async def raw(request: Request, ceiling: int) -> bytes:
    """Return the whole body.

    Raises:
        TooLargeError, SlowError, InvalidError: The body is larger than the limit, too slow, or cut off.
        UnavailableError: The server dropped the body because of load (`intake.server.body_budget`). Send it again.
    """
    body, counted = bytearray(), request.scope.get("state", {}).get("body")
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > ceiling:
                    raise TooLargeError(f"the body is larger than {ceiling} bytes. Nothing was stored")
    except TimeoutError:
        raise SlowError("the body did not arrive in time. Nothing was stored. Send again") from None
    except ClientDisconnect:
        raise InvalidError("the body was cut off. Nothing was stored. Send again") from None
    if counted is not None and counted.refused:
        raise UnavailableError("too many large requests are arriving. Nothing was stored. Send again later")
    return bytes(body)


def check_type(request: Request, media_type: str) -> None:
    """Check the body's declared type, so that no other site's form can send it without asking.

    Raises:
        InvalidError: It is another type.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
        raise InvalidError(f"the body must be {media_type}. Nothing was stored")


async def read(request: Request, shape: type[T], ceiling: int) -> T:
    """Return the body as JSON of one shape. Raise like `raw`, and `InvalidError` for another shape."""
    check_type(request, "application/json")
    try:
        return from_json(shape, await raw(request, ceiling))
    except EncodingError:
        raise InvalidError(NOT_ACCEPTED) from None


def file(text: str) -> bytes:
    """Decode an age file from b64 in a body.

    Raises:
        InvalidError: The text is not b64.
    """
    try:
        return unb64(text)
    except EncodingError:
        raise InvalidError("a file is not base64url. Nothing was stored") from None


def check_file(file: bytes, sizes: Sizes, recipients: set[int]) -> None:
    """Check that a file is an age file of one of the sizes, to one of the numbers of recipients.

    Raises:
        InvalidError: The file is not such a file.
    """
    try:
        outline = age.inspect(file)
    except CryptoError:
        raise InvalidError("a file is not an age file of the right kind. Nothing was stored") from None
    if outline.plaintext_size not in sizes.value or outline.recipients not in recipients:
        raise InvalidError("a file has a size or number of recipients that is not allowed. Nothing was stored")


def answer(value: object, status: int = 200) -> Response:
    """Return a JSON answer that nobody may cache."""
    return encoded(msgspec.json.encode(value), status)


def encoded(value: bytes, status: int = 200) -> Response:
    """Return JSON that is encoded already as an answer that nobody may cache."""
    return Response(value, status, {"cache-control": "no-store"}, "application/json")
