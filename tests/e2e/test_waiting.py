"""What waits for somebody in the group: a newcomer's digits."""

from playwright.sync_api import Browser, expect

from tests.support.browser import PASSPHRASE, Site, groups_of, make_keys, operate, visit


def test_a_newcomer_who_left_the_page_sees_their_digits_again_until_they_are_approved(browser: Browser, of_three: Site) -> None:
    with visit(browser) as page:
        digits, _ = make_keys(page, operate(of_three, "group", "invite").strip(), "noor")
    with visit(browser) as page:  # nothing of the first window is left
        page.goto(f"{of_three.address}/en/desk/")
        page.get_by_label("Handle").fill("noor")
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Waiting for approval").wait_for()
        assert groups_of(page.locator("#digits")) == digits
        expect(page.locator("svg.qr")).to_be_visible()
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        for handle in ("Sam", "kim"):
            operate(of_three, "group", "approve", digits, handle=handle)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Your cases").wait_for()
