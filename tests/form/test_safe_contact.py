"""Safe contact without JavaScript: its questions, what is sent, and no as the meaning of a missing answer."""

import pytest

from intake.form.nojs import throttle
from tests.support.installation import Installation
from tests.support.nojs import post, readable, ready

SAFE = {"how": "٠١٢", "text_message": "yes", "who_else": "my mother", "call_language": "Dari"}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept a page that is sent at once, because these tests do not move the clock."""
    monkeypatch.setattr(throttle, "MIN_AGE", 0)


def rows(text: str) -> dict[str, str]:
    """Return the labels and answers of a page."""
    parts = [part.partition("</dt>") for part in text.split("<dt")[1:]]
    return {label.partition(">")[2]: value.partition("<dd")[2].partition(">")[2].partition("<")[0] for label, _, value in parts}


async def test_safe_contact_is_on_the_check_page_and_the_return_page(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        fields = ready(**SAFE)
        checked = await post(client, "", fields)
        readable(await post(client, "send/", fields), 200, "This is your receipt.")
        returned = await post(client, "return/", {"code": fields["code"]})
    for page in (checked, returned):
        shown = rows(page.text)
        assert shown["Is a text message safe?"] == "Yes"
        assert shown["Who else might answer?"] == "my mother"
        assert shown["The language for a call"] == "Dari"
        assert shown["How to reach you"] == "012"


async def test_a_question_without_an_answer_means_no(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        start = await post(client, "", {"step": "begin", "form": "need"})
        readable(start, 200, "If you leave one of these questions open, we take the answer as no.")
        shown = rows((await post(client, "", ready(how="012"))).text)
        assert shown["May we leave a voicemail?"] == "Not answered, which means no"
        assert shown["Is a text message safe?"] == "Not answered, which means no"
        assert "May we leave a voicemail?" not in rows((await post(client, "", ready())).text)


async def test_an_offer_is_asked_for_contact_in_its_own_words(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        offer = await post(client, "", {"step": "begin", "form": "offer"})
        need = await post(client, "", {"step": "begin", "form": "need"})
    assert "How should we contact you about your offer?" in offer.text
    assert "How can we contact you safely?" not in offer.text
    assert "How can we contact you safely?" in need.text
