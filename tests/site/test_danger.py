"""The form says what to do in danger before the first question, in each language with its own number."""

import httpx2 as httpx
import pytest

from intake import phones, settings
from intake.errors import InvalidError, SettingsError
from intake.server import app
from intake.site.render import Site
from tests.support.installation import Installation
from tests.support.rendered import rendered

pytestmark = pytest.mark.uncounted

FIRST = "What would help?"


def page(language: str, **environment: str) -> str:
    return Site(settings.read(environment)).files[f"/{language}/"].body.decode()


def test_the_form_says_what_to_do_in_danger_before_the_first_question() -> None:
    text = rendered().files["/en/"].body.decode()
    assert text.index("If you are in danger now, call the emergency number where you are.") < text.index(FIRST)


def test_each_language_has_its_own_number_and_the_others_the_common_one() -> None:
    numbers = {"INTAKE_DANGER_PHONE": "112; es=+34 900 000 000; ar=crisis line 15"}
    english, spanish, arabic = (page(code, **numbers) for code in ("en", "es", "ar"))
    assert '<a href="tel:112" dir="ltr">112</a>' in english
    assert '<a href="tel:+34900000000" dir="ltr">+34 900 000 000</a>' in spanish
    assert "<bdi>crisis line 15</bdi>" in arabic
    assert english.index("tel:112") < english.index(FIRST)


def test_a_group_can_leave_the_line_out() -> None:
    assert "in danger" not in page("en", INTAKE_DANGER_PHONE="off")


def test_a_phone_number_is_text_on_the_page_and_not_markup() -> None:
    assert "<bdi>1 &lt;b&gt;</bdi>" in page("en", INTAKE_DANGER_PHONE="1 <b>")


@pytest.mark.parametrize("text", ["nobody", "112; 911", "es=112; es=113", "es=", "1" * 61, "1\n2"])
def test_a_wrong_number_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="INTAKE_DANGER_PHONE"):
        phones.parse(text)


def test_a_language_that_the_pages_do_not_have_is_named() -> None:
    with pytest.raises(InvalidError, match="INTAKE_DANGER_PHONE names no language of the pages: xx"):
        page("en", INTAKE_DANGER_PHONE="xx=112")


async def test_without_javascript_the_danger_line_is_before_the_choice_and_before_the_questions(
    open_for_requests: Installation,
) -> None:
    site = Site(settings.read({"INTAKE_DANGER_PHONE": "112"}))
    transport = httpx.ASGITransport(app.build(open_for_requests.service, site))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        start = await client.get("/nojs/en/")
        form = await client.post("/nojs/en/", data={"step": "begin", "form": "need"})
    assert 0 < start.text.index("tel:112") < start.text.index("I need something")
    assert 0 < form.text.index("tel:112") < form.text.index(FIRST)
