"""What a server answers a terminal's request: the body, or a problem."""

from typing import Any

import httpx2 as httpx


class RefusedError(ValueError):
    """Raised when the server refuses; `kind` is its problem's."""

    def __init__(self, kind: str, detail: str, cases: list[str]) -> None:
        super().__init__(detail)
        self.kind = kind
        self.cases = cases


def answer(given: httpx.Response) -> dict[str, Any]:
    """What was answered.

    Raises:
        RefusedError: a problem.
    """
    told: dict[str, Any] = given.json()
    if given.is_error:
        kind = str(told.get("type", "")).removeprefix("urn:sealed-intake:")
        raise RefusedError(kind, str(told.get("detail", told.get("title"))), told.get("cases", []))
    return told
