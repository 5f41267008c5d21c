# ruff: noqa: E501 -- scripts within
"""A form arrives exactly as typed, once, and does not change while it is sent."""

import datetime as dt
import json
from pathlib import Path

import httpx2 as httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from crypto import entry
from crypto.encoding import as_dict, from_dict
from intake.site.form_file import FORMS
from tests.support import requester, submitted
from tests.support.browser import (
    Site,
    ask_for_help,
    begin,
    installation,
    only,
    operate,
    reach,
    sign_in,
    to_check,
    to_list,
    visit,
)
from tests.support.forked_server import started
from tests.support.world import request

HARD = (
    "👩🏽‍👧 e\u0301 \u0928\u094d\u200d\u092f می\u200cخواهم\nline two\u202eevil\u202c \u2066isolate\u2069 a\u200bb\ufeff \U0001f3f4\U000e0067\U000e0062\U000e007f "
    "<b>&amp;</b> \u061c\u200f"
)


def test_any_characters_are_read_back_exactly_without_reordering_the_desks_own_text(browser: Browser, site: Site) -> None:
    with visit(browser) as page, visit(browser) as desk:
        ask_for_help(page, site, HARD)
        assert only(site)["answers"]["words"] == [HARD.strip()]  # type: ignore[index]
        sign_in(desk, site)
        listed = desk.get_by_role("listitem").get_by_text("line two")
        expect(listed).to_contain_text("‹U+202E›evil‹U+202C›")
        listed.click()
        value = desk.locator("dd", has_text="line two")
        words = value.inner_text()
        assert "‹U+202E›evil‹U+202C› ‹U+2066›isolate‹U+2069› a‹U+200B›b‹U+FEFF›" in words
        assert "👩🏽‍👧 e\u0301 \u0928\u094d\u200d\u092f می\u200cخواهم" in words, "joiners between letters are kept"
        assert "\U0001f3f4\U000e0067\U000e0062\U000e007f" in words
        assert "<b>&amp;</b> ‹U+061C›" in words
        assert value.evaluate("element => getComputedStyle(element).unicodeBidi") in ("plaintext", "isolate")
        assert value.get_attribute("dir") == "auto"


def test_digits_of_any_script_are_sealed_as_0_to_9_and_pasted_lines_as_one(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/ar/")
        begin(page, "أحتاج إلى شيء")
        reach(page, "words").fill("اتصلوا على ٠١٢٣ أو اثنين ثلاثة")
        reach(page, "contact")
        page.locator("#need-contact-how").focus()
        page.evaluate(
            """() => { const data = new DataTransfer(); data.setData('text/plain', ' ٠٣٣\\r\\n४५६ ۷۸۹ ');
            document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})) }"""
        )
        expect(page.locator("#need-contact-how")).to_have_value("٠٣٣ ४५६ ۷۸۹")
        to_check(page)
        page.locator("#send button").first.click()
        page.locator("#leave button").click()
    request = only(site)
    assert request["contact"]["how"] == "033 456 789"  # type: ignore[index]
    assert request["answers"]["words"] == ["اتصلوا على ٠١٢٣ أو اثنين ثلاثة"], "text in one's own words is not changed"  # type: ignore[index]
    assert request["language"] == "ar"


def test_a_dropped_connection_is_tried_again_by_itself_as_the_same_request(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/")
        begin(page)
        reach(page, "words").fill("milk")
        to_check(page)
        sent: list[str] = []

        def lose(route: Route) -> None:
            header, _, _ = (route.request.post_data_buffer or b"").partition(b"\n")
            sent.append(str(json.loads(header)["case"]))
            if len(sent) == 1:
                assert route.fetch().status == 201  # the server has stored it; its answer is lost
            if len(sent) < 4:
                route.abort()
            else:
                route.continue_()

        page.route("**/api/form/cases", lose)
        page.get_by_role("button", name="Lock and send").click()
        expect(page.get_by_role("status").get_by_text("The connection dropped. We keep trying")).to_be_visible()
        page.get_by_role("button", name="I have written it down").wait_for()
        assert len(sent) >= 4
        assert len(set(sent)) == 1
        page.get_by_role("button", name="I have written it down").click()
    assert len(json.loads(operate(site, "case", "list", "--json"))) == 1


def test_nothing_can_be_changed_or_sent_twice_while_a_request_is_sent(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/")
        begin(page)
        reach(page, "words").fill("milk")
        to_check(page)
        held: list[Route] = []
        page.route("**/api/form/cases", lambda route: held.append(route))
        with page.expect_request("**/api/form/cases"):
            page.get_by_role("button", name="Lock and send").click()
        assert page.locator("#check button:enabled").count() == 0
        page.go_back()
        page.wait_for_timeout(200)
        expect(page.locator("#check")).to_be_visible()
        assert page.locator("#check button:enabled").count() == 0
        held[0].continue_()
        page.get_by_role("button", name="I have written it down").click()
        assert len(held) == 1
    assert only(site)["answers"]["words"] == ["milk"]  # type: ignore[index]


@pytest.mark.parametrize("name", ["constructor", "__proto__", "toString"])
def test_a_request_with_names_of_object_properties_does_not_stop_the_desk(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def odd(words: str, expires: dt.date, recipients: entry.Recipients) -> entry.Request:
        answers = [
            entry.Answer(question="kinds", text="Checked by Kim", values=[name], labels=[name]),
            entry.Answer(question=name, text="Checked by Kim", values=[name], labels=[name]),
            entry.Answer(question="words", text="x", values=[words], labels=[]),
        ]
        whole = request(words, expires, recipients)
        return from_dict(entry.Request, {**as_dict(whole), "answers": [as_dict(answer) for answer in answers], "form": form})

    async def send() -> None:
        async with httpx.AsyncClient(base_url=site.address) as client:
            sealed = await requester.seal(client, f"odd {form}", dt.datetime.now(dt.UTC).date())
            assert (await requester.submit(client, sealed.body)).status_code == 201

    monkeypatch.setattr(requester, "content_of", odd)
    for form in ("need", name):  # noqa: B007 -- read by what is called
        submitted.run(send())
    with visit(browser) as desk:
        sign_in(desk, site)
        for form in ("need", name):
            desk.get_by_role("listitem").get_by_text(f"odd {form}").click()
            desk.locator("#reply").wait_for()
            expect(desk.get_by_text("As it was asked then: “Checked by Kim”").first).to_be_visible()
            to_list(desk)


def test_a_changed_form_breaks_no_case_that_is_sealed(browser: Browser, environment: dict[str, str], tmp_path: Path) -> None:
    forms = tmp_path / "forms"
    forms.mkdir()
    text = (FORMS / "need.toml").read_text("utf-8")
    (forms / "need.toml").write_text(text, "utf-8")
    environment = {**environment, "INTAKE_FORMS": str(forms)}
    with installation(environment, tmp_path) as site, visit(browser) as page:
        ask_for_help(page, site, "milk", kinds=["Groceries", "Bail"])
    # One option is removed, one is renamed, one question is removed, and a condition changes.
    changed = (
        text.replace('  { id = "bail", text = "Bail" },\n', "")
        .replace('"Groceries"', '"Storage"')
        .replace('id = "words"', 'id = "more"')
    )
    (forms / "need.toml").write_text(changed.replace('pages = "steps"', 'pages = "one"'), "utf-8")
    with started(environment, line="serving"), visit(browser) as desk:
        sign_in(desk, site)
        desk.get_by_role("listitem").get_by_text("milk").click()
        desk.locator("#reply").wait_for()
        shown = desk.locator("dl").first.inner_text()
        assert "Storage" in shown, "in the words of today"
        assert "Bail" in shown, "as it was read"
        assert "What should we know?" in shown
        assert "milk" in shown
