"""A person can send any form that `intake form check` accepts without JavaScript, with every answer at its limit."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from intake import settings
from intake.form.nojs import throttle
from intake.server import app
from intake.site import form_check
from intake.site.form_file import MAX_BYTES, MAX_FIELDS, MAX_TEXT
from intake.site.render import Site
from tests.support.form_files import HEAD, TOLD, errors
from tests.support.installation import Installation
from tests.support.nojs import post, readable, ready

ENGLISH = HEAD.replace('"I need something"', '{ en = "Help" }') + 'languages = ["en"]\n'


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept a page that is sent at once, because these tests do not move the clock."""
    monkeypatch.setattr(throttle, "MIN_AGE", 0)


@asynccontextmanager
async def served(installation: Installation, folder: Path, text: str) -> AsyncIterator[httpx.AsyncClient]:
    path = folder / "form.toml"
    path.write_text(text, "utf-8")
    assert not [problem for problem in form_check.check(path, advise=False) if problem.error]
    build = app.build(installation.service, Site(settings.read({"INTAKE_FORMS": str(path)})))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build), base_url="http://localhost") as client:
        yield client


NO_WORDS = {"q-words": ""}  # the forms of these tests do not ask for them


def several(name: str, options: Iterable[str]) -> str:
    listed = ", ".join(f'{{ id = "{option}", text = "Once" }}' for option in options)
    return f'[[questions]]\nid = "{name}"\nkind = "several"\ntext = "What would help?"\n{TOLD}options = [{listed}]\n'


def long(name: str, more: str = "") -> str:
    return f'[[questions]]\nid = "{name}"\nkind = "long"\ntext = "What should we know?"\n{TOLD}{more}\n'


async def test_a_form_of_sixty_questions_with_every_option_chosen_is_sent(
    open_for_requests: Installation, tmp_path: Path
) -> None:
    names, options = [f"q{number}" for number in range(60)], ["a", "b", "c", "d"]
    text = ENGLISH + "".join(several(name, options) for name in names)
    fields = ready(**{f"q-{name}": options for name in names}, **NO_WORDS)
    async with served(open_for_requests, tmp_path, text) as client:
        readable(await post(client, "", fields), 200, "Check your answers")
        readable(await post(client, "send/", fields), 200, "This is your receipt.")


async def test_the_largest_form_with_the_longest_answers_is_sent(open_for_requests: Installation, tmp_path: Path) -> None:
    longs = [f"words{number}" for number in range(MAX_BYTES // MAX_TEXT)]
    chosen = [f"{'o' * 20}{number}" for number in range(600)]
    text = ENGLISH + several("kinds", chosen) + "".join(long(name) for name in longs)
    filled = {f"q-{name}": "\U0001f95b" * (MAX_TEXT // 4) for name in longs}  # three times as long when url-encoded
    async with served(open_for_requests, tmp_path, text) as client:
        readable(await post(client, "send/", ready(**{"q-kinds": chosen, **filled, **NO_WORDS})), 200, "This is your receipt.")


async def test_text_beyond_the_limit_is_shown_again_and_not_lost(open_for_requests: Installation, tmp_path: Path) -> None:
    longs = [f"words{number}" for number in range(MAX_BYTES // MAX_TEXT + 1)]
    filled = {f"q-{name}": "é" * (MAX_TEXT // 2) for name in longs}
    async with served(open_for_requests, tmp_path, ENGLISH + "".join(long(name) for name in longs)) as client:
        page = await post(client, "", ready(**filled))
        readable(page, 400, "This is too long.")
        assert page.text.count("é" * (MAX_TEXT // 2)) == len(longs)


async def test_a_required_question_below_one_that_no_longer_applies_is_not_demanded(
    open_for_requests: Installation, tmp_path: Path
) -> None:
    below = 'required = true\nwhen = { question = "often", is = ["a"] }'
    often = several("often", ["a", "b"]) + 'when = { question = "kinds", is = ["a"] }\n'
    text = ENGLISH + several("kinds", ["a", "b"]) + often + long("detail", below)
    async with served(open_for_requests, tmp_path, text) as client:
        page = await post(client, "", ready(**{"q-kinds": ["b"], "q-often": ["a"]}))
        readable(page, 200, "Check your answers")
        readable(await post(client, "", ready(**{"q-kinds": ["a"], "q-often": ["a"]})), 400, "needs an answer")


async def test_an_answer_to_a_question_that_does_not_apply_is_no_request(
    open_for_requests: Installation, tmp_path: Path
) -> None:
    text = ENGLISH + several("kinds", ["a", "b"]) + long("detail", 'when = { question = "kinds", is = ["a"] }')
    async with served(open_for_requests, tmp_path, text) as client:
        readable(await post(client, "", ready(**{"q-detail": "milk"})), 400, "Choose a kind of help or write something")


def test_a_form_that_does_not_fit_is_refused_by_the_check(tmp_path: Path) -> None:
    options = [f"o{number}" for number in range(MAX_FIELDS + 1)]
    assert any("options and fields" in words for _, words in errors(tmp_path, ENGLISH + several("kinds", options)))
    wordy = several("kinds", ["a", "b"]).replace('"What would help?"', f'{{ en = "{"many words " * 6_000}" }}')
    assert any("its words take" in words for _, words in errors(tmp_path, ENGLISH + wordy))
