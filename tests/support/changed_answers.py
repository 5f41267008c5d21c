"""Change what a server answers a browser, as JSON or as a parcel."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Route

from crypto.parcel import unpack
from tests.support.requester import PARCEL, parcel

Answer = dict[str, Any]


def fulfil(route: Route, change: Callable[[Answer], Answer]) -> None:
    """Fetch the answer and give the browser what `change` makes of it. In that of a parcel, files are bytes."""
    answered = route.fetch()
    if answered.headers.get("content-type") == PARCEL:
        answer: Any = unpack(answered.body())
        route.fulfill(response=answered, body=parcel(change(answer)))
    else:
        route.fulfill(response=answered, json=change(answered.json()))
