"""Marks in the list and counts in tabs and title ask for a coordinator's attention. The server does not learn them."""

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import Site, come_back, sign_in, to_list, visit
from tests.support.submitted import submit_request


def test_a_requesters_new_message_is_marked_and_counted_until_its_reply(browser: Browser, site: Site) -> None:
    with visit(browser) as person, visit(browser) as desk:
        code = submit_request(site, "milk for two")
        submit_request(site, "a ride on Monday")
        sign_in(desk, site)
        expect(desk).to_have_title("(2) Desk · Mutual aid group")
        answer(desk, "milk for two", "Tomorrow at six")
        to_list(desk)
        expect(row(desk, "milk for two").get_by_text("Needs a reply")).to_be_hidden()
        expect(desk).to_have_title("(1) Desk · Mutual aid group")
        write_back(person, site, code, "not at six please")
        expect(row(desk, "milk for two").get_by_text("Unread")).to_be_visible()
        expect(row(desk, "milk for two").get_by_text("Needs a reply")).to_be_visible()
        expect(desk).to_have_title("(2) Desk · Mutual aid group")
        expect(desk.get_by_role("button", name="Cases 2")).to_be_visible()

        desk.get_by_role("button", name="Unread 2").click()
        expect(desk.locator("ul.cases li")).to_have_count(2)
        row(desk, "a ride on Monday").click()
        expect(desk.get_by_label("Reply")).to_be_visible()
        to_list(desk)
        expect(desk.locator("ul.cases li")).to_have_count(1)
        row(desk, "milk for two").click()
        expect(desk.get_by_text("not at six please")).to_be_visible()
        to_list(desk)
        desk.get_by_role("button", name="Needs a reply 2").click()
        expect(desk.locator("ul.cases li")).to_have_count(2)
        answer(desk, "milk for two", "At seven then")
        to_list(desk)
        expect(desk.locator("ul.cases li")).to_have_count(1)


def test_read_marks_are_kept_in_the_keyring_and_sent_with_no_case(browser: Browser, site: Site) -> None:
    with visit(browser) as desk:
        submit_request(site, "milk for two")
        sign_in(desk, site)
        expect(row(desk, "milk for two").get_by_text("Unread")).to_be_visible()
        row(desk, "milk for two").click()
        expect(desk.get_by_label("Reply")).to_be_visible()
        sent: list[tuple[str, str, str]] = []
        desk.on("request", lambda request: sent.append((request.method, request.url, request.post_data or "")))
        desk.get_by_role("button", name="Sign out").click()
        expect(desk.get_by_text("You are signed out.")).to_be_visible()
        desk.wait_for_timeout(500)
        kept = [body for method, url, body in sent if method == "PUT" and url.endswith("/api/desk/keyring")]
        assert len(kept) == 1
        assert '"read"' not in kept[0]
    with visit(browser) as desk:
        sign_in(desk, site)
        expect(row(desk, "milk for two")).to_be_visible()
        expect(row(desk, "milk for two").get_by_text("Unread")).to_be_hidden()
        expect(row(desk, "milk for two").get_by_text("Needs a reply")).to_be_visible()


def row(page: Page, words: str) -> Locator:
    return page.locator("ul.cases li", has_text=words)


def answer(page: Page, words: str, reply: str) -> None:
    row(page, words).click()
    page.get_by_label("Reply").fill(reply)
    page.get_by_role("button", name="Send the reply").click()
    expect(page.locator(".entry", has_text=reply)).to_be_visible()


def write_back(page: Page, site: Site, code: str, words: str) -> None:
    come_back(page, site, code)
    page.get_by_label("Write to the group").fill(words)
    page.get_by_role("button", name="Send as a message").click()
    expect(page.get_by_text("Your message is sent.")).to_be_visible()
