"""The coordinators' API: who may see what, what ends a session, and every bad input."""

import asyncio
import json
from typing import Any

import httpx2 as httpx
import pytest

from crypto import age, keylist, statement
from crypto.age import Identity
from crypto.encoding import GroupId, MemberId, as_dict, b64, new_id, unb64
from crypto.keylist import Change
from crypto.signing import Signed, SigningKey
from intake.desk.access.attempts import FREE_ATTEMPTS, MAX_DELAY, Attempts
from intake.desk.access.enrolment import founding_link
from intake.desk.access.sessions import ABSOLUTE, IDLE, TOUCH_SECONDS
from intake.store.cases.row_keys import keyring_purpose
from intake.store.engines.engine import Transaction
from intake.store.members import members as people
from tests.support import requester
from tests.support.api import refused
from tests.support.desk_bodies import ANYONE, BOOK, a_case, a_note, candidate_of, founding_body, grants_to, holders, join_body
from tests.support.installation import Installation, Member


async def test_a_case_of_others_is_answered_as_one_that_does_not_exist(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await a_case(open_for_requests, client)
        case = sealed.body["case"]
        outsider = next(m for m in open_for_requests.members if m not in holders(open_for_requests, sealed))
        await open_for_requests.sign_in(client, outsider)
        for id_ in (case, new_id(), "nonsense"):
            for answer in (
                await client.get(f"/api/desk/cases/{id_}"),
                await client.post(f"/api/desk/cases/{id_}/entries", json=a_note(id_)),
                await client.put(f"/api/desk/cases/{id_}/grants", json=grants_to(id_, [outsider], 0)),
                await client.post(f"/api/desk/cases/{id_}/close"),
            ):
                refused(answer, 404, "not-found")
        told = (await client.get("/api/desk/cases")).json()
        assert told.pop("head")
        assert told == {"cases": [], "unreadable": 0, "total": 0, "after": ""}


async def test_a_holder_reads_adds_and_regrants_and_the_arrival_day_is_dropped(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await a_case(open_for_requests, client)
        case, first = sealed.body["case"], holders(open_for_requests, sealed)[0]
        await open_for_requests.sign_in(client, first)
        listed = (await client.get("/api/desk/cases")).json()["cases"]
        assert [one["case"] for one in listed] == [case]
        assert not listed[0]["opened"]
        assert (await client.post(f"/api/desk/cases/{case}/entries", json=a_note(case))).status_code == 201
        refused(await client.post(f"/api/desk/cases/{case}/entries", json=a_note(case)), 409, "stale")
        everyone = grants_to(case, open_for_requests.members, 0)
        assert (await client.put(f"/api/desk/cases/{case}/grants", json=everyone)).status_code == 200
        refused(await client.put(f"/api/desk/cases/{case}/grants", json=everyone), 409, "stale")
        told = (await client.get(f"/api/desk/cases/{case}")).json()
        assert told["opened"]
        assert len(told["holders"]) == 3
        assert [one["number"] for one in told["desk"]] == [0]
        closed = await client.post(f"/api/desk/cases/{case}/close")
        assert closed.json() == {"expires": "2026-11-27"}


async def test_a_damaged_deletion_key_of_one_day_does_not_hide_the_cases_of_others(empty: Installation) -> None:
    empty.found(1)
    async with empty.client() as client:
        sealed = []
        for days in (5, 6):
            one = await requester.seal(client, "milk", empty.clock.today, days=days)
            assert (await client.post("/api/form/cases", json=one.body)).status_code == 201
            sealed.append(one)
        await empty.sign_in(client, empty.members[0])
        key_store = empty.service.settings.key_store
        (key_store / f"day.{sealed[0].body['expires']}.1.key").write_bytes(b"damaged")
        empty.service.job.roots._opened.clear()  # as after a start
        listed = (await client.get("/api/desk/cases")).json()
        assert [one["case"] for one in listed["cases"]] == [sealed[1].body["case"]]
        assert listed["unreadable"] == 1
        refused(await client.get(f"/api/desk/cases/{sealed[0].body['case']}"), 503, "unavailable")
        refused(await client.post("/api/form/return", json={"token": sealed[0].token}), 503, "unavailable")
        other = await requester.seal(client, "milk", empty.clock.today, days=5)
        refused(await client.post("/api/form/cases", json=other.body), 503, "unavailable")
        assert (await client.get(f"/api/desk/cases/{sealed[1].body['case']}")).status_code == 200


async def test_grants_to_nobody_twice_to_someone_or_to_a_stranger_are_refused(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await a_case(open_for_requests, client)
        case, first = sealed.body["case"], holders(open_for_requests, sealed)[0]
        await open_for_requests.sign_in(client, first)
        address = f"/api/desk/cases/{case}/grants"
        stranger = Member(MemberId(new_id()), SigningKey.generate(), Identity.generate())
        renewed = Member(first.id, first.signing, Identity.generate())
        refused(await client.put(address, json={"version": 0, "grants": []}), 400, "invalid")
        refused(await client.put(address, json=grants_to(case, [first, first], 0)), 400, "invalid")
        refused(await client.put(address, json=grants_to(case, [stranger], 0)), 409, "stale")
        refused(await client.put(address, json=grants_to(case, [renewed], 0)), 409, "stale")
        unpadded = grants_to(case, [first], 0)
        unpadded["grants"][0]["file"] = b64(age.encrypt(b"short", [first.epoch.recipient]))
        refused(await client.put(address, json=unpadded), 400, "invalid")
        desk_to_two = a_note(case) | {"sequence": "shared", "number": 0}
        refused(await client.post(f"/api/desk/cases/{case}/entries", json=desk_to_two), 400, "invalid")
        refused(await client.post(f"/api/desk/cases/{case}/entries", json=a_note(case) | {"number": -1}), 400, "invalid")
        assert not (await client.get(f"/api/desk/cases/{case}")).json()["opened"]


async def test_nobody_gets_in_without_a_session_and_a_session_ends(open_for_requests: Installation) -> None:
    clock = open_for_requests.clock
    async with open_for_requests.client() as client:
        for answer in (await client.get("/api/desk/cases"), await client.get("/api/desk/group"),
                       await client.post("/api/desk/invites"), await client.delete("/api/desk/session"),
                       await client.get("/api/desk/cases", headers={"cookie": "desk=forged"})):  # fmt: skip
            refused(answer, 401, "sign-in")
        member = open_for_requests.members[0]
        await open_for_requests.sign_in(client, member)
        clock.forward(seconds=IDLE)
        assert (await client.get("/api/desk/cases")).status_code == 200
        clock.forward(seconds=IDLE + 1)
        refused(await client.get("/api/desk/cases"), 401, "sign-in")
        await open_for_requests.sign_in(client, member)
        for _ in range(ABSOLUTE // IDLE + 1):
            last = await client.get("/api/desk/cases")
            clock.forward(seconds=IDLE)
        refused(await client.get("/api/desk/cases"), 401, "sign-in")
        assert last.status_code == 200
        await open_for_requests.sign_in(client, member)
        ended = await client.delete("/api/desk/session")
        assert ended.headers["clear-site-data"] == '"cache", "cookies", "storage"'
        refused(await client.get("/api/desk/cases"), 401, "sign-in")


async def test_a_busy_session_is_written_once_a_minute_and_still_ends_fifteen_minutes_after_its_last_use(
    open_for_requests: Installation,
) -> None:
    clock, service, member = open_for_requests.clock, open_for_requests.service, open_for_requests.members[0]
    written: list[int] = []
    touch = people.touch_session

    def counted(tx: Transaction, hashed: str, now: int) -> None:
        written.append(now)
        touch(tx, hashed, now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "touch_session", counted)
        async with open_for_requests.client() as client:
            await open_for_requests.sign_in(client, member)
            for _ in range(TOUCH_SECONDS - 1):
                clock.forward(seconds=1)
                assert (await client.get("/api/desk/cases")).status_code == 200
            assert written == []
            clock.forward(seconds=1)
            assert (await client.get("/api/desk/cases")).status_code == 200
            assert written == [service.seconds]
            clock.forward(seconds=TOUCH_SECONDS - 1)  # remembered, not written
            assert (await client.get("/api/desk/cases")).status_code == 200
            clock.forward(seconds=IDLE)
            assert (await client.get("/api/desk/cases")).status_code == 200
            clock.forward(seconds=TOUCH_SECONDS - 1)
            assert (await client.get("/api/desk/cases")).status_code == 200
            async with open_for_requests.client() as other:
                await open_for_requests.sign_in(other, member)  # a sign-in deletes expired sessions, and only those
            clock.forward(seconds=IDLE)
            assert (await client.get("/api/desk/cases")).status_code == 200
            clock.forward(seconds=IDLE + 1)
            refused(await client.get("/api/desk/cases"), 401, "sign-in")


async def test_another_server_ends_an_idle_session_no_later_than_the_first(open_for_requests: Installation) -> None:
    clock, member = open_for_requests.clock, open_for_requests.members[0]
    async with open_for_requests.client() as client, open_for_requests.client() as at_another:
        await open_for_requests.sign_in(client, member)
        at_another.cookies = httpx.Cookies(client.cookies)
        clock.forward(seconds=TOUCH_SECONDS - 1)
        assert (await client.get("/api/desk/cases")).status_code == 200
        clock.forward(seconds=IDLE - TOUCH_SECONDS + 1)
        assert (await at_another.get("/api/desk/cases")).status_code == 200
        clock.forward(seconds=IDLE + 1)
        refused(await at_another.get("/api/desk/cases"), 401, "sign-in")
        refused(await client.get("/api/desk/cases"), 401, "sign-in")


async def test_a_stolen_cookie_is_of_no_use_once_its_owner_has_signed_out_or_was_removed(
    open_for_requests: Installation,
) -> None:
    async with open_for_requests.client() as client, open_for_requests.client() as thief:
        first, _, third = open_for_requests.members
        await open_for_requests.sign_in(client, first)
        thief.cookies = httpx.Cookies(client.cookies)
        assert (await thief.get("/api/desk/cases")).status_code == 200
        await client.delete("/api/desk/session")
        refused(await thief.get("/api/desk/cases"), 401, "sign-in")
        await open_for_requests.sign_in(client, third)
        await open_for_requests.sign_in(thief, first)
        keys = await requester.key_list(client, open_for_requests.clock.today)
        body = keylist.next_body(keys, Change.REMOVE, open_for_requests.clock.today.isoformat(), member=third.id)
        gone = keylist.sign(body, {first.id: first.signing})
        sent = {"number": len(keys.entries), "entry": as_dict(gone)}
        refused(await client.post("/api/desk/keylist", json=sent), 400, "invalid")  # in another's name
        assert (await thief.post("/api/desk/keylist", json=sent)).json() == {"number": len(keys.entries), "lacking": 0}
        refused(await client.get("/api/desk/cases"), 401, "sign-in")


def test_attempts_are_slowed_per_handle_known_or_not_and_a_success_forgets_them() -> None:
    attempts = Attempts()
    delays = []
    for _ in range(12):
        delays.append(attempts.delay("a"))
        attempts.failed("a")
    assert delays[:FREE_ATTEMPTS] == [0.0] * FREE_ATTEMPTS
    assert delays[FREE_ATTEMPTS:] == sorted(delays[FREE_ATTEMPTS:])
    assert delays[-1] == MAX_DELAY
    assert attempts.delay("b") == 0.0
    attempts.succeeded("a")
    assert attempts.delay("a") == 0.0
    for n in range(10_001):
        attempts.failed(f"flood {n}")
    assert len(attempts.failures) == 10_000


async def test_a_newcomer_waits_until_members_sign_and_a_link_is_used_once(open_for_requests: Installation) -> None:
    place = open_for_requests
    async with place.client() as client, place.client() as newcomer:
        await place.sign_in(client, place.members[0])
        invite = (await client.post("/api/desk/invites")).json()["invite"]
        looked = (await newcomer.post("/api/desk/enrolment/", json={"invite": invite})).json()
        assert looked["founded"] is True
        changes: list[dict[str, Any]] = [
            {"unlockers": []},
            {"keyring": b64(age.encrypt(b"short", [ANYONE.recipient]))},
            {"keyring": "AAAA"},
            {"candidate": {"body": "{}", "signature": b64(bytes(64))}},
            {"unlockers": [{"id": "x", "kind": "passphrase", "handle_id": new_id(), "authentication": b64(bytes(32))}]},
            {"statement": (await join_body(place, newcomer, invite))["statement"]},
        ]
        for change in changes:
            sent = await join_body(place, newcomer, invite, **change)
            refused(await newcomer.post("/api/desk/enrolment/join", json=sent), 400, "invalid")
        sent = await join_body(place, newcomer, invite)
        assert (await newcomer.post("/api/desk/enrolment/join", json=sent)).status_code == 201
        refused(await newcomer.post("/api/desk/enrolment/join", json=sent), 404, "invite")
        told = (await client.get("/api/desk/group")).json()
        assert [one["signed"] for one in told["candidates"]] == [sent["candidate"]]
        offer = (await newcomer.post("/api/form/offer", json={"case": new_id()})).json()
        assert sent["statement"] not in offer["seats"]

        keys = await requester.key_list(client, place.clock.today)
        candidate, _ = statement.verify_candidate(Signed(**sent["candidate"]), keys.group)
        today = place.clock.today.isoformat()
        body = keylist.next_body(keys, Change.ENROL, today, member=candidate.member, key=candidate.key)
        number = len(keys.entries)
        signed = {"number": number, "entry": as_dict(keylist.sign(body, {place.members[0].id: place.members[0].signing}))}
        refused(await client.post("/api/desk/keylist", json=signed | {"number": number + 1}), 409, "stale")
        assert (await client.post("/api/desk/keylist", json=signed)).status_code == 201
        place.has_signed_in(place.members[0])  # the snapshot names the newcomer's statement
        offer = (await newcomer.post("/api/form/offer", json={"case": new_id()})).json()
        assert sent["statement"] in offer["seats"]
        again = await join_body(place, newcomer, (await client.post("/api/desk/invites")).json()["invite"])
        taken = again | {"unlockers": sent["unlockers"]}
        refused(await newcomer.post("/api/desk/enrolment/join", json=taken), 409, "taken")


async def test_a_members_newer_link_stops_the_older_and_links_run_out(open_for_requests: Installation) -> None:
    place = open_for_requests
    async with place.client() as client:
        await place.sign_in(client, place.members[0])
        older = (await client.post("/api/desk/invites")).json()["invite"]
        newer = (await client.post("/api/desk/invites")).json()["invite"]
        refused(await client.post("/api/desk/enrolment/", json={"invite": older}), 404, "invite")
        assert (await client.post("/api/desk/enrolment/", json={"invite": newer})).status_code == 200
        place.clock.forward(days=4)
        refused(await client.post("/api/desk/enrolment/", json={"invite": newer}), 404, "invite")
        assert founding_link(place.service, "http://localhost") is None


async def test_names_and_keyrings_are_replaced_by_newer_ones_of_an_allowed_size(open_for_requests: Installation) -> None:
    place = open_for_requests
    async with place.client() as client:
        await place.sign_in(client, place.members[0])
        for address, number in (("/api/desk/names", 1), ("/api/desk/keyring", 7)):
            assert (await client.put(address, json={"number": number, "file": BOOK})).status_code == 200
            refused(await client.put(address, json={"number": number, "file": BOOK}), 409, "stale")
            for wrong in ("AAAA", "?", b64(age.encrypt(b"short", [ANYONE.recipient]))):
                refused(await client.put(address, json={"number": 8, "file": wrong}), 400, "invalid")
        with place.service.database.transaction() as tx:
            assert people.keyring(tx, place.service.row_keys, place.members[0].id) == unb64(BOOK)
        # What an older passphrase opened is unreadable in every backup.
        purpose = keyring_purpose(place.members[0].id)
        assert sum(found == purpose for found, _ in place.service.row_keys.key_store.living()) == 1


async def test_a_founding_with_keys_that_do_not_verify_founds_nothing(empty: Installation) -> None:
    link = founding_link(empty.service, "http://localhost")
    assert link is not None
    async with empty.client() as client:
        invite = link.partition("#")[2]
        assert (await client.post("/api/desk/enrolment/", json={"invite": invite})).json()["founded"] is False
        body, other = founding_body(empty, invite), SigningKey.generate()
        group = GroupId(json.loads(body["entries"][0]["body"])["group"])
        changes: list[dict[str, Any]] = [
            {"entries": []},
            {"candidate": candidate_of(group, MemberId(new_id()), other, SigningKey.generate())},
            {"candidate": candidate_of(group, MemberId(new_id()), other, other)},
            {"statement": founding_body(empty, invite)["statement"]},
            {"snapshot": founding_body(empty, invite)["snapshot"]},
            {"unlockers": []},
            {"names": "AAAA"},
        ]
        for change in changes:
            refused(await client.post("/api/desk/enrolment/found", json=body | change), 400, "invalid")
        with empty.service.database.transaction() as tx:
            assert people.entries(tx) == []
        assert (await client.post("/api/desk/enrolment/found", json=body)).status_code == 201
        refused(await client.post("/api/desk/enrolment/found", json=body), 404, "invite")


async def test_a_second_founding_is_refused_even_with_a_link_that_is_still_good(empty: Installation) -> None:
    link = founding_link(empty.service, "http://localhost")
    assert link is not None
    empty.found(1)
    async with empty.client() as client:
        body = founding_body(empty, link.partition("#")[2])
        refused(await client.post("/api/desk/enrolment/found", json=body), 404, "invite")


@pytest.mark.parametrize("origin", ["https://help.example", ""])
async def test_the_cookie_is_for_this_host_alone_and_out_of_scripts_reach(open_for_requests: Installation, origin: str) -> None:
    object.__setattr__(open_for_requests.service.settings, "origin", origin)
    async with open_for_requests.client() as client:
        client.headers["host"] = "help.example"
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        cookie = client.cookies.jar
        names = [one.name for one in cookie]
        assert names == (["__Host-desk"] if origin else ["desk"])
        assert all(one.secure is bool(origin) and one.path == "/" for one in cookie)


async def test_a_copied_cookie_is_worth_nothing_after_leaving_in_a_hurry_or_signing_in_anew(
    open_for_requests: Installation,
) -> None:
    place = open_for_requests
    async with place.client() as one, place.client() as thief:
        for _ in range(2):
            await place.sign_in(one, place.members[0])
            thief.cookies = httpx.Cookies(one.cookies)
            assert (await thief.get("/api/desk/group")).status_code == 200
            await place.sign_in(one, place.members[0])
            refused(await thief.get("/api/desk/group"), 401, "sign-in")
        thief.cookies = httpx.Cookies(one.cookies)
        foreign = await one.post("/exit/en/", headers={"sec-fetch-site": "cross-site"})
        assert foreign.status_code == 403
        assert (await thief.get("/api/desk/group")).status_code == 200  # another site's page signs nobody out
        assert (await one.post("/exit/en/")).status_code == 204
        refused(await thief.get("/api/desk/group"), 401, "sign-in")
        assert (await one.post("/exit/en/")).status_code == 204  # without a session as well


async def test_sessions_run_side_by_side(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as one, open_for_requests.client() as two:
        await open_for_requests.sign_in(one, open_for_requests.members[0])
        await open_for_requests.sign_in(two, open_for_requests.members[1])
        answers = await asyncio.gather(*(client.get("/api/desk/cases") for client in (one, two) * 5))
        assert {answer.status_code for answer in answers} == {200}


async def test_a_member_sees_and_ends_their_other_sessions_and_nobody_elses(open_for_requests: Installation) -> None:
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
        await open_for_requests.sign_in(there, me)
        open_for_requests.clock.forward(hours=1)
        assert (await here.get("/api/desk/sessions")).status_code == 401
        await open_for_requests.sign_in(here, me)
        assert (await here.get("/api/desk/sessions")).json() == {"others": []}, "what has run out is none"


def test_no_number_of_failures_shuts_a_handle_out() -> None:
    attempts = Attempts()
    for _ in range(3000):
        attempts.failed("handle")
    assert attempts.delay("handle") == MAX_DELAY
