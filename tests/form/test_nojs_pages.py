"""From outside, a refusal of the pages without JavaScript is a readable page. No text is lost or stored."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest

from crypto import receipt
from crypto.encoding import new_id
from crypto.entry import Sequence
from intake.errors import GoneError, InvalidError
from intake.form.nojs import throttle
from intake.form.nojs.messages import in_words
from intake.site.form_file import MAX_LINE, MAX_TEXT
from intake.site.languages import languages
from intake.store import schema
from intake.store.cases import cases
from intake.store.members import members
from intake.web import bodies
from retention.errors import KeyStoreError
from tests.support import requester
from tests.support.installation import Installation
from tests.support.nojs import FORM, post, readable, ready, ticket


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept a page that is sent at once, because these tests do not move the clock."""
    monkeypatch.setattr(throttle, "MIN_AGE", 0)


def refuse(*_: object, **__: object) -> None:
    raise KeyStoreError("gone")


async def test_before_anyone_has_enrolled_nothing_is_asked(empty: Installation) -> None:
    async with empty.client() as client:
        readable(await client.get("/nojs/en/"), 503, "We are not taking requests yet.")
        readable(await post(client, "send/", ready()), 503, "What you wrote is still here.")


async def test_a_refused_page_keeps_the_typed_answers(open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_for_requests.client() as client:
        readable(await post(client, "", {"form": "need", "name": "Sam & Kim"}), 400, "Sam &amp; Kim")
        readable(await post(client, "send/", ready(case="nonsense")), 400, ">milk</textarea>")
        readable(await post(client, "send/", ready(code="1234")), 400, ">milk</textarea>")
        readable(await post(client, "", ready(name="x" * (MAX_LINE + 1))), 400, "this is too long. Please shorten it.")
        readable(await post(client, "", ready(**{"q-words": "é" * (MAX_TEXT // 2 + 1)})), 400, "this is too long.")
        readable(await post(client, "send/", ready(name="x" * (MAX_LINE + 1))), 400, ">milk</textarea>")
        too_much = {
            "q-words": "\U0001f95b" * (MAX_TEXT // 4),
            **dict.fromkeys(("name", "how", "safe_time"), "\x01" * MAX_LINE),
        }
        assert (await post(client, "send/", ready(**too_much))).status_code == 200

        monkeypatch.setattr("intake.store.cases.submissions.submit", refuse)
        readable(await post(client, "send/", ready()), 503, ">milk</textarea>")


async def test_a_page_opened_before_the_form_changed_loses_nothing(open_for_requests: Installation) -> None:
    changed = "The group has changed its form since you opened this page."
    async with open_for_requests.client() as client:
        gone = await post(client, "", ready(form="winter", how="555 0100"))
        readable(gone, 409, changed)
        readable(gone, 409, '<input type="hidden" name="q-words" value="milk">')
        chosen = await post(
            client, "", {"step": "begin", "form": "need", "q-words": "milk", "how": "555 0100", "q-street": "1"}
        )
        readable(chosen, 200, ">milk</textarea>")
        readable(chosen, 200, 'value="555 0100"')
        asked_no_more = ready(**{"q-landmark": "by the bridge"})
        for path in ("", "send/"):
            answer = await post(client, path, asked_no_more)
            if path:
                readable(answer, 409, changed)
                readable(answer, 409, ">milk</textarea>")
            readable(answer, answer.status_code, "by the bridge</li>")
        asked_no_more.pop("q-landmark")
        readable(await post(client, "send/", asked_no_more), 200, "receipt")


async def test_a_body_that_this_page_cannot_send_is_refused(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_for_requests.client() as client:
        for content, kind in (
            (b"q-words=milk", "multipart/form-data; boundary=x"),
            (b"q-words=milk", "text/plain"),
            (b"q-words=%ff%fe", "application/x-www-form-urlencoded"),
            ("q-words=\u00e9".encode(), "application/x-www-form-urlencoded"),
            (b"&".join(b"a=b" for _ in range(1100)), "application/x-www-form-urlencoded"),
        ):
            answer = await client.post("/nojs/en/", content=content, headers={"content-type": kind})
            readable(answer, 400, "The page may be too old")
        readable(await post(client, "", {"q-words": "x" * bodies.PAGE}), 413, "too long")
        monkeypatch.setattr(bodies, "SECONDS", 0.01)

        async def slow() -> Any:
            yield b"q-words="
            await asyncio.sleep(1)

        readable(await client.post("/nojs/en/", content=slow(), headers=FORM), 408, "too slow")
        answer = await client.get("/nojs/xx/")
        assert answer.status_code == 404
        # An older browser's own form: no Sec-Fetch-Site, and no origin since the page names no referrer.
        older = {**FORM, "origin": "null"}
        assert (
            await client.post("/nojs/en/send/", content=urlencode(ready(ticket=await ticket(client))), headers=older)
        ).status_code == 200
        assert (await client.post("/api/form/offer", json={"case": new_id()}, headers={"origin": "null"})).status_code == 403
        evil = {**FORM, "sec-fetch-site": "cross-site"}
        assert (await client.post("/nojs/en/send/", content=urlencode(ready()), headers=evil)).status_code == 403


async def test_an_unoffered_choice_becomes_the_first_choice_without_an_error(
    open_for_requests: Installation,
) -> None:
    async with open_for_requests.client() as client:
        odd = ready(voicemail="perhaps", days="9999", **{"q-kinds": ["groceries", "gold"]})
        answer = await post(client, "send/", odd)
        readable(answer, 200, "This is your receipt.")
        assert "December 21, 2026 at 00:00 UTC" in answer.text


async def test_sent_twice_is_stored_once_and_another_case_under_the_same_receipt_is_refused(
    open_for_requests: Installation,
) -> None:
    async with open_for_requests.client() as client:
        fields = ready()
        first, second = await post(client, "send/", fields), await post(client, "send/", fields)
        assert first.text == second.text
        readable(await post(client, "send/", ready(code=fields["code"])), 409, "Something has changed in the meantime.")


async def test_a_key_that_is_replaced_at_each_attempt_ends_with_a_readable_page(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_for_requests.client() as client:
        monkeypatch.setattr("intake.form.assignment_offer.SECONDS", -1)
        readable(await post(client, "send/", ready()), 409, ">milk</textarea>")


async def test_a_receipt_on_the_path_without_javascript(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = open_for_requests
    async with installation.client() as client:
        hidden = ready(hidden="yes")
        await post(client, "send/", hidden)
        opened = await post(client, "return/", {"code": hidden["code"]})
        readable(opened, 200, "What you wrote is not shown here")
        assert "milk" not in opened.text
        long = "\U0001f95b" * 19_000
        readable(await post(client, "return/", {"code": hidden["code"], "step": "message", "text": long}), 413, "too long")
        shown = await post(client, "return/", {"code": hidden["code"], "step": "message", "text": "not for home"})
        readable(shown, 200, "Your message is sent.")
        assert "not for home" not in shown.text
        with monkeypatch.context() as broken:
            broken.setattr(
                "retention.key_stores.file.FileKeyStore.destroy",
                lambda *_, **__: (_ for _ in ()).throw(KeyStoreError("no")),
            )
            readable(
                await post(client, "return/", {"code": hidden["code"], "step": "withdraw"}), 200, "Your request is hidden now."
            )
        readable(await post(client, "return/", {"code": hidden["code"]}), 404, "We found no request for this receipt.")
        unknown = receipt.generate()
        readable(await post(client, "return/", {"code": unknown}), 404, "We found no request for this receipt.")
        kept = ready()
        await post(client, "send/", kept)
        installation.clock.forward(days=8)
        gone = "This request was deleted on the planned date, November 28, 2026 at 00:00 UTC."
        readable(await post(client, "return/", {"code": kept["code"]}), 410, gone)


async def test_a_phone_number_is_isolated_from_the_arabic_words_around_it_on_the_return_page(
    open_for_requests: Installation,
) -> None:
    async with open_for_requests.client() as client:
        sent = ready(**{"q-words": "هاتفي +1 (555) 010-0199 مساء"})
        readable(await post(client, "", sent), 200, 'هاتفي <bdi dir="ltr">+1 (555) 010-0199</bdi> مساء</dd>')
        assert (await post(client, "send/", sent)).status_code == 200
        opened = await post(client, "return/", {"code": sent["code"], "step": "message", "text": "<b> ٠١٧٠١٢٣٤٥٦٧"})
        readable(opened, 200, 'هاتفي <bdi dir="ltr">+1 (555) 010-0199</bdi> مساء</dd>')
        readable(opened, 200, '&lt;b&gt; <bdi dir="ltr">٠١٧٠١٢٣٤٥٦٧</bdi></p>')


async def test_the_receipts_holder_sees_that_a_server_changed_their_request(open_for_requests: Installation) -> None:
    installation = open_for_requests
    async with installation.client() as client:
        sent = ready()
        await post(client, "send/", sent)
        await post(client, "return/", {"code": sent["code"], "step": "message", "text": "more"})
        with installation.service.database.transaction() as tx:
            lookup = receipt.stretch(sent["code"], installation.service.keys(tx).group).lookup
            location = cases.find_by_lookup(tx, lookup, installation.clock.today).location
            first = cases.entries(tx, installation.service.row_keys, location, Sequence.SHARED)[0].file
            assert first is not None
            # A host with the rows' keys replaces the message by a second copy of the request.
            table = schema.entries
            tx.execute(table.delete().where(table.c.case_id == location.case, table.c.number == 1))
            cases.add_entry(tx, installation.service.row_keys, location, Sequence.SHARED, 1, first, for_requester=True)
        readable(
            await post(client, "return/", {"code": sent["code"]}), 200, "Something in this request is missing or was changed"
        )


def test_refusals_have_complete_messages_in_every_language() -> None:
    for language in languages().values():
        assert "%(" not in in_words(GoneError("2026-11-21"), language)
        assert in_words(InvalidError("x"), language)


async def test_a_grown_group_is_asked_by_the_path_without_javascript_too(open_for_requests: Installation) -> None:
    installation = open_for_requests
    async with installation.client() as client:
        await post(client, "send/", ready())
        with installation.service.database.transaction() as tx:
            assert len(members.seats(tx)) == 3
            assert tx.exec_driver_sql("SELECT count(*) FROM grants").scalar_one() == 2
            assert tx.exec_driver_sql("SELECT sealed_by FROM cases").scalar_one() == "server"
        assert (await requester.key_list(client, installation.clock.today)).members.keys() == {
            m.id for m in installation.members
        }
