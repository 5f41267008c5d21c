"""Offers and key lists are made from a state of the group that is read at most four times a second."""

import dataclasses
import json
from collections.abc import AsyncIterator, Iterator

import httpx2 as httpx
import pytest
from sqlalchemy import event, update

from crypto.encoding import new_id
from intake.form import published
from intake.form.published import Published
from intake.settings import Assignment
from intake.store import schema
from tests.support import requester
from tests.support.api import post, refused
from tests.support.desks import desks
from tests.support.installation import Installation

SECONDS = 0.25  # as in the product. tests/conftest.py sets none for the other tests


@pytest.fixture
def reads(of_three: Installation) -> Iterator[list[str]]:
    """Return the list of statements that are sent to the database, which grows."""
    statements: list[str] = []
    engine = of_three.service.database.engine

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the seconds of the cache's clock, which stands until a test changes it."""
    now = [1000.0]
    monkeypatch.setattr(published, "SECONDS", SECONDS)
    monkeypatch.setattr(Published.__init__, "__defaults__", (lambda: now[0],))
    return now


@pytest.fixture
async def client(clock: list[float], of_three: Installation) -> AsyncIterator[httpx.AsyncClient]:
    async with of_three.client() as client:
        yield client


async def offered(client: httpx.AsyncClient) -> list[str]:
    """Return the members of an offer, in its order."""
    answer = await post(client, "offer", {"case": new_id()})
    assert answer.status_code == 200, answer.text
    return [json.loads(seat["body"])["member"] for seat in answer.json()["seats"]]


async def test_a_flood_of_offers_and_key_lists_reads_the_store_once(client: httpx.AsyncClient, reads: list[str]) -> None:
    await offered(client)
    reads.clear()
    for _ in range(20):
        await offered(client)
        assert (await client.get("/api/form/keylist")).status_code == 200
    assert reads == []


async def test_a_case_that_was_stored_changes_the_order_of_the_next_offer(
    client: httpx.AsyncClient, of_three: Installation
) -> None:
    first = await offered(client)
    sealed = await requester.seal(client, "milk", of_three.clock.today)
    assert (await post(client, "cases", sealed.body)).status_code == 201
    assert await offered(client) == [first[2], *first[:2]]


async def test_a_member_who_goes_off_duty_here_is_on_no_later_offer(
    of_three: Installation, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_duty = dataclasses.replace(of_three.service.settings, assignment=Assignment.DUTY)
    monkeypatch.setattr(of_three.service, "settings", by_duty)
    async with desks(of_three) as (ana, ben, _):
        assert ben.member.id in await offered(ana.client)
        await ben.client.put("/api/desk/duty", json={"on_duty": False})
        assert ben.member.id not in await offered(ana.client)


async def test_a_write_of_another_process_is_seen_after_a_quarter_of_a_second(
    client: httpx.AsyncClient, clock: list[float], of_three: Installation
) -> None:
    gone = (await offered(client))[0]
    remove(of_three, gone)
    assert gone in await offered(client)
    clock[0] += SECONDS
    assert gone not in await offered(client)


async def test_a_case_for_a_member_whom_another_process_removed_is_refused_and_not_stored(
    client: httpx.AsyncClient, of_three: Installation
) -> None:
    gone = (await offered(client))[0]
    remove(of_three, gone)
    sealed = await requester.seal(client, "milk", of_three.clock.today)
    assert gone in {grant["member"] for grant in sealed.body["grants"]}
    refused(await post(client, "cases", sealed.body), 409, "stale")
    refused(await post(client, "return", {"token": sealed.token}), 404, "not-found")


def remove(installation: Installation, member: str) -> None:
    """Retire a member's key as another process would, without this one's knowledge."""
    with installation.service.database.transaction() as tx:
        tx.execute(update(schema.epochs).where(schema.epochs.c.member == member).values(current=False))
