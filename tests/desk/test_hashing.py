"""Hashes are computed in the pool, after the cheap checks, and never on the event loop or in the writing thread."""

import asyncio
import threading
from contextlib import AsyncExitStack
from typing import Any

import httpx2 as httpx
import pytest

from crypto import work
from crypto.encoding import b64, new_id
from crypto.secret import Secret
from intake.desk.access import verifiers
from intake.desk.access.admission import (
    HANDLE_SCALE,
    HASH_SECONDS,
    MAX_ATTEMPTS,
    MAX_PRICE,
    MIN_PRICE,
    TOTAL_SCALE,
    Admission,
    Scale,
)
from intake.desk.access.attempts import FREE_ATTEMPTS
from intake.desk.access.enrolment import MAX_UNLOCKERS, founding_link
from intake.errors import CrowdedError
from intake.service.argon2_pool import Argon2Pool
from intake.store.members import unlockers
from intake.web.tokens import Tokens, new_bearer
from tests.support.api import refused
from tests.support.desk_bodies import KEYRING_FILE, founding_body, join_body
from tests.support.installation import Installation, on_both_engines
from tests.support.patience import PATIENCE

WRONG = b64(bytes(32))


def ways(count: int, handle: str) -> list[dict[str, str]]:
    unlocker = {"kind": "paper", "handle_id": handle, "authentication": WRONG}
    return [{"id": new_id(), **unlocker} for _ in range(count)]


def change(authentication: bytes, add: list[dict[str, str]], number: int = 2) -> dict[str, Any]:
    proof = {"kind": "passphrase", "authentication": b64(authentication)}
    return {"proof": proof, "keyring": {"number": number, "file": KEYRING_FILE}, "add": add, "drop": []}


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The thread of each hash that was made or compared."""
    names: list[str] = []

    def watched(function: Any) -> Any:
        def called(*given: Any) -> Any:
            names.append(threading.current_thread().name)
            return function(*given)

        return called

    monkeypatch.setattr(verifiers, "hash_key", watched(verifiers.hash_key))
    monkeypatch.setattr(verifiers, "matches", watched(verifiers.matches))
    return names


async def test_a_hundred_unlockers_are_refused_before_any_is_hashed(
    open_for_requests: Installation, threads: list[str]
) -> None:
    async with open_for_requests.client() as client:
        handle, authentication = await open_for_requests.sign_in(client, open_for_requests.members[0])
        threads.clear()
        for sent in (change(authentication, ways(100, handle)), change(authentication, ways(MAX_UNLOCKERS + 1, handle))):
            refused(await client.put("/api/desk/unlockers", json=sent), 400, "invalid")
        assert threads == []


@on_both_engines
async def test_a_member_has_eight_unlockers_at_most(open_for_requests: Installation, threads: list[str]) -> None:
    async with open_for_requests.client() as client:
        handle, authentication = await open_for_requests.sign_in(client, open_for_requests.members[0])
        sent = change(authentication, ways(MAX_UNLOCKERS - 1, handle))
        assert (await client.put("/api/desk/unlockers", json=sent)).status_code == 200
        threads.clear()
        refused(await client.put("/api/desk/unlockers", json=change(authentication, ways(1, handle), 3)), 400, "invalid")
        assert len(threads) == 1, "the proof alone was hashed"
        with open_for_requests.service.database.transaction() as tx:
            mine = unlockers.of_member(tx, open_for_requests.service.row_keys, open_for_requests.members[0].id)
        assert len(mine) == MAX_UNLOCKERS
        swapped = {
            **change(authentication, ways(1, handle), 3),
            "drop": [next(unlocker.id for unlocker in mine if unlocker.kind == "paper")],
        }
        assert (await client.put("/api/desk/unlockers", json=swapped)).status_code == 200


def hold_hashing(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Make every later hash wait for the returned event."""
    gate, hashing = threading.Event(), verifiers.hash_key

    def gated(key: Any) -> str:
        assert gate.wait(PATIENCE)
        return hashing(key)

    monkeypatch.setattr(verifiers, "hash_key", gated)
    return gate


async def test_unlockers_are_hashed_in_the_pool_while_the_event_loop_runs(
    open_for_requests: Installation, threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the event loop, the hashes of one request would delay every other request."""

    async with open_for_requests.client() as client:
        handle, authentication = await open_for_requests.sign_in(client, open_for_requests.members[0])
        gate = hold_hashing(monkeypatch)
        threads.clear()
        changing = asyncio.ensure_future(client.put("/api/desk/unlockers", json=change(authentication, ways(3, handle))))
        for _ in range(20):
            assert (await client.get("/healthz/live")).status_code == 200
        assert not changing.done()
        gate.set()
        assert (await changing).status_code == 200
        assert {name.partition("_")[0] for name in threads} == {"stretch"}


@on_both_engines
@pytest.mark.parametrize("kind", ["join", "found"])
async def test_while_someone_enrols_others_write(
    empty: Installation, threads: list[str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Hashed inside the writing transaction, one enrolment kept a submission waiting for 16 seconds."""

    link = founding_link(empty.service, "http://localhost")
    assert link is not None
    async with empty.client() as client:
        if kind == "join":
            empty.found(2)
            await empty.sign_in(client, empty.members[0])
            invite = (await client.post("/api/desk/invites")).json()["invite"]
            sent = await join_body(empty, client, invite)
        else:
            sent = founding_body(empty, link.partition("#")[2])
        gate = hold_hashing(monkeypatch)
        threads.clear()
        enrolling = asyncio.ensure_future(client.post(f"/api/desk/enrolment/{kind}", json=sent))
        await asyncio.sleep(0.2)
        async with asyncio.timeout(20):
            await empty.service.write(lambda tx: None)
        assert not enrolling.done()
        gate.set()
        assert (await enrolling).status_code == 201
        assert all(name.startswith("stretch") for name in threads)


@on_both_engines
async def test_an_invitation_that_is_used_by_many_at_once_is_good_once(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server checks the invitation before it hashes, and again in the transaction that stores the hashes."""

    async with open_for_requests.client() as client:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        invite = (await client.post("/api/desk/invites")).json()["invite"]
        bodies = [await join_body(open_for_requests, client, invite) for _ in range(4)]
        gate = hold_hashing(monkeypatch)
        joining = [asyncio.ensure_future(client.post("/api/desk/enrolment/join", json=body)) for body in bodies]
        await asyncio.sleep(0.2)
        assert not any(request.done() for request in joining), "each has passed the first check"
        gate.set()
        assert sorted([(await request).status_code for request in joining]) == [201, 404, 404, 404]


async def test_nothing_is_hashed_for_an_unknown_invitation(open_for_requests: Installation, threads: list[str]) -> None:
    async with open_for_requests.client() as client:
        sent = await join_body(open_for_requests, client, new_bearer())
        refused(await client.post("/api/desk/enrolment/join", json=sent), 404, "invite")
        many = await join_body(open_for_requests, client, new_bearer(), unlockers=ways(MAX_UNLOCKERS + 1, new_id()))
        refused(await client.post("/api/desk/enrolment/join", json=many), 400, "invalid")
        assert threads == []


async def test_a_newcomer_is_checked_again_where_the_key_list_grew_meanwhile(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from intake.desk.access.enrolment import EnrolmentApi

    looked: list[str] = []
    checking = EnrolmentApi._check_candidate

    def once_older(self: EnrolmentApi, tx: Any, sent: Any) -> Any:
        seat, head = checking(self, tx, sent)
        looked.append(head)
        return seat, head if len(looked) > 1 else "an older head"

    async with open_for_requests.client() as client:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        invite = (await client.post("/api/desk/invites")).json()["invite"]
        sent = await join_body(open_for_requests, client, invite)
        monkeypatch.setattr(EnrolmentApi, "_check_candidate", once_older)
        assert (await client.post("/api/desk/enrolment/join", json=sent)).status_code == 201
        assert len(looked) == 2


async def attempt(client: httpx.AsyncClient, handle: str, key: bytes, paid: dict[str, str] | None = None) -> httpx.Response:
    body = {"handle_id": handle, "kind": "passphrase", "authentication": b64(key), "work": paid}
    return await client.post("/api/desk/session", json=body)


def nonce(challenge: dict[str, Any], *, fits: bool = True) -> dict[str, str]:
    nonce_ = work.pay(challenge["token"], challenge["price"])
    while not fits and work.fits(challenge["token"], nonce_, challenge["price"]):
        nonce_ = new_id().encode()[:16]
    return {"token": challenge["token"], "nonce": b64(nonce_)}


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the price that the server asks when many people sign in."""
    monkeypatch.setattr(Admission, "price", lambda self, source, handle_id: MIN_PRICE)


@pytest.mark.alone
@pytest.mark.usefixtures("pressed")
async def test_an_unpaid_attempt_gets_the_price_and_is_neither_hashed_nor_counted(
    open_for_requests: Installation, threads: list[str]
) -> None:
    async with open_for_requests.client() as client:
        handle, authentication = open_for_requests.unlocker_of(open_for_requests.members[0])
        threads.clear()
        answers = [await attempt(client, name, authentication) for name in (handle, new_id()) for _ in range(FREE_ATTEMPTS + 3)]
        for answer in answers:
            refused(answer, 503, "work")
            assert answer.json()["price"] == MIN_PRICE
        assert len({len(answer.content) for answer in answers}) == 1, "known and unknown handles are answered alike"
        assert threads == []
        begun = asyncio.get_running_loop().time()
        assert (await attempt(client, handle, authentication, nonce(answers[0].json()))).status_code == 201
        assert asyncio.get_running_loop().time() - begun < 5, "attempts that nobody judged slow nobody"


@pytest.mark.usefixtures("pressed")
async def test_work_for_an_attempt_is_good_once(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        handle, authentication = open_for_requests.unlocker_of(open_for_requests.members[0])
        paid = nonce((await attempt(client, handle, authentication)).json())
        assert (await attempt(client, handle, authentication, paid)).status_code == 201
        refused(await attempt(client, handle, authentication, paid), 503, "work")


@pytest.mark.usefixtures("pressed")
async def test_work_of_another_sign_in_name_or_a_forged_token_is_refused_before_any_hash(
    open_for_requests: Installation, threads: list[str]
) -> None:
    async with open_for_requests.client() as client:
        handle, authentication = open_for_requests.unlocker_of(open_for_requests.members[0])
        paid = nonce((await attempt(client, handle, authentication)).json())
        threads.clear()
        refused(await attempt(client, new_id(), authentication, paid), 503, "work")
        refused(await attempt(client, handle, authentication, {**paid, "token": "forged"}), 503, "work")
        assert threads == []


@pytest.mark.usefixtures("pressed")
async def test_work_is_too_late_after_two_minutes(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        handle, authentication = open_for_requests.unlocker_of(open_for_requests.members[0])
        late = nonce((await attempt(client, handle, authentication)).json())
        open_for_requests.clock.forward(seconds=121)
        refused(await attempt(client, handle, authentication, late), 503, "work")


@pytest.mark.usefixtures("pressed")
async def test_a_nonce_that_does_not_pay_or_is_malformed_is_refused_before_any_hash(
    open_for_requests: Installation, threads: list[str]
) -> None:
    async with open_for_requests.client() as client:
        handle, authentication = open_for_requests.unlocker_of(open_for_requests.members[0])
        threads.clear()
        for fits in (False, True):
            challenge = (await attempt(client, handle, authentication)).json()  # a token is good for one attempt
            sent = nonce(challenge, fits=fits) | ({"nonce": "x"} if fits else {})
            refused(await attempt(client, handle, authentication, sent), 400, "invalid")
        assert threads == []


async def test_a_full_pool_is_not_a_wrong_passphrase(open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: Any, **__: Any) -> None:
        raise CrowdedError("full")

    async with open_for_requests.client() as client:
        member = open_for_requests.members[0]
        handle, authentication = await open_for_requests.sign_in(client, member)
        strict = {"proof": {"kind": "passphrase", "authentication": b64(authentication)}, "strict": False}
        with monkeypatch.context() as full:
            full.setattr(Argon2Pool, "run", busy)
            for _ in range(FREE_ATTEMPTS + 6):
                refused(await attempt(client, handle, authentication), 503, "crowded")
                refused(await client.put("/api/desk/strict", json=strict), 503, "crowded")
        begun = asyncio.get_running_loop().time()
        assert (await client.put("/api/desk/strict", json=strict)).status_code == 200
        assert (await attempt(client, handle, authentication)).status_code == 201
        assert asyncio.get_running_loop().time() - begun < 5


@pytest.mark.usefixtures("pressed")
async def test_work_stays_good_where_nothing_was_judged(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a phone that computed for 40 seconds must compute as long again after each refusal."""

    async def busy(*_: Any, **__: Any) -> None:
        raise CrowdedError("full")

    async with open_for_requests.client() as client:
        handle, authentication = open_for_requests.unlocker_of(open_for_requests.members[0])
        paid = nonce((await attempt(client, handle, authentication)).json())
        with monkeypatch.context() as full:
            full.setattr(Argon2Pool, "run", busy)
            refused(await attempt(client, handle, authentication, paid), 503, "crowded")
        with monkeypatch.context() as full:
            full.setattr("intake.desk.access.admission.MAX_ATTEMPTS", 0)
            full.setattr("intake.desk.access.admission.TOTAL_SCALE", Scale(free=0, step=1))
            refused(await attempt(client, handle, authentication, paid), 503, "crowded")
        assert (await attempt(client, handle, authentication, paid)).status_code == 201
        refused(await attempt(client, handle, authentication, paid), 503, "work")


@pytest.mark.parametrize(
    ("seconds", "admitted"),
    [
        (HASH_SECONDS / 10, MAX_ATTEMPTS),
        (HASH_SECONDS, MAX_ATTEMPTS),
        (5 * HASH_SECONDS, MAX_ATTEMPTS // 5 + 1),
        (50 * HASH_SECONDS, TOTAL_SCALE.free),
    ],
)
async def test_on_a_slow_machine_fewer_are_admitted_so_that_nobody_waits_longer(
    seconds: float, admitted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Admission, "price", lambda self, source, handle_id: 0)

    admission = Admission(Tokens(Secret(bytes(32))), lambda: 0, lambda: seconds)
    async with AsyncExitStack() as under_way:
        for _ in range(admitted):
            await under_way.enter_async_context(admission.attempt(None, b"", new_id()))
        with pytest.raises(CrowdedError):
            await under_way.enter_async_context(admission.attempt(None, b"", new_id()))


def test_on_a_slow_machine_the_price_rises_faster_and_from_the_same_number_on() -> None:
    scale = Scale(free=3, step=2)
    assert [scale.price(count, 4.0) for count in range(6)] == [0, 0, 0, MIN_PRICE, 4 * MIN_PRICE, 16 * MIN_PRICE]


def test_the_price_doubles_up_to_a_most_and_nothing_is_paid_on_a_calm_day() -> None:
    scale = Scale(free=3, step=2)
    assert [scale.price(count) for count in range(8)] == [
        0,
        0,
        0,
        MIN_PRICE,
        MIN_PRICE,
        2 * MIN_PRICE,
        2 * MIN_PRICE,
        4 * MIN_PRICE,
    ]
    assert scale.price(10**6) == MAX_PRICE
    assert HANDLE_SCALE.price(1) == 0
