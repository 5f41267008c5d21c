"""A requester in a real browser asks, keeps the receipt, returns, writes, corrects and deletes."""

import json
import re

from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browser import (
    Site,
    answer_dialogs,
    ask_for_help,
    begin,
    come_back,
    installation,
    operate,
    reach,
    to_check,
    visit,
)


def test_a_request_in_arabic_is_opened_answered_read_corrected_and_withdrawn(browser: Browser, site: Site) -> None:
    words = "مرحبا، نحتاج إلى حليب للأطفال"
    with visit(browser, viewport={"width": 360, "height": 740}) as page:
        code = ask_for_help(page, site, words, kinds=["Groceries", "A ride"])
        cases = json.loads(operate(site, "case", "list", "--json"))
        assert [case["line"] for case in cases] == [words]
        case = cases[0]["case"]
        shown = json.loads(operate(site, "case", "show", "--json", case))
        assert shown["answers"] == {
            "kinds": ["groceries", "ride"], "words": [words], "often": [], "needed-by": [], "area": [], "for-whom": [],
        }  # fmt: skip
        assert shown["warnings"] == []
        operate(site, "case", "reply", case, "غدا في السادسة")
        operate(site, "case", "note", case, "a note about them")

        come_back(page, site, code)
        expect(page.get_by_text(words)).to_be_visible()
        expect(page.get_by_text("غدا في السادسة")).to_be_visible()
        assert "a note about them" not in page.content()
        page.get_by_label("Write to the group").fill("شكرا")
        page.get_by_role("button", name="Send as a message").click()
        expect(page.get_by_text("Your message is sent.")).to_be_visible()
        page.get_by_label("Write to the group").fill("السابعة")
        page.get_by_role("button", name="Send as a correction").click()
        expect(page.get_by_text("You corrected")).to_be_visible()
        said = json.loads(operate(site, "case", "show", "--json", case))["entries"]
        assert [entry["text"] for entry in said if entry["kind"] in ("message", "correction")] == [
            "غدا في السادسة",
            "شكرا",
            "السابعة",
        ]

        page.get_by_role("button", name="Delete this request").click()
        page.get_by_role("button", name="Yes, delete my request now").click()
        expect(page.get_by_role("heading", name="Your request is deleted.")).to_be_visible()
        assert json.loads(operate(site, "case", "list", "--json")) == []
        page.goto(f"{site.address}/en/return/")
        page.get_by_label("The 24 digits").fill(code)
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_text("We found no request for this receipt.")).to_be_visible()


def test_a_mistyped_receipt_is_refused_by_its_check_digit_without_asking_the_server(
    browser: Browser, shared_site: Site
) -> None:
    with visit(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{shared_site.address}/en/return/")
        page.get_by_role("button", name="Open").wait_for()
        asked.clear()
        page.get_by_label("The 24 digits").fill("1234 5678 9012 3456 7890 1234")
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_text("one is wrong or missing")).to_be_visible()
        # Typing loads a script that is the same for everybody.
        assert not [url for url in asked if not url.startswith(f"{shared_site.address}/s/argon2id.")]


def test_a_request_that_is_not_to_be_shown_again_is_not_sent_to_the_receipts_holder(
    browser: Browser, shared_site: Site
) -> None:
    with visit(browser) as page:
        code = ask_for_help(page, shared_site, "do not read this at home", hidden=True)
        come_back(page, shared_site, code)
        expect(page.get_by_text("What you wrote is not shown here")).to_be_visible()
        assert "do not read this" not in page.content()


def test_a_page_with_a_receipt_asks_before_the_browser_leaves_it(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        asked = answer_dialogs(page, leave=False)
        code = ask_for_help(page, shared_site, "milk", keep=False)
        assert re.fullmatch(r"(\d{4} ){5}\d{4}", code)
        with page.expect_event("dialog"):
            page.evaluate("location.reload()")
        assert asked == ["beforeunload"]
        page.get_by_role("button", name="I have written it down").click()
        expect(page.get_by_text("You can close this page.")).to_be_visible()
        assert code not in page.content()


def test_the_form_says_that_it_is_not_open_before_anyone_has_enrolled(
    browser: Browser, environment: dict[str, str], tmp_path: object
) -> None:
    with installation(environment, environment["INTAKE_DATA"], enrolled=False) as site, visit(browser) as page:
        page.goto(f"{site.address}/en/")
        expect(page.get_by_role("heading", name="Not open yet")).to_be_visible()


def test_keys_of_another_group_behind_a_posters_link_are_refused(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/#{'0' * 40}")
        expect(page.get_by_text("do not match this link")).to_be_visible()
        _fill(page, "milk")
        page.get_by_role("button", name="Lock and send").click()
        expect(page.locator("#send-problem")).to_contain_text("do not match this link")
    assert json.loads(operate(site, "case", "list", "--json")) == []


def test_a_changed_key_makes_the_browser_take_a_new_offer_and_seal_again(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        offers: list[str] = []
        page.on("request", lambda request: offers.append(request.post_data or "") if request.url.endswith("/offer") else None)
        page.goto(f"{site.address}/en/")
        _fill(page, "milk")
        problem = '{"type": "urn:sealed-intake:stale", "title": "Conflict", "status": 409}'

        def stale(route: Route) -> None:
            if len(offers) < 2:
                route.fulfill(status=409, content_type="application/problem+json", body=problem)
            else:
                route.continue_()

        page.route("**/api/form/cases", stale)
        page.get_by_role("button", name="Lock and send").click()
        page.get_by_role("button", name="I have written it down").click()
        assert len(set(offers)) == 2
    assert len(json.loads(operate(site, "case", "list", "--json"))) == 1


def _fill(page: Page, words: str) -> None:
    begin(page)
    reach(page, "words").fill(words)
    to_check(page)
