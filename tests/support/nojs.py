"""Requests to the path without JavaScript, and checks that all of its pages must pass."""

from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx

from crypto import receipt
from crypto.encoding import new_id
from intake.server.middleware import HEADERS

FORM = {"content-type": "application/x-www-form-urlencoded"}


async def ticket(client: httpx.AsyncClient) -> str:
    page = await post(client, "", {"step": "begin", "form": "need"})
    return page.text.split('name="ticket" value="')[1].split('"')[0]


async def post(client: httpx.AsyncClient, path: str, fields: dict[str, Any]) -> httpx.Response:
    if path == "send/" and "ticket" not in fields:
        fields = {**fields, "ticket": await ticket(client)}
    return await client.post(f"/nojs/en/{path}", content=urlencode(fields, doseq=True), headers=FORM)


def readable(answer: httpx.Response, status: int, words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert words in answer.text
    for name, value in HEADERS.items():
        assert answer.headers[name] == value


def ready(**change: Any) -> dict[str, Any]:
    """Return the fields of the last step."""
    return {"form": "need", "q-words": "milk", "days": "7", "case": new_id(), "code": receipt.generate(), **change}
