"""A page reads the fingerprint in a link or a poster as it arrives, or says that it is incomplete and stops."""

import json
import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Site, begin, installation, operate, places, reach, shown, to_check, visit

PHONE = "+1 555 0100"
NAME = "Riverside Mutual Aid"


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("links")
    environment = {**os.environ, **places(folder), "INTAKE_PHONE": PHONE, "INTAKE_GROUP_NAME": NAME}
    with installation(environment, folder) as running:
        yield running


def test_an_incomplete_link_is_refused_with_the_groups_name_and_a_remedy(browser: Browser, group: Site) -> None:
    digits = group.fingerprint
    for fragment in (digits[:-1], f"{digits}0", f"{digits[:20]}&fbclid=IwAR0", "1"):
        with visit(browser) as page:
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))  # noqa: B023
            page.goto(f"{group.address}/en/#{fragment}")
            problem = page.locator("#problem")
            for words in (NAME, "not complete", "Ask the group for the link again", "poster", PHONE):
                expect(problem).to_contain_text(words)
            expect(page.locator("#forms")).to_be_hidden()
            assert not [url for url in asked if "/api/" in url], "the server must not choose the keys"
            # The other pages refuse as well. Links to them keep the fragment of this address.
            page.get_by_role("link", name="receipt").first.click()
            page.wait_for_url(f"**/return/#{fragment}")
            expect(page.locator("#code-error")).to_contain_text("not complete")
            page.locator("#code").fill("0000 0000 0000 0000 0000 0000")
            page.get_by_role("button", name="Open").click()
            expect(page.locator("#code-error")).to_contain_text("not complete")
            page.goto(f"{group.address}/en/poster/#{fragment}")
            expect(page.get_by_role("alert")).to_contain_text("not complete")


def test_a_fingerprint_is_read_as_messengers_pass_it_on(browser: Browser, group: Site) -> None:
    digits, wrong = group.fingerprint, "0" * 40
    arabic = digits.translate({ord("0") + n: chr(0x0660 + n) for n in range(10)})
    for fragment, whole in ((arabic, digits), (f"{digits}.", digits), (f"{digits}&fbclid=IwAR0", digits), (f"{wrong}.", wrong)):
        with visit(browser) as page:
            page.goto(f"{group.address}/en/#{fragment}")
            page.locator("html.ready").wait_for()
            begin(page)
            reach(page, "words").fill(f"milk {fragment[:4]}")
            to_check(page)
            page.get_by_role("button", name="Lock and send").click()
            if whole == wrong:
                expect(page.locator("#send-problem")).to_contain_text("do not match this link")
            else:
                page.get_by_role("button", name="I have written it down").wait_for()
    assert len(json.loads(operate(group, "case", "list", "--json"))) == 3


def test_an_address_with_an_encoded_hash_sign_opens_the_intended_page(browser: Browser, group: Site) -> None:
    digits = group.fingerprint
    for address, meant in (
        (f"/en/%23{digits}", f"/en/#{digits}"),
        (f"/ar/return/%2523{digits}", f"/ar/return/#{digits}"),
        (f"/en%23{digits}?fbclid=1", f"/en/#{digits}?fbclid=1"),
        (f"/%23{digits}", f"/en/#{digits}"),
        (f"/en/%23{digits[:-1]}", f"/en/#{digits[:-1]}"),
    ):
        with visit(browser) as page:
            answer = page.goto(f"{group.address}{address}", wait_until="commit")
            assert answer is not None
            assert (answer.status, answer.request.redirected_from) == (404, None), "the server chooses no fingerprint"
            page.wait_for_url(f"{group.address}{meant}")


def test_a_posters_link_that_is_opened_on_an_open_page_is_checked_there(browser: Browser, group: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{group.address}/en/")
        begin(page)
        reach(page, "words").fill("milk")
        page.evaluate(f"location.hash = '{'0' * 40}'")
        expect(page.locator("#problem")).to_contain_text("do not match this link")
        to_check(page)
        page.get_by_role("button", name="Lock and send").click()
        expect(page.locator("#send-problem")).to_contain_text("do not match this link")
        page.evaluate(f"location.hash = '{group.fingerprint}'")
        page.get_by_role("button", name="Lock and send").click()
        page.get_by_role("button", name="I have written it down").wait_for()


def test_no_link_of_the_site_drops_the_fingerprint(browser: Browser, group: Site) -> None:
    with visit(browser) as page:
        for address in ("", "return/", "about/", "deletions/", "poster/"):
            page.goto("about:blank")
            page.goto(f"{group.address}/en/{address}#{group.fingerprint}")
            page.locator("html.ready, #open-actions button, main h1").first.wait_for()
            page.wait_for_timeout(200)
            links = page.eval_on_selector_all("a[href^='/']:not([data-exit])", "links => links.map((link) => link.hash)")
            assert len(links) > 20, address
            assert set(links) == {f"#{group.fingerprint}"}, address


def test_a_history_entry_does_not_name_the_question(browser: Browser, group: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{group.address}/en/")
        begin(page)
        shown(page).get_by_label("Groceries", exact=True).check()
        for _ in range(3):
            assert set(page.evaluate("history.state")) == {"depth"}
            page.locator(".form-actions:visible button").first.click()
        page.go_back()
        expect(page.get_by_text("Question 3 of")).to_be_visible()
