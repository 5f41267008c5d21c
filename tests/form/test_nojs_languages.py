"""Without JavaScript, a person changes the language in the middle of a page. The page keeps what they typed."""

import re
from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx
import pytest

from crypto import receipt
from intake.form.nojs import throttle
from intake.form.nojs.throttle import Buckets
from tests.support.installation import Installation
from tests.support.nojs import FORM, post, readable, ready, ticket

TYPED: dict[str, Any] = {
    "form": "need",
    "q-words": "milk & <bread>",
    "how": "555 0100",
    "q-kinds": ["baby", "groceries"],
    "days": "3",
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept a page that is sent at once, because these tests do not move the clock."""
    monkeypatch.setattr(throttle, "MIN_AGE", 0)


async def switched(client: httpx.AsyncClient, page: httpx.Response, to: str = "es", /, **typed: Any) -> httpx.Response:
    """Press a language's button on a page as a browser does: send hidden fields, typed text and the button's own value."""
    button = re.search(rf'<button class="link" lang="{to}"[^>]* form="typed"[^>]*formaction="([^"]+)"([^>]*)>', page.text)
    assert button, page.text
    named = re.search(r'name="(\w+)" value="([\w-]+)"', button[2])
    hidden = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', page.text))
    body = {**hidden, **typed, **({named[1]: named[2]} if named else {})}
    assert "milk" not in button[1]
    return await client.post(button[1], content=urlencode(body, doseq=True), headers=FORM)


async def test_the_form_in_another_language_keeps_every_answer(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        page = await post(client, "", {"step": "begin", "form": "need"})
        spanish = await switched(client, page, **TYPED)
        readable(spanish, 200, '<html lang="es"')
        for kept in (">milk &amp; &lt;bread&gt;</textarea>", 'value="555 0100"'):
            readable(spanish, 200, kept)
        chosen = set(re.findall(r'id="need-([\w-]+)"[^>]* checked', spanish.text))
        assert {"kinds-baby", "kinds-groceries", "days-3"} <= chosen
        assert 'role="alert"' not in spanish.text, "an unfinished form shows no errors"
        opened = re.compile('name="ticket" value="([^"]+)"')
        assert opened.findall(spanish.text) == opened.findall(page.text), "the form keeps the time of its opening"


async def test_the_check_page_in_another_language_can_be_sent(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        check = await post(client, "", TYPED | {"ticket": await ticket(client)})
        readable(check, 200, 'id="answers"')
        spanish = await switched(client, check, **{"q-kinds": TYPED["q-kinds"], "q-words": TYPED["q-words"]})
        readable(spanish, 200, 'id="answers"')
        readable(spanish, 200, '<html lang="es"')
        fields = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', spanish.text))
        assert fields["days"] == "3"
        sent = await client.post("/nojs/es/send/", content=urlencode(fields), headers=FORM)
        readable(sent, 200, 'class="receipt"')
        assert 'formaction="/nojs/' not in sent.text
        assert "<a lang=" not in sent.text, "no link leaves a receipt, which cannot be shown twice"


async def test_the_page_that_asks_for_a_receipt_keeps_the_digits_and_opens_nothing(open_for_requests: Installation) -> None:
    code = receipt.generate()
    async with open_for_requests.client() as client:
        page = await client.get("/nojs/en/return/")
        spanish = await switched(client, page, code=code[:10])
        readable(spanish, 200, f'value="{code[:10]}"')
        readable(spanish, 200, '<html lang="es"')
        assert 'role="alert"' not in spanish.text


async def test_a_message_that_waits_for_its_receipt_is_kept(
    open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = receipt.generate()
    async with open_for_requests.client() as client:
        monkeypatch.setattr(Buckets, "take", lambda *_: False)
        page = await post(client, "return/", {"code": code, "step": "message", "text": "bring & milk"})
        readable(page, page.status_code, "bring &amp; milk</textarea>")
        spanish = await switched(client, page, "ar", code=code, text="bring & milk")
        readable(spanish, 200, "bring &amp; milk</textarea>")
        readable(spanish, 200, 'name="step" value="message"')


async def test_an_opened_request_in_another_language_keeps_unsent_text(open_for_requests: Installation) -> None:
    fields = ready()
    async with open_for_requests.client() as client:
        readable(await post(client, "send/", fields), 200, "receipt")
        case = await post(client, "return/", {"code": fields["code"]})
        readable(case, 200, 'id="text"')
        spanish = await switched(client, case, text="I moved & have a new phone", day="")
        readable(spanish, 200, '<html lang="es"')
        readable(spanish, 200, "I moved &amp; have a new phone</textarea>")


async def test_enter_in_a_field_continues_and_does_not_change_the_language(open_for_requests: Installation) -> None:
    """A browser presses the first button that belongs to the form."""
    async with open_for_requests.client() as client:
        for page in (await post(client, "", {"step": "begin", "form": "need"}), await client.get("/nojs/en/return/")):
            first = re.findall(r'<button[^>]*form="typed"[^>]*>|<form[^>]*id="typed"', page.text)[0]
            assert "formaction" not in first
            assert 'name="language"' not in first


async def test_a_page_on_which_nothing_was_typed_has_plain_links(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        page = await client.get("/nojs/en/")
        assert '<a lang="es"' in page.text
        assert 'form="typed"' not in page.text
