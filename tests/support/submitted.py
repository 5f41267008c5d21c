"""Send a request over HTTP from Python, for browser tests about what happens to the request afterwards.

A browser takes 1.2 s of processor time to fill in the form and send it. tests/e2e/test_form_pages.py, test_sending.py
and test_desk.py test that part.
"""

import asyncio
import datetime as dt
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx2 as httpx
from msgspec import structs

from crypto.content import Answer, Contact, Recipients, Request
from intake.service.service import utc_now
from tests.support import requester, world
from tests.support.browser import Site

Result = TypeVar("Result")
KINDS = {"Groceries": "groceries", "A ride": "ride"}


def submit_request(
    site: Site,
    words: str,
    kinds: Sequence[str] = (),
    *,
    form: str = "need",
    days: int = 30,
    name: str = "",
    language: str = "en",
    contact: Contact | None = None,
) -> str:
    """Send a request as the sample form does; return the receipt."""

    def content(words: str, deletion: dt.date, to: Recipients) -> Request:
        answers = [Answer("words", "What should we know?", [words], [])]
        if kinds:
            answers.insert(0, Answer("kinds", "What would help?", [KINDS.get(kind, kind) for kind in kinds], list(kinds)))
        request = world.request(words, deletion, to)
        reached = contact or request.contact
        said = {"form": form, "direction": form, "answers": answers, "name": name, "language": language, "contact": reached}
        return structs.replace(request, **said)

    async def send() -> str:
        async with httpx.AsyncClient(base_url=site.address, timeout=30) as client:
            sealed = await requester.seal(client, words, utc_now().date(), days=days, content=content)
            answer = await requester.submit(client, sealed.body)
            assert answer.status_code == 201, answer.text
            return sealed.code

    return run(send())


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in a thread of its own, because the browser's event loop occupies this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
