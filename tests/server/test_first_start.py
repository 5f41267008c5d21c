"""The first start of a server had an old clock. The operator corrects it later."""

import pytest

from crypto.encoding import b64, new_id
from intake.server.run import purge
from intake.service import operator_log
from retention.clock import remedy
from tests.support import requester
from tests.support.api import refused
from tests.support.installation import Installation
from tests.support.requester import seal


@pytest.fixture
def corrected(of_three: Installation) -> Installation:
    of_three.clock.jump(days=45)
    return of_three


async def test_a_requester_reads_that_the_clock_is_wrong_and_not_that_a_request_was_deleted(corrected: Installation) -> None:
    async with corrected.client() as person:
        refused(await person.post("/api/form/offer", json={"case": new_id()}), 503, "clock")
        refused(await person.post("/api/form/return", json={"token": b64(bytes(32))}), 503, "clock")


async def test_monitors_and_the_log_name_the_clock_with_the_command_that_corrects_it(
    corrected: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    operator_log._written.clear()
    await purge(corrected.service)
    assert remedy(corrected.clock.today) in capsys.readouterr().err
    async with corrected.client() as monitor:
        ready = await monitor.get("/healthz/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "clock"})


async def test_a_request_is_taken_once_the_clock_is_confirmed(corrected: Installation) -> None:
    corrected.service.guard.confirm()
    await purge(corrected.service)
    corrected.has_signed_in(corrected.members[0])
    async with corrected.client() as person:
        sealed = await seal(person, "milk", corrected.clock.today)
        assert (await requester.submit(person, sealed.body)).status_code == 201
