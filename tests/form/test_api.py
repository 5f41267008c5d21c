"""The requester's API over a real store: a whole request, and every bad input that docs/reference/openapi.yaml names."""

import asyncio
import datetime as dt
from typing import Any

import pytest

from crypto import age, entry, receipt
from crypto.age import Identity
from crypto.encoding import CaseId, b64, new_id
from crypto.sheet import Sizes
from crypto.signing import SigningKey
from intake.server.middleware import HEADERS
from intake.store.members import members
from intake.web import bodies
from retention.errors import KeyStoreError
from tests.support import requester
from tests.support.api import post, refused
from tests.support.installation import Installation

ANYONE = Identity.generate().recipient


async def test_a_request_is_stored_then_read_with_its_receipt_then_answered_then_withdrawn(
    open_for_requests: Installation,
) -> None:
    today = open_for_requests.clock.today
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "حليب", today)
        stored = await post(client, "cases", sealed.body)
        assert stored.status_code == 201
        assert len(sealed.body["grants"]) == 2
        again = await post(client, "cases", sealed.body)
        assert (again.status_code, again.json()) == (201, stored.json())
        back = requester.unpacked(await post(client, "return", {"token": sealed.token}))
        opened = receipt.stretch(sealed.code, (await requester.key_list(client, today)).group)
        case = CaseId(back["case"])
        given = receipt.open_grant(back["receipt_grant"], opened, case)
        position = entry.Position(case, entry.Sequence.SHARED, 0)
        request = entry.open_(
            back["entries"][0]["file"],
            position,
            [opened.identity],
            {0: given.mac_key},
            lambda *_: SigningKey.generate().verifying_key,
        )
        assert isinstance(request.content, entry.Request)
        assert request.content.answers[0].values == ["حليب"]
        message = entry.seal(
            entry.Position(case, entry.Sequence.SHARED, 1),
            entry.Kind.CORRECTION,
            entry.Text(text="two litres"),
            day=today.isoformat(),
            previous=given.request,
            recipients=[given.case_recipient, opened.identity.recipient],
            mac_key=given.mac_key,
        )
        body = {"token": sealed.token, "number": 1, "shown": True, "file": b64(message)}
        assert (await post(client, "entries", body)).status_code == 201
        refused(await post(client, "entries", {**body, "number": 3}), 409, "stale")
        refused(await post(client, "entries", {**body, "number": 0}), 400, "invalid")
        assert (await post(client, "withdraw", {"token": sealed.token})).json() == {"destroyed": True}
        for path in ("return", "withdraw"):
            refused(await post(client, path, {"token": sealed.token}), 404, "not-found")
        # A retry after the withdrawal does not restore the request.
        refused(await post(client, "cases", sealed.body), 409, "stale")


async def test_a_withdrawn_and_an_unknown_receipt_are_answered_alike(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "x", open_for_requests.clock.today)
        await post(client, "cases", sealed.body)
        await post(client, "withdraw", {"token": sealed.token})
        withdrawn = await post(client, "return", {"token": sealed.token})
        unknown = await post(client, "return", {"token": b64(bytes(32))})
        assert withdrawn.content == unknown.content
        assert withdrawn.headers == unknown.headers


async def test_the_finder_of_a_receipt_does_not_get_a_hidden_request(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "x", open_for_requests.clock.today, shown=False)
        assert (await post(client, "cases", sealed.body)).status_code == 201
        back = requester.unpacked(await post(client, "return", {"token": sealed.token}))
        assert [entry["file"] for entry in back["entries"]] == [None]


async def test_a_receipt_shows_the_day_on_which_its_case_was_deleted(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "x", open_for_requests.clock.today, days=1)
        await post(client, "cases", sealed.body)
        open_for_requests.clock.forward(days=2)
        answer = await post(client, "return", {"token": sealed.token})
        refused(answer, 410, "gone")
        assert answer.json()["day"] == "2026-11-22"


async def test_the_form_is_not_open_before_the_first_coordinator(empty: Installation) -> None:
    async with empty.client() as client:
        assert (await client.get("/api/form/keylist")).json()["entries"] == []
        refused(await post(client, "offer", {"case": new_id()}), 503, "not-open")
        assert (await client.get("/healthz/live")).json() == {"status": "up"}


async def test_a_statement_of_a_member_whom_the_host_adds_is_neither_believed_nor_offered(
    open_for_requests: Installation,
) -> None:
    with open_for_requests.service.database.transaction() as tx:
        tx.exec_driver_sql("update epochs set statement = replace(statement, 'age1pq1', 'age1pq1q')")
    async with open_for_requests.client() as client:
        refused(await post(client, "offer", {"case": new_id()}), 503, "no-recent-sign-in")


BAD: list[tuple[str, dict[str, Any], int, str]] = [
    ("a malformed file", {"request": b"AAAA"}, 400, "invalid"),
    ("a file as text", {"request": "AAAA"}, 400, "invalid"),
    ("an unpadded size", {"request": age.encrypt(b"x", [ANYONE, ANYONE])}, 400, "invalid"),
    ("one recipient too few", {"request": age.encrypt(bytes(Sizes.REQUEST.value[0]), [ANYONE])}, 400, "invalid"),
    ("a receipt grant of another size", {"receipt_grant": age.encrypt(b"x", [ANYONE])}, 400, "invalid"),
    ("no grants", {"grants": []}, 400, "invalid"),
    ("an id that is none", {"case": "x"}, 400, "invalid"),
    ("a look-up that is none", {"lookup": "x"}, 400, "invalid"),
    ("a day that is none", {"expires": "soon"}, 400, "invalid"),
    ("a day in the past", {"expires": "2026-11-19"}, 409, "stale"),
    ("a day less than was agreed to", {"days": 1, "expires": "2026-11-21"}, 409, "stale"),
    ("a day more than was agreed to", {"days": 1, "expires": "2026-11-23"}, 409, "stale"),
    ("no day at all", {"days": 0, "expires": "2026-11-21"}, 400, "invalid"),
    ("a day beyond the maximum", {"days": 91, "expires": "2027-02-20"}, 400, "invalid"),
    ("another case's offer", {"case": new_id()}, 409, "stale"),
    ("an offer that is none of ours", {"offer": "x.y"}, 409, "stale"),
    ("an unknown member", {"more": 1}, 400, "invalid"),
]


@pytest.mark.parametrize(("change", "status", "kind"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
async def test_bad_input_is_refused_and_changes_nothing(
    open_for_requests: Installation, change: dict[str, Any], status: int, kind: str
) -> None:
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "x", open_for_requests.clock.today)
        refused(await post(client, "cases", {**sealed.body, **change}), status, kind)
        refused(await post(client, "return", {"token": sealed.token}), 404, "not-found")


async def test_grants_to_others_twice_to_one_or_under_a_replaced_key_are_refused(open_for_requests: Installation) -> None:
    today, service = open_for_requests.clock.today, open_for_requests.service
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "x", today)
        first, second = sealed.body["grants"]
        refused(await post(client, "cases", {**sealed.body, "grants": [first, first]}), 400, "invalid")
        foreign = [first, {**second, "member": new_id()}]
        refused(await post(client, "cases", {**sealed.body, "grants": foreign}), 400, "invalid")
        chosen = next(m for m in open_for_requests.members if m.id == first["member"])
        chosen.epoch = Identity.generate()
        with service.database.transaction() as tx:
            keys = service.keys(tx)
            members.set_epoch(tx, service.row_keys, open_for_requests.seat(chosen, keys.group, keys.head))
        refused(await post(client, "cases", sealed.body), 409, "stale")
        again = await requester.seal(client, "x", today, case=sealed.body["case"])
        assert (await post(client, "cases", again.body)).status_code == 201


async def test_a_replayed_id_with_other_content_is_a_conflict(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "one", open_for_requests.clock.today)
        await post(client, "cases", sealed.body)
        other = await requester.seal(client, "two", open_for_requests.clock.today, case=sealed.body["case"])
        refused(await post(client, "cases", other.body), 409, "taken")


async def test_an_expired_offer_is_refused(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        refused(await post(client, "offer", {"case": "x"}), 400, "invalid")
        first = await requester.seal(client, "x", open_for_requests.clock.today)
        assert (await post(client, "cases", first.body)).status_code == 201
        sealed = await requester.seal(client, "x", open_for_requests.clock.today)
        open_for_requests.clock.forward(minutes=11)
        refused(await post(client, "cases", sealed.body), 409, "stale")
        again = await requester.seal(client, "x", open_for_requests.clock.today)
        assert (await post(client, "cases", again.body)).status_code == 201


async def test_bodies_that_are_too_large_too_slow_cut_off_or_no_json_are_refused(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_for_requests.client() as client:
        refused(await post(client, "offer", {"case": "x" * 20_000}), 413, "too-large")
        refused(await post(client, "return", {"token": "x"}), 400, "invalid")
        plain = await client.post("/api/form/offer", content=b"{}", headers={"content-type": "text/plain"})
        refused(plain, 400, "invalid")

        async def slow() -> Any:
            yield b"{"
            await asyncio.sleep(1)
            yield b"}"

        monkeypatch.setattr(bodies, "SECONDS", 0.05)
        answer = await client.post("/api/form/offer", content=slow(), headers={"content-type": "application/json"})
        refused(answer, 408, "slow")


async def test_writes_from_another_sites_page_are_refused(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
            answer = await client.post("/api/form/offer", json={"case": new_id()}, headers=headers)
            refused(answer, 403, "foreign-origin")
        for headers in ({"sec-fetch-site": "same-origin"}, {"origin": "http://localhost"}):
            answer = await client.post("/api/form/offer", json={"case": new_id()}, headers=headers)
            assert answer.status_code == 200


async def test_an_unknown_address_or_method_gets_a_problem_answer(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        for answer, status in (
            (await client.get("/api/no"), 404),
            (await client.get("/api/form/no"), 404),
            (await client.get("/api/form/offer"), 405),
        ):
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]


async def test_a_failing_store_acknowledges_nothing_and_reveals_nothing(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "canary", open_for_requests.clock.today)
        with open_for_requests.service.database.transaction() as tx:
            tx.exec_driver_sql("alter table grants rename to grants_away")
        answer = await post(client, "cases", sealed.body)
        refused(answer, 503, "unavailable")
        with open_for_requests.service.database.transaction() as tx:
            tx.exec_driver_sql("alter table grants_away rename to grants")
        assert (await post(client, "cases", sealed.body)).status_code == 201

        def broken(*_: object, **__: object) -> None:
            raise KeyStoreError("the key store's directory cannot be written")

        monkeypatch.setattr(open_for_requests.service.row_keys.key_store, "destroy", broken)
        answer = await post(client, "withdraw", {"token": sealed.token})
        assert answer.json() == {"destroyed": False}
        monkeypatch.undo()
        report = open_for_requests.service.job.run(open_for_requests.clock.today)
        assert len(report.keys) == 1


async def test_an_unexpected_error_is_a_problem_answer_without_content(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("canary")

    async with open_for_requests.client() as client:
        monkeypatch.setattr(type(open_for_requests.service), "keys", broken)
        answer = await post(client, "offer", {"case": new_id()})
        refused(answer, 500, "failed")
        assert "canary" not in answer.text


async def test_many_at_once_share_commits_and_each_gets_its_own_answer(open_for_requests: Installation) -> None:
    today = open_for_requests.clock.today
    async with open_for_requests.client() as client:
        sealed = [await requester.seal(client, f"{n}", today) for n in range(12)]
        bad = {**sealed[5].body, "grants": sealed[6].body["grants"][:1]}
        answers = await asyncio.gather(
            *(post(client, "cases", bad if n == 5 else request.body) for n, request in enumerate(sealed))
        )
        assert [a.status_code for a in answers] == [400 if n == 5 else 201 for n in range(12)]
    assert dt.date(2026, 11, 20) == open_for_requests.clock.today


async def test_a_browser_fetches_at_most_22_kilobytes_before_it_encrypts_in_a_group_of_twenty(
    empty: Installation,
) -> None:
    empty.found(20)
    async with empty.client() as client:
        keys = await client.get("/api/form/keylist")
        offer = await client.post("/api/form/offer", json={"case": new_id()})
        assert len(offer.json()["seats"]) == 4
        assert len(keys.content) + len(offer.content) <= 22 * 1024


async def test_new_cases_are_assigned_to_the_two_with_the_fewest_open_ones(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        for _ in range(6):
            sealed = await requester.seal(client, "milk", open_for_requests.clock.today)
            assert (await post(client, "cases", sealed.body)).status_code == 201
    with open_for_requests.service.database.transaction() as tx:
        counts = tx.exec_driver_sql("SELECT count(*) FROM grants GROUP BY member").scalars().all()
    assert counts == [4, 4, 4]


async def test_a_late_retry_does_not_bring_a_withdrawn_case_back(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "milk", open_for_requests.clock.today)
        assert (await post(client, "cases", sealed.body)).status_code == 201
        assert (await post(client, "withdraw", {"token": sealed.token})).json() == {"destroyed": True}
        refused(await post(client, "cases", sealed.body), 409, "stale")
        refused(await post(client, "return", {"token": sealed.token}), 404, "not-found")
        open_for_requests.clock.forward(seconds=601)
        other = await requester.seal(client, "milk", open_for_requests.clock.today)
        assert (await post(client, "cases", other.body)).status_code == 201
        refused(await post(client, "cases", sealed.body), 409, "stale")


async def test_a_request_sent_again_after_its_offer_expired_is_stored_once(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = open_for_requests
    async with installation.client() as client:
        sealed = await requester.seal(client, "milk", installation.service.today)
        assert (await requester.submit(client, sealed.body)).status_code == 201
        monkeypatch.setattr("intake.form.assignment_offer.SECONDS", -1)
        assert (await requester.submit(client, sealed.body)).status_code == 201
        other = await requester.seal(client, "bread", installation.service.today)
        assert (await requester.submit(client, other.body)).status_code == 409
