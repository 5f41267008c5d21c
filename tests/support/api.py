"""Tests of the HTTP API share these: a request to the form, and the check of a refusal."""

from typing import Any

import httpx2 as httpx

from intake.server.middleware import HEADERS
from tests.support import requester


async def post(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
    if path == "cases":
        return await requester.submit(client, body)
    return await client.post(f"/api/form/{path}", json=body)


def refused(answer: httpx.Response, status: int, kind: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == (f"urn:sealed-intake:{kind}", status)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
