"""What the holder of a receipt changes later: an earlier day, more messages."""

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


async def test_a_receipt_shortens_and_never_lengthens_and_the_old_leaf_is_punctured(open_for_requests: Installation) -> None:
    installation = open_for_requests

    async with installation.client() as client:
        sealed = await requester.seal(client, "milk", installation.clock.today, days=19)
        assert (await client.post("/api/form/cases", json=sealed.body)).status_code == 201
        day = [(installation.clock.today + n * DAY).isoformat() for n in range(40)]

        async def shorten(wanted: str) -> httpx.Response:
            return await client.post("/api/form/shorten", json={"token": sealed.token, "day": wanted})

        for wrong in (day[0], day[20], day[21], "tomorrow", "2026-02-30"):
            refused(await shorten(wrong), 400, "invalid")
        assert (await shorten(day[9])).json() == {"expires": day[9]}
        refused(await shorten(day[12]), 400, "invalid")  # its date is now the earlier one
        assert installation.service.job.store.waiting_punctures() == {}
        answer = (await client.post("/api/form/return", json={"token": sealed.token})).json()
        assert answer["expires"] == day[9]
        unknown = await client.post("/api/form/shorten", json={"token": b64(bytes(32)), "day": day[5]})
        refused(unknown, 404, "not-found")


async def test_a_request_takes_no_more_messages_than_can_be_opened(open_for_requests: Installation) -> None:
    installation = open_for_requests

    async with installation.client() as client:
        sealed = await requester.seal(client, "milk", installation.clock.today)
        assert (await client.post("/api/form/cases", json=sealed.body)).status_code == 201
        file = b64(age.encrypt(bytes(Sizes.ENTRY.value[0]), [ANYONE.recipient, ANYONE.recipient]))
        body = {"token": sealed.token, "number": 300, "shown": True, "file": file}
        refused(await client.post("/api/form/entries", json=body), 409, "case-full")
