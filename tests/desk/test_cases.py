"""Cases at the desk: who can see them, and to whom they can be granted."""

from crypto import age
from crypto.age import Identity
from crypto.encoding import MemberId, b64, new_id, unb64
from crypto.signing import SigningKey
from tests.support import requester
from tests.support.api import refused
from tests.support.desk_bodies import a_case, a_message, a_note, grants_to, holders
from tests.support.desks import desks
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
        listing = requester.unpacked(await client.get("/api/desk/cases"))
        assert listing.pop("head")
        assert listing == {"cases": [], "unreadable": 0, "total": 0, "after": ""}


async def test_two_entries_or_grants_of_one_number_are_not_both_stored(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await a_case(open_for_requests, client)
        case, first = sealed.body["case"], holders(open_for_requests, sealed)[0]
        await open_for_requests.sign_in(client, first)
        assert (await client.post(f"/api/desk/cases/{case}/entries", json=a_note(case))).status_code == 201
        refused(await client.post(f"/api/desk/cases/{case}/entries", json=a_note(case)), 409, "stale")
        everyone = grants_to(case, open_for_requests.members, 0)
        assert (await client.put(f"/api/desk/cases/{case}/grants", json=everyone)).status_code == 200
        again = grants_to(case, open_for_requests.members, 0)
        refused(await client.put(f"/api/desk/cases/{case}/grants", json=again), 409, "stale")
        case_body = requester.unpacked(await client.get(f"/api/desk/cases/{case}"))
        assert len(case_body["holders"]) == 3
        assert [entry["number"] for entry in case_body["desk"]] == [0]


async def test_a_listed_case_is_opened_by_its_first_note(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await a_case(open_for_requests, client)
        case = sealed.body["case"]
        await open_for_requests.sign_in(client, holders(open_for_requests, sealed)[0])
        listed = requester.unpacked(await client.get("/api/desk/cases"))["cases"]
        assert [(row["case"], row["opened"]) for row in listed] == [(case, False)]
        await client.post(f"/api/desk/cases/{case}/entries", json=a_note(case))
        assert requester.unpacked(await client.get(f"/api/desk/cases/{case}"))["opened"]


async def test_a_closed_case_expires_a_week_after_its_closing(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await a_case(open_for_requests, client)
        await open_for_requests.sign_in(client, holders(open_for_requests, sealed)[0])
        closed = await client.post(f"/api/desk/cases/{sealed.body['case']}/close")
        assert closed.json() == {"expires": "2026-11-28"}


async def test_a_damaged_deletion_key_of_one_day_does_not_hide_the_cases_of_others(empty: Installation) -> None:
    empty.found(1)
    async with empty.client() as client:
        sealed = []
        for days in (5, 6):
            submission = await requester.seal(client, "milk", empty.clock.today, days=days)
            assert (await requester.submit(client, submission.body)).status_code == 201
            sealed.append(submission)
        await empty.sign_in(client, empty.members[0])
        key_store = empty.service.settings.key_store
        (key_store / f"day.{sealed[0].body['expires']}.1.key").write_bytes(b"damaged")
        empty.service.job.roots._opened.clear()  # as after a restart
        listed = requester.unpacked(await client.get("/api/desk/cases"))
        assert [row["case"] for row in listed["cases"]] == [sealed[1].body["case"]]
        assert listed["unreadable"] == 1
        refused(await client.get(f"/api/desk/cases/{sealed[0].body['case']}"), 503, "unavailable")
        refused(await client.post("/api/form/return", json={"token": sealed[0].token}), 503, "unavailable")
        other = await requester.seal(client, "milk", empty.clock.today, days=5)
        refused(await requester.submit(client, other.body), 503, "unavailable")
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
        assert not requester.unpacked(await client.get(f"/api/desk/cases/{case}"))["opened"]


async def test_a_grant_that_is_not_padded_is_refused(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await a_case(open_for_requests, client)
        case, first = sealed.body["case"], holders(open_for_requests, sealed)[0]
        await open_for_requests.sign_in(client, first)
        unpadded = grants_to(case, [first], 0)
        unpadded["grants"][0]["file"] = b64(age.encrypt(b"short", [first.epoch.recipient]))
        refused(await client.put(f"/api/desk/cases/{case}/grants", json=unpadded), 400, "invalid")


async def test_an_entry_of_the_requests_number_or_of_a_negative_one_is_refused(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await a_case(open_for_requests, client)
        case = sealed.body["case"]
        await open_for_requests.sign_in(client, holders(open_for_requests, sealed)[0])
        for wrong in ({"sequence": "shared", "number": 0}, {"number": -1}):
            refused(await client.post(f"/api/desk/cases/{case}/entries", json=a_note(case) | wrong), 400, "invalid")
        assert not requester.unpacked(await client.get(f"/api/desk/cases/{case}"))["opened"]


async def test_a_case_that_nobody_opened_for_two_days_is_only_counted_as_waiting(of_three: Installation) -> None:
    async with of_three.client() as person:
        sealed = await a_case(of_three, person)
    async with desks(of_three) as everyone:
        assert (await everyone[0].group())["waiting"] == 0
    of_three.clock.forward(days=2)
    async with desks(of_three) as everyone:
        group = await everyone[0].group()
        assert group["waiting"] == 1
        assert set(group["waiting_by"]) == {grant["member"] for grant in sealed.body["grants"]}
        holder = next(desk for desk in everyone if desk.member in holders(of_three, sealed))
        again = grants_to(sealed.body["case"], of_three.members, 0)
        await holder.client.put(f"/api/desk/cases/{sealed.body['case']}/grants", json=again)
        assert (await everyone[0].group())["waiting"] == 1  # a case that was handed over still counts as unread
        await holder.client.post(f"/api/desk/cases/{sealed.body['case']}/entries", json=a_note(sealed.body["case"]))
        assert (await everyone[0].group())["waiting"] == 0


async def test_two_holders_writing_at_once_get_a_number_each_and_overwrite_nothing(of_three: Installation) -> None:
    async with of_three.client() as person:
        sealed = await a_case(of_three, person)
    case = sealed.body["case"]
    async with desks(of_three, *holders(of_three, sealed)) as (first, second):
        assert (await first.client.post(f"/api/desk/cases/{case}/entries", json=a_note(case))).status_code == 201
        refused(await second.client.post(f"/api/desk/cases/{case}/entries", json=a_note(case)), 409, "stale")
        assert (await second.client.post(f"/api/desk/cases/{case}/entries", json=a_note(case, 1))).status_code == 201
        entries = requester.unpacked(await first.client.get(f"/api/desk/cases/{case}"))["desk"]
        assert [entry["number"] for entry in entries] == [0, 1]


async def test_a_list_carries_the_newest_message_of_each_case_and_a_single_row_carries_more(
    open_for_requests: Installation,
) -> None:
    async with open_for_requests.client() as client:
        sealed = await a_case(open_for_requests, client)
        case = sealed.body["case"]
        await open_for_requests.sign_in(client, holders(open_for_requests, sealed)[0])
        (row,) = requester.unpacked(await client.get("/api/desk/cases"))["cases"]
        assert row["shared"] == []
        files = []
        for number in range(1, 11):
            sent = a_message(case, number)
            assert (await client.post(f"/api/desk/cases/{case}/entries", json=sent)).status_code == 201
            files.append({"number": number, "file": unb64(sent["file"])})
        (row,) = requester.unpacked(await client.get("/api/desk/cases"))["cases"]
        assert row["shared"] == files[-1:]
        (row,) = requester.unpacked(await client.get(f"/api/desk/cases?case={case}"))["cases"]
        assert row["shared"] == files[::-1][:8]
