"""How sessions begin and end, and when a stolen cookie is invalid."""

import asyncio

import httpx2 as httpx
import pytest

from crypto import keylist
from crypto.encoding import as_dict
from crypto.keylist import Change
from intake.desk.access.attempts import FREE_ATTEMPTS, MAX_DELAY, Attempts
from intake.desk.access.sessions import ABSOLUTE_TIMEOUT, IDLE_TIMEOUT, TOUCH_SECONDS
from intake.store.engines.engine import Transaction
from intake.store.members import members as people
from tests.support import requester
from tests.support.api import refused
from tests.support.installation import Installation


async def test_nobody_gets_in_without_a_session(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        for answer in (await client.get("/api/desk/cases"), await client.get("/api/desk/group"),
                       await client.post("/api/desk/invites"), await client.delete("/api/desk/session"),
                       await client.get("/api/desk/cases", headers={"cookie": "desk=forged"})):  # fmt: skip
            refused(answer, 401, "sign-in")


async def test_an_idle_session_ends_after_fifteen_minutes(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        open_for_requests.clock.forward(seconds=IDLE_TIMEOUT)
        assert (await client.get("/api/desk/cases")).status_code == 200
        open_for_requests.clock.forward(seconds=IDLE_TIMEOUT + 1)
        refused(await client.get("/api/desk/cases"), 401, "sign-in")


async def test_a_session_in_use_ends_after_twelve_hours(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        for _ in range(ABSOLUTE_TIMEOUT // IDLE_TIMEOUT + 1):
            last = await client.get("/api/desk/cases")
            open_for_requests.clock.forward(seconds=IDLE_TIMEOUT)
        refused(await client.get("/api/desk/cases"), 401, "sign-in")
        assert last.status_code == 200


async def test_signing_out_ends_the_session_and_clears_what_the_browser_stored(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        ended = await client.delete("/api/desk/session")
        assert ended.headers["clear-site-data"] == '"cache", "cookies", "storage"'
        refused(await client.get("/api/desk/cases"), 401, "sign-in")


async def test_a_busy_session_is_written_once_a_minute(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, service, member = open_for_requests.clock, open_for_requests.service, open_for_requests.members[0]
    written: list[int] = []
    touch = people.touch_session

    def counted(tx: Transaction, hashed: str, now: int) -> None:
        written.append(now)
        touch(tx, hashed, now)

    monkeypatch.setattr(people, "touch_session", counted)
    async with open_for_requests.client() as client:
        await open_for_requests.sign_in(client, member)
        for _ in range(TOUCH_SECONDS - 1):
            clock.forward(seconds=1)
            assert (await client.get("/api/desk/cases")).status_code == 200
        assert written == []
        clock.forward(seconds=1)
        assert (await client.get("/api/desk/cases")).status_code == 200
        assert written == [service.seconds]


async def test_a_use_that_was_not_written_keeps_a_session_for_fifteen_minutes(open_for_requests: Installation) -> None:
    clock = open_for_requests.clock
    async with open_for_requests.client() as client:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        clock.forward(seconds=TOUCH_SECONDS - 1)  # kept in memory, not written to the database
        assert (await client.get("/api/desk/cases")).status_code == 200
        clock.forward(seconds=IDLE_TIMEOUT)
        assert (await client.get("/api/desk/cases")).status_code == 200
        clock.forward(seconds=IDLE_TIMEOUT + 1)
        refused(await client.get("/api/desk/cases"), 401, "sign-in")


async def test_a_sign_in_deletes_no_session_whose_last_use_was_not_written(open_for_requests: Installation) -> None:
    clock, member = open_for_requests.clock, open_for_requests.members[0]
    async with open_for_requests.client() as client, open_for_requests.client() as other:
        await open_for_requests.sign_in(client, member)
        clock.forward(seconds=TOUCH_SECONDS - 1)
        assert (await client.get("/api/desk/cases")).status_code == 200
        clock.forward(seconds=IDLE_TIMEOUT)
        await open_for_requests.sign_in(other, member)
        assert (await client.get("/api/desk/cases")).status_code == 200


async def test_another_server_ends_an_idle_session_no_later_than_the_first(open_for_requests: Installation) -> None:
    clock, member = open_for_requests.clock, open_for_requests.members[0]
    async with open_for_requests.client() as client, open_for_requests.client() as at_another:
        await open_for_requests.sign_in(client, member)
        at_another.cookies = httpx.Cookies(client.cookies)
        clock.forward(seconds=TOUCH_SECONDS - 1)
        assert (await client.get("/api/desk/cases")).status_code == 200
        clock.forward(seconds=IDLE_TIMEOUT - TOUCH_SECONDS + 1)
        assert (await at_another.get("/api/desk/cases")).status_code == 200
        clock.forward(seconds=IDLE_TIMEOUT + 1)
        refused(await at_another.get("/api/desk/cases"), 401, "sign-in")
        refused(await client.get("/api/desk/cases"), 401, "sign-in")


async def test_a_stolen_cookie_is_invalid_once_its_owner_has_signed_out(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client, open_for_requests.client() as thief:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        thief.cookies = httpx.Cookies(client.cookies)
        assert (await thief.get("/api/desk/cases")).status_code == 200
        await client.delete("/api/desk/session")
        refused(await thief.get("/api/desk/cases"), 401, "sign-in")


async def test_a_stolen_cookie_is_invalid_once_its_owner_was_removed(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client, open_for_requests.client() as thief:
        first, _, third = open_for_requests.members
        await open_for_requests.sign_in(client, first)
        await open_for_requests.sign_in(thief, third)
        keys = await requester.key_list(client, open_for_requests.clock.today)
        body = keylist.next_body(keys, Change.REMOVE, open_for_requests.clock.today.isoformat(), member=third.id)
        sent = {"number": len(keys.entries), "entry": as_dict(keylist.sign(body, {first.id: first.signing}))}
        refused(await thief.post("/api/desk/keylist", json=sent), 400, "invalid")  # in another's name
        assert (await client.post("/api/desk/keylist", json=sent)).json() == {
            "number": len(keys.entries),
            "missing_signatures": 0,
        }
        refused(await thief.get("/api/desk/cases"), 401, "sign-in")


def test_attempts_are_slowed_for_each_sign_in_name() -> None:
    attempts = Attempts()
    delays = []
    for _ in range(12):
        delays.append(attempts.delay("a"))
        attempts.failed("a")
    assert delays[:FREE_ATTEMPTS] == [0.0] * FREE_ATTEMPTS
    assert delays[FREE_ATTEMPTS:] == sorted(delays[FREE_ATTEMPTS:])
    assert delays[-1] == MAX_DELAY
    assert attempts.delay("b") == 0.0


def test_a_successful_sign_in_forgets_earlier_failures() -> None:
    attempts = Attempts()
    for _ in range(12):
        attempts.failed("a")
    attempts.succeeded("a")
    assert attempts.delay("a") == 0.0


def test_a_flood_of_sign_in_names_does_not_fill_the_memory() -> None:
    attempts = Attempts()
    for n in range(10_001):
        attempts.failed(f"flood {n}")
    assert len(attempts.failures) == 10_000


@pytest.mark.parametrize("origin", ["https://help.example", ""])
async def test_the_cookie_is_only_for_this_host_and_not_readable_by_scripts(
    open_for_requests: Installation, origin: str
) -> None:
    object.__setattr__(open_for_requests.service.settings, "origin", origin)
    async with open_for_requests.client() as client:
        client.headers["host"] = "help.example"
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        jar = client.cookies.jar
        names = [cookie.name for cookie in jar]
        assert names == (["__Host-desk"] if origin else ["desk"])
        assert all(cookie.secure is bool(origin) and cookie.path == "/" for cookie in jar)


async def test_a_copied_cookie_is_invalid_after_the_next_sign_in_in_that_browser(open_for_requests: Installation) -> None:
    installation = open_for_requests
    async with installation.client() as client, installation.client() as thief:
        for _ in range(2):
            await installation.sign_in(client, installation.members[0])
            thief.cookies = httpx.Cookies(client.cookies)
            assert (await thief.get("/api/desk/group")).status_code == 200
            await installation.sign_in(client, installation.members[0])
            refused(await thief.get("/api/desk/group"), 401, "sign-in")


async def test_a_copied_cookie_is_invalid_after_a_quick_exit(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client, open_for_requests.client() as thief:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        thief.cookies = httpx.Cookies(client.cookies)
        assert (await client.post("/exit/en/")).status_code == 204
        refused(await thief.get("/api/desk/group"), 401, "sign-in")
        assert (await client.post("/exit/en/")).status_code == 204  # without a session as well


async def test_another_sites_page_signs_nobody_out(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        foreign = await client.post("/exit/en/", headers={"sec-fetch-site": "cross-site"})
        assert foreign.status_code == 403
        assert (await client.get("/api/desk/group")).status_code == 200


async def test_sessions_run_side_by_side(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as first, open_for_requests.client() as second:
        await open_for_requests.sign_in(first, open_for_requests.members[0])
        await open_for_requests.sign_in(second, open_for_requests.members[1])
        answers = await asyncio.gather(*(client.get("/api/desk/cases") for client in (first, second) * 5))
        assert {answer.status_code for answer in answers} == {200}


async def test_a_member_ends_their_other_sessions_and_no_colleagues(open_for_requests: Installation) -> None:
    me, colleague = open_for_requests.members[:2]
    async with (
        open_for_requests.client() as here,
        open_for_requests.client() as there,
        open_for_requests.client() as theirs,
    ):
        await open_for_requests.sign_in(theirs, colleague)
        await open_for_requests.sign_in(there, me)
        open_for_requests.clock.forward(minutes=1)
        await open_for_requests.sign_in(here, me)
        assert (await here.get("/api/desk/sessions")).json() == {"others": ["2026-11-20"]}
        assert (await here.delete("/api/desk/sessions")).json() == {"others": []}
        assert (await here.get("/api/desk/sessions")).json() == {"others": []}
        assert (await there.get("/api/desk/group")).status_code == 401
        assert (await theirs.get("/api/desk/group")).status_code == 200


async def test_an_expired_session_is_not_among_a_members_other_sessions(open_for_requests: Installation) -> None:
    member = open_for_requests.members[0]
    async with open_for_requests.client() as here, open_for_requests.client() as there:
        await open_for_requests.sign_in(here, member)
        await open_for_requests.sign_in(there, member)
        open_for_requests.clock.forward(hours=1)
        assert (await here.get("/api/desk/sessions")).status_code == 401
        await open_for_requests.sign_in(here, member)
        assert (await here.get("/api/desk/sessions")).json() == {"others": []}


def test_no_number_of_failures_shuts_a_handle_out() -> None:
    attempts = Attempts()
    for _ in range(3000):
        attempts.failed("handle")
    assert attempts.delay("handle") == MAX_DELAY
