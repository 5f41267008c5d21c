"""How many bytes a requester sends. Each KiB is time on a bad line."""

from tests.support import requester
from tests.support.installation import Installation


async def test_a_typical_submission_with_two_grants_takes_less_than_25_kilobytes(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "x" * 500, open_for_requests.clock.today)
    assert len(sealed.body["grants"]) == 2
    assert len(requester.parcel(sealed.body)) < 25_000
