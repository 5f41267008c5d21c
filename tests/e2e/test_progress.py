"""The requester's page says how far their request is, and the desk writes that."""

import json

from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Site, come_back, operate, sign_in, status, to_list, visit
from tests.support.submitted import submit_request


def says(page: Page, site: Site, code: str, words: str) -> None:
    """Open the return page again and check what it says."""
    come_back(page, site, code)
    expect(page.locator("#progress")).to_contain_text(words)


def says_without_script(browser: Browser, site: Site, code: str, words: str) -> None:
    with visit(browser, java_script_enabled=False) as page:
        page.goto(f"{site.address}/nojs/en/return/")
        page.get_by_label("The 24 digits").fill(code)
        page.get_by_role("button", name="Open").click()
        expect(page.locator("#progress")).to_contain_text(words)


def progress_entries(site: Site, case: str) -> list[str]:
    entries = json.loads(operate(site, "case", "show", "--json", case))["entries"]
    return [entry["text"] for entry in entries if entry["kind"] == "progress"]


def test_the_requester_sees_that_a_request_is_read_worked_on_answered_and_closed(browser: Browser, site: Site) -> None:
    with visit(browser) as person, visit(browser) as sam:
        code = submit_request(site, "milk")
        says(person, site, code, "Your request is waiting to be read.")
        says_without_script(browser, site, code, "Your request is waiting to be read.")
        sign_in(sam, site)
        says(person, site, code, "Your request is waiting to be read.")
        sam.get_by_role("listitem").get_by_text("milk").click()
        expect(sam.get_by_text("The requester reads: The group read your request on")).to_be_visible()
        says(person, site, code, "The group read your request on")
        status(sam, "In progress").click()
        expect(sam.get_by_text("The requester reads: The group started to work")).to_be_visible()
        says(person, site, code, "The group started to work on your request on")
        says_without_script(browser, site, code, "The group started to work on your request on")
        sam.get_by_label("Reply").fill("at six")
        sam.get_by_role("button", name="Send the reply").click()
        expect(sam.get_by_text("The requester reads: The group answered")).to_be_visible()
        says(person, site, code, "The group answered your request on")
        case = json.loads(operate(site, "case", "list", "--json"))[0]["case"]
        assert progress_entries(site, case) == ["read", "in-progress"]
        sam.get_by_role("button", name="Close this case").click()
        sam.get_by_role("heading", name="Your cases").wait_for()
        says(person, site, code, "The group closed your request on")
        says_without_script(browser, site, code, "The group closed your request on")
        person.get_by_label("Write to the group").fill("one more thing")
        person.get_by_role("button", name="Send as a message").click()
        expect(person.locator("#progress")).to_contain_text("Your request is waiting to be read.")
        assert progress_entries(site, case) == ["read", "in-progress", "closed", "in-progress"]


def test_a_list_of_requests_tells_nobody_that_theirs_was_read(browser: Browser, site: Site) -> None:
    with visit(browser) as person, visit(browser) as sam:
        codes = [submit_request(site, f"milk {number}") for number in range(3)]
        written: list[str] = []
        sam.on("request", lambda request: written.append(request.url) if request.url.endswith("/entries") else None)
        sign_in(sam, site)
        for number in range(3):
            expect(sam.get_by_role("listitem").get_by_text(f"milk {number}")).to_be_visible()
        assert written == []
        sam.get_by_role("listitem").get_by_text("milk 1").click()
        expect(sam.get_by_text("The requester reads:")).to_be_visible()
        assert len(written) == 2  # the first desk entry, and the requester's
        to_list(sam)
        sam.get_by_role("listitem").get_by_text("milk 1").click()
        expect(sam.get_by_text("The requester reads:")).to_be_visible()
        assert len(written) == 2
        for number, code in enumerate(codes):
            says(person, site, code, "The group read" if number == 1 else "waiting to be read")


def test_linking_two_requests_does_not_count_as_reading_the_other(browser: Browser, site: Site) -> None:
    with visit(browser) as person, visit(browser) as sam:
        submit_request(site, "milk for two", kinds=["Groceries"])
        other = submit_request(site, "a crate of milk", kinds=["Groceries"], form="offer")
        sign_in(sam, site)
        sam.get_by_role("listitem").get_by_text("milk for two").click()
        sam.get_by_role("button", name="Link the two").click()
        expect(sam.get_by_text("Goes with")).to_be_visible()
        says(person, site, other, "waiting to be read")
