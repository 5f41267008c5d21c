"""Read and answer with parcels (`crypto.parcel`), which carry age files as they are."""

from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from crypto import parcel
from crypto.encoding import Shape, from_json
from crypto.errors import EncodingError
from crypto.parcel import MEDIA_TYPE, Files
from intake.errors import InvalidError
from intake.web import bodies

HEADER = 16 * 1024  # bytes of JSON; an offer's token and the ids of nine grants take 3

T = TypeVar("T", bound=Shape)


async def read(request: Request, shape: type[T], ceiling: int) -> tuple[T, Files]:
    """Return the JSON of a body's parcel as one shape, and its files.

    Raises:
        InvalidError: The body is not a parcel with JSON of this shape.
        TooLargeError, SlowError, UnavailableError: As `bodies.raw`.
    """
    bodies.check_type(request, MEDIA_TYPE)
    try:
        header, files = parcel.split(await bodies.raw(request, ceiling))
        if len(header) > HEADER:
            raise InvalidError(bodies.NOT_ACCEPTED)
        return from_json(shape, header), files
    except EncodingError:
        raise InvalidError(bodies.NOT_ACCEPTED) from None


def answer(value: object) -> Response:
    """Return a value, with the `File`s in it, as an answer that nobody may cache."""
    return Response(parcel.pack(value), 200, {"cache-control": "no-store"}, MEDIA_TYPE)
