"""What a server answers a terminal's request: the body, or a problem."""

import time
from collections.abc import Callable
from typing import Any

import httpx2 as httpx

from crypto import work
from crypto.encoding import b64
from intake.cli.errors import CommandError

MOST_WORK = 2048  # tries for one attempt
PRICES = 5  # that are paid before giving up: each may have risen meanwhile
PAUSES = 20  # where too many wait for even that to help; what was paid stays good
PAUSE = 1.0  # seconds


NOT_OURS = "the answer is not one of a Sealed Intake server. Check the address (--server or INTAKE_SERVER)"


class RefusedError(CommandError):
    """Raised when the server refuses; `kind` is its problem's."""

    def __init__(self, kind: str, detail: str, cases: list[str], price: tuple[str, int] | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.cases = cases
        self.price = price  # the token that work is asked for, and the tries


def answer(given: httpx.Response) -> dict[str, Any]:
    """What was answered.

    Raises:
        RefusedError: a problem.
    """
    try:
        told: dict[str, Any] = given.json()
    except ValueError:
        raise RefusedError("unreadable", NOT_OURS, []) from None
    if given.is_error:
        kind = str(told.get("type", "")).removeprefix("urn:sealed-intake:")
        price = (str(told["token"]), int(told["price"])) if kind == "work" else None
        raise RefusedError(kind, str(told.get("detail", told.get("title"))), told.get("cases", []), price)
    return told


def paid_for(post: Callable[[dict[str, Any]], httpx.Response], body: dict[str, Any]) -> dict[str, Any]:
    """What was answered to `body`; where it costs work, do it and send it again; where too many wait, wait as well.

    Raises:
        RefusedError: a problem.
    """
    prices = pauses = 0
    while True:
        try:
            return answer(post(body))
        except RefusedError as error:
            if error.kind == "crowded" and pauses < PAUSES:
                pauses += 1
                time.sleep(PAUSE)
                continue
            if error.price is None or error.price[1] > MOST_WORK or prices == PRICES:
                raise
            prices += 1
            token, price = error.price
            body = {**body, "work": {"token": token, "nonce": b64(work.pay(token, price))}}
