"""The desk notices a host that drops or replaces a case."""

from playwright.sync_api import Browser, Route, expect

from tests.support.browser import PASSPHRASE, Site, operate, visit
from tests.support.submitted import submit_request


def hold_back(route: Route) -> None:
    """Answer without the first case, and with another request in place of the second."""
    answer = route.fetch()
    first, second, *rest = answer.json()["held"]
    route.fulfill(response=answer, json={"held": [{**second, "request": "A" * len(first["request"])}, *rest]})


def test_a_host_that_drops_one_case_and_replaces_another_is_noticed_at_the_desk(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        for words in ("milk", "bread", "rent"):
            submit_request(site, words)
        operate(site, "keys", "rotate")  # Sam signs the day's snapshot again, now with these cases
        page.route("**/api/desk/held", hold_back)
        page.goto(f"{site.address}/en/desk/")
        page.get_by_label("Handle").fill("Sam")
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("gone before their day: 1.")).to_be_visible()
        expect(page.get_by_text("Cases whose request is not the one that you held at your last sign-in: 1.")).to_be_visible()
