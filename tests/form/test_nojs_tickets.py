"""Under load, the path without JavaScript checks cheap things first, accepts a ticket once, and loses no text."""

import asyncio
from typing import Any

import httpx2 as httpx
import pytest

from crypto import receipt
from crypto.encoding import new_id
from intake.errors import CrowdedError
from intake.form.nojs import throttle
from intake.form.nojs.throttle import Buckets
from intake.service.argon2_pool import Argon2Pool, Lane
from retention.errors import KeyStoreError
from tests.support.installation import Installation, on_both_engines
from tests.support.nojs import post, readable, ready, ticket


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept a page that is sent at once, because these tests do not move the clock."""
    monkeypatch.setattr(throttle, "MIN_AGE", 0)


@pytest.fixture
def stretched(monkeypatch: pytest.MonkeyPatch) -> list[Lane]:
    """Return a list of the lane of each hash, which grows."""
    lanes: list[Lane] = []
    running = Argon2Pool.run

    async def run(self: Argon2Pool, work: Any, lane: Lane, *given: Any) -> Any:
        lanes.append(lane)
        return await running(self, work, lane, *given)

    monkeypatch.setattr(Argon2Pool, "run", run)
    return lanes


def of_page(answer: httpx.Response) -> str:
    return answer.text.split('name="ticket" value="')[1].split('"')[0]


@on_both_engines
async def test_a_used_ticket_seals_nothing_more_and_the_next_page_has_a_new_one(
    open_for_requests: Installation, stretched: list[Lane]
) -> None:
    async with open_for_requests.client() as client:
        used = await ticket(client)
        assert (await post(client, "send/", ready(ticket=used))).status_code == 200
        for _ in range(3):
            answer = await post(client, "send/", ready(ticket=used))
            readable(answer, 409, ">milk</textarea>")
        assert stretched == [Lane.SEND]
        assert of_page(answer) != used
        assert (await post(client, "send/", ready(ticket=of_page(answer)))).status_code == 200


@on_both_engines
async def test_one_ticket_in_many_requests_at_once_is_hashed_for_once(
    open_for_requests: Installation, stretched: list[Lane]
) -> None:
    async with open_for_requests.client() as client:
        used = await ticket(client)
        answers = await asyncio.gather(*(post(client, "send/", ready(ticket=used)) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
        assert stretched == [Lane.SEND]


@on_both_engines
async def test_a_page_sent_twice_gets_the_same_receipt_at_the_cost_of_one(
    open_for_requests: Installation, stretched: list[Lane]
) -> None:
    async with open_for_requests.client() as client:
        fields = ready(ticket=await ticket(client))
        first, second = await asyncio.gather(post(client, "send/", fields), post(client, "send/", fields))
    async with open_for_requests.client() as client:  # another process knows only what is stored
        third = await post(client, "send/", fields)
    assert first.status_code == 200
    assert first.text == second.text == third.text
    assert stretched == [Lane.SEND]


async def test_a_request_without_a_free_slot_keeps_its_ticket_and_its_text(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_for_requests.client() as client:
        fields = ready(ticket=await ticket(client))
        with monkeypatch.context() as full:
            full.setattr(Buckets, "take", lambda self, source: False)
            answer = await post(client, "send/", fields)
            readable(answer, 503, "Nothing is lost.")
            assert f'name="ticket" value="{fields["ticket"]}"' in answer.text
            assert f'name="case" value="{fields["case"]}"' in answer.text
        with monkeypatch.context() as full:

            async def busy(*_: Any) -> None:
                raise CrowdedError("full")

            full.setattr(Argon2Pool, "run", busy)
            readable(await post(client, "send/", fields), 503, "Nothing is lost.")
        assert (await post(client, "send/", fields)).status_code == 200


async def test_a_ticket_is_used_up_by_a_failure_so_that_it_cannot_be_hashed_for_again(
    open_for_requests: Installation, stretched: list[Lane], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_for_requests.client() as client:
        fields = ready(ticket=await ticket(client))
        with monkeypatch.context() as broken:

            def refuse(*_: object, **__: object) -> None:
                raise KeyStoreError("gone")

            broken.setattr("intake.store.cases.submissions.submit", refuse)
            answer = await post(client, "send/", fields)
            readable(answer, 503, ">milk</textarea>")
        stretched.clear()
        readable(await post(client, "send/", fields), 409, ">milk</textarea>")
        assert stretched == []
        assert (await post(client, "send/", ready(ticket=of_page(answer)))).status_code == 200


async def test_a_page_sent_within_two_seconds_or_by_a_robot_keeps_the_text_and_costs_no_hash(
    open_for_requests: Installation, stretched: list[Lane], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The field `website` is on the page, and nobody sees it."""
    monkeypatch.setattr(throttle, "MIN_AGE", 2)

    async with open_for_requests.client() as client:
        fields = ready(ticket=await ticket(client))
        open_for_requests.clock.forward(seconds=1)
        readable(await post(client, "send/", fields), 503, "milk")
        open_for_requests.clock.forward(seconds=1)
        readable(await post(client, "send/", {**fields, "website": "https://example.org"}), 503, "milk")
        assert stretched == []
        assert (await post(client, "send/", fields)).status_code == 200


async def test_an_invalid_request_uses_no_slot_and_no_hash(
    open_for_requests: Installation, stretched: list[Lane], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[bytes] = []
    taking = Buckets.take

    def take(self: Buckets, source: bytes) -> bool:
        taken.append(source)
        return taking(self, source)

    monkeypatch.setattr(Buckets, "take", take)

    async with open_for_requests.client() as client:
        good = await ticket(client)
        wrong: list[dict[str, Any]] = [
            {"ticket": good},
            ready(ticket=good, case="none"),
            ready(ticket=good, code="1234"),
            ready(ticket=good) | {"q-words": ""},
            ready(ticket="forged"),
        ]
        for fields in wrong:
            assert (await post(client, "send/", fields)).status_code in (400, 409)
        assert (await post(client, "return/", {"code": "1234"})).status_code == 400
        assert taken == []
        assert stretched == []
        assert (await post(client, "send/", ready(ticket=good))).status_code == 200, "none of these used the ticket"


@pytest.mark.parametrize("step", ["message", "correction"])
async def test_a_busy_server_returns_the_text_that_was_sent_with_a_receipt(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    async with open_for_requests.client() as client:
        fields = ready()
        await post(client, "send/", fields)
        sent = {"code": fields["code"], "step": step, "text": "two <more> things"}
        with monkeypatch.context() as full:
            full.setattr(Buckets, "take", lambda self, source: False)
            answer = await post(client, "return/", sent)
            readable(answer, 503, "two &lt;more&gt; things</textarea>")
            assert f'name="step" value="{step}"' in answer.text
            assert fields["code"][:4] in answer.text
        readable(await post(client, "return/", sent), 200, "Your message is sent.")


async def test_a_receipt_is_opened_outside_of_the_writing_transaction(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from intake.form.nojs import case

    names: list[str] = []
    opening = case.open_case

    def watched(*given: Any) -> Any:
        names.append(threading.current_thread().name)
        return opening(*given)

    monkeypatch.setattr(case, "open_case", watched)

    async with open_for_requests.client() as client:
        fields = ready(case=new_id(), code=receipt.generate())
        await post(client, "send/", fields)
        assert (await post(client, "return/", {"code": fields["code"]})).status_code == 200
    assert names
    assert "writer" not in names
