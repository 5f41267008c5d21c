"""Drafts at the desk: who reads them and when they are deleted. Also repeated requests, and cases that are reopened."""

from crypto import draft
from crypto.encoding import CaseId, b64, new_id
from crypto.labels import Label
from tests.support import requester
from tests.support.api import refused
from tests.support.desk_bodies import a_case, a_note, grants_to, holders
from tests.support.desks import desks
from tests.support.installation import Installation, Member

WORDS = "we can bring milk on Thursday"


def sealed_draft(case: str, by: Member, text: str = WORDS) -> dict[str, str]:
    """The body that a member's client stores."""
    typed = draft.Draft(format=Label.DRAFT.value, case=CaseId(case), member=by.id, after=1, fields={"reply": text})
    return {"file": b64(draft.seal(typed, by.signing))}


async def test_a_draft_is_returned_only_to_its_member_and_replaced_by_the_next(of_three: Installation) -> None:
    async with of_three.client() as person:
        sealed = await a_case(of_three, person)
    case = sealed.body["case"]
    async with desks(of_three, *holders(of_three, sealed)) as (first, second):
        address = f"/api/desk/cases/{case}/draft"
        for words in ("we c", WORDS):
            stored = await first.client.put(address, json=sealed_draft(case, first.member, words))
            assert stored.json() == {"stored": True}
        mine = requester.unpacked(await first.client.get(f"/api/desk/cases/{case}"))["draft"]
        opened = draft.open_(mine, first.member.signing, CaseId(case), first.member.id)
        assert opened.fields == {"reply": WORDS}
        assert requester.unpacked(await second.client.get(f"/api/desk/cases/{case}"))["draft"] == b""
        assert (await second.client.delete(address)).status_code == 200
        assert requester.unpacked(await first.client.get(f"/api/desk/cases/{case}"))["draft"] == mine
        for _ in range(2):
            assert (await first.client.delete(address)).json() == {"deleted": True}
            assert requester.unpacked(await first.client.get(f"/api/desk/cases/{case}"))["draft"] == b""


async def test_a_draft_in_a_case_of_others_or_of_another_kind_is_refused(of_three: Installation) -> None:
    async with of_three.client() as person:
        sealed = await a_case(of_three, person)
    case = sealed.body["case"]
    outsider = next(member for member in of_three.members if member not in holders(of_three, sealed))
    async with desks(of_three, outsider, holders(of_three, sealed)[0]) as (other, holder):
        for id_ in (case, new_id()):
            refused(await other.client.put(f"/api/desk/cases/{id_}/draft", json=sealed_draft(id_, outsider)), 404, "not-found")
            refused(await other.client.delete(f"/api/desk/cases/{id_}/draft"), 404, "not-found")
        grant = grants_to(case, [holder.member], 0)["grants"][0]["file"]  # an age file of a size that no draft has
        refused(await holder.client.put(f"/api/desk/cases/{case}/draft", json={"file": grant}), 400, "invalid")


async def test_a_draft_moves_with_its_case_and_ends_with_the_grant_of_its_member(of_three: Installation) -> None:
    async with of_three.client() as person:
        sealed = await a_case(of_three, person)
    case = sealed.body["case"]
    async with desks(of_three, *holders(of_three, sealed)) as (first, second):
        for desk in (first, second):
            await desk.client.put(f"/api/desk/cases/{case}/draft", json=sealed_draft(case, desk.member))
        mine = requester.unpacked(await first.client.get(f"/api/desk/cases/{case}"))
        closed = (await first.client.post(f"/api/desk/cases/{case}/close")).json()["expires"]
        after = requester.unpacked(await first.client.get(f"/api/desk/cases/{case}"))
        assert mine["expires"] > after["expires"] == closed
        assert after["draft"] == mine["draft"]
        await first.client.put(f"/api/desk/cases/{case}/grants", json=grants_to(case, [first.member], 0))
        await first.client.put(f"/api/desk/cases/{case}/grants", json=grants_to(case, [first.member, second.member], 1))
        assert requester.unpacked(await second.client.get(f"/api/desk/cases/{case}"))["draft"] == b""
        assert requester.unpacked(await first.client.get(f"/api/desk/cases/{case}"))["draft"] == mine["draft"]


async def test_a_draft_is_deleted_with_its_case(of_three: Installation) -> None:
    async with of_three.client() as person:
        sealed = await a_case(of_three, person)
        case = sealed.body["case"]
        async with desks(of_three, holders(of_three, sealed)[0]) as (holder,):
            await holder.client.put(f"/api/desk/cases/{case}/draft", json=sealed_draft(case, holder.member))
            assert stored_drafts(of_three) == 1
            withdrawn = await person.post("/api/form/withdraw", json={"token": sealed.token})
            assert withdrawn.status_code == 200, withdrawn.text
            assert stored_drafts(of_three) == 0


def stored_drafts(installation: Installation) -> int:
    with installation.service.database.transaction(read_only=True) as tx:
        return len(tx.exec_driver_sql("SELECT member FROM drafts").all())


async def test_grants_sent_twice_get_the_first_answer_and_others_of_that_version_are_refused(of_three: Installation) -> None:
    async with of_three.client() as person:
        sealed = await a_case(of_three, person)
    case = sealed.body["case"]
    async with desks(of_three, holders(of_three, sealed)[0]) as (holder,):
        address, grants = f"/api/desk/cases/{case}/grants", grants_to(case, of_three.members, 0)
        answers = [await holder.client.put(address, json=grants) for _ in range(2)]
        assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"version": 1})] * 2
        assert requester.unpacked(await holder.client.get(f"/api/desk/cases/{case}"))["version"] == 1
        refused(await holder.client.put(address, json=grants_to(case, of_three.members, 0)), 409, "stale")
        refused(await holder.client.put(address, json={**grants, "grants": grants["grants"][:1]}), 409, "stale")


async def test_an_entry_sent_twice_gets_the_first_answer_and_is_stored_once(of_three: Installation) -> None:
    async with of_three.client() as person:
        sealed = await a_case(of_three, person)
    case = sealed.body["case"]
    async with desks(of_three, holders(of_three, sealed)[0]) as (holder,):
        note = a_note(case)
        answers = [await holder.client.post(f"/api/desk/cases/{case}/entries", json=note) for _ in range(2)]
        assert [(answer.status_code, answer.json()) for answer in answers] == [(201, {"number": 0})] * 2
        assert len(requester.unpacked(await holder.client.get(f"/api/desk/cases/{case}"))["desk"]) == 1


async def test_a_closed_case_is_opened_again_and_never_kept_past_its_requesters_day(of_three: Installation) -> None:
    async with of_three.client() as person:
        sealed = await requester.seal(person, "milk", of_three.clock.today, days=20)
        assert (await requester.submit(person, sealed.body)).status_code == 201
    case, latest = sealed.body["case"], sealed.body["expires"]
    async with desks(of_three, holders(of_three, sealed)[0]) as (holder,):
        before = requester.unpacked(await holder.client.get(f"/api/desk/cases/{case}"))["expires"]
        closed = (await holder.client.post(f"/api/desk/cases/{case}/close")).json()["expires"]
        of_three.clock.forward(days=3)
    async with desks(of_three, holders(of_three, sealed)[0]) as (holder,):
        for _ in range(2):
            opened = (await holder.client.post(f"/api/desk/cases/{case}/reopen")).json()["expires"]
            shown = requester.unpacked(await holder.client.get(f"/api/desk/cases/{case}"))
            assert shown["open"]
            assert closed < opened == shown["expires"] <= before <= latest
        outsider = next(member for member in of_three.members if member not in holders(of_three, sealed))
    async with desks(of_three, outsider) as (other,):
        refused(await other.client.post(f"/api/desk/cases/{case}/reopen"), 404, "not-found")
