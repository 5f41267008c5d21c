"""The holder of a receipt moves the date earlier and writes more messages."""

import datetime as dt

import httpx2 as httpx

from crypto import age
from crypto.age import Identity
from crypto.encoding import b64
from crypto.sheet import Sizes
from tests.support import requester
from tests.support.api import refused
from tests.support.installation import Installation

DAY = dt.timedelta(days=1)
ANYONE = Identity.generate()


async def stored_for_19_days(installation: Installation, client: httpx.AsyncClient) -> tuple[requester.Sealed, list[str]]:
    """Store a request that expires in 19 days. Return it and the next 40 days."""
    sealed = await requester.seal(client, "milk", installation.clock.today, days=19)
    assert (await requester.submit(client, sealed.body)).status_code == 201
    return sealed, [(installation.clock.today + n * DAY).isoformat() for n in range(40)]


async def shorten(client: httpx.AsyncClient, token: str, day: str) -> httpx.Response:
    return await client.post("/api/form/shorten", json={"token": token, "day": day})


async def test_a_receipt_that_asks_for_a_later_day_or_for_no_day_is_refused(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed, day = await stored_for_19_days(open_for_requests, client)
        for wrong in (day[0], day[20], day[21], "tomorrow", "2026-02-30"):
            refused(await shorten(client, sealed.token, wrong), 400, "invalid")


async def test_a_receipt_moves_the_date_earlier_and_never_back(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed, day = await stored_for_19_days(open_for_requests, client)
        assert (await shorten(client, sealed.token, day[9])).json() == {"expires": day[9]}
        refused(await shorten(client, sealed.token, day[12]), 400, "invalid")  # its date is now the earlier one
        answer = requester.unpacked(await client.post("/api/form/return", json={"token": sealed.token}))
        assert answer["expires"] == day[9]


async def test_the_leaf_of_the_earlier_date_is_punctured_when_a_date_moves(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed, day = await stored_for_19_days(open_for_requests, client)
        assert (await shorten(client, sealed.token, day[9])).json() == {"expires": day[9]}
        assert open_for_requests.service.job.store.waiting_punctures() == {}


async def test_the_date_of_an_unknown_receipt_cannot_be_moved(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        _, day = await stored_for_19_days(open_for_requests, client)
        refused(await shorten(client, b64(bytes(32)), day[5]), 404, "not-found")


async def test_a_request_takes_no_more_messages_than_can_be_opened(open_for_requests: Installation) -> None:
    installation = open_for_requests

    async with installation.client() as client:
        sealed = await requester.seal(client, "milk", installation.clock.today)
        assert (await requester.submit(client, sealed.body)).status_code == 201
        file = b64(age.encrypt(bytes(Sizes.ENTRY.value[0]), [ANYONE.recipient, ANYONE.recipient]))
        body = {"token": sealed.token, "number": 300, "shown": True, "file": file}
        refused(await client.post("/api/form/entries", json=body), 409, "case-full")
