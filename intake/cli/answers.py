"""Read a server's answers, and do the proof of work that a server asks for."""

import time
from collections.abc import Callable
from typing import Any

import httpx2 as httpx

from crypto import parcel, work
from crypto.encoding import b64
from crypto.errors import CryptoError
from intake.cli.errors import CommandError

MAX_WORK = 2048  # tries. The client does no work for a server that asks for more
MAX_PRICES = 5  # prices that the client pays before it gives up. Each may have risen meanwhile
MAX_PAUSES = 20  # waits while the server is crowded. Work that was done stays valid
PAUSE = 1.0  # seconds


NOT_OURS = "the answer is not from a Sealed Intake server. Check the address (--server or INTAKE_SERVER)"


class RefusedError(CommandError):
    """Raised when the server refuses a request. `kind` is the kind of its problem answer."""

    def __init__(self, kind: str, detail: str, cases: list[str], price: tuple[str, int] | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.cases = cases
        self.price = price  # the token to work for, and the number of tries


def answer(response: httpx.Response) -> dict[str, Any]:
    """Return the body of an answer.

    Raises:
        RefusedError: The server refused, or the answer is neither JSON nor a parcel.
    """
    try:
        body: dict[str, Any] = _body(response)
    except (ValueError, CryptoError):
        raise RefusedError("unreadable", NOT_OURS, []) from None
    if response.is_error:
        kind = str(body.get("type", "")).removeprefix("urn:sealed-intake:")
        price = (str(body["token"]), int(body["price"])) if kind == "work" else None
        raise RefusedError(kind, str(body.get("detail", body.get("title"))), body.get("cases", []), price)
    return body


def _body(response: httpx.Response) -> Any:
    """Return the JSON of an answer. In that of a parcel, files are bytes."""
    is_parcel = response.headers.get("content-type") == parcel.MEDIA_TYPE
    return parcel.unpack(response.content) if is_parcel else response.json()


def send_with_work(post: Callable[[dict[str, Any]], httpx.Response], body: dict[str, Any]) -> dict[str, Any]:
    """Send `body` and return the answer. Do the work that the server asks for, and wait while it is crowded.

    Raises:
        RefusedError: The server refused.
    """
    prices = pauses = 0
    while True:
        try:
            return answer(post(body))
        except RefusedError as error:
            if error.kind == "crowded" and pauses < MAX_PAUSES:
                pauses += 1
                time.sleep(PAUSE)
                continue
            if error.price is None or error.price[1] > MAX_WORK or prices == MAX_PRICES:
                raise
            prices += 1
            token, price = error.price
            body = {**body, "work": {"token": token, "nonce": b64(work.pay(token, price))}}
