"""Passkeys work with Chromium's virtual authenticator, at an address that has a name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import PASSPHRASE, Site, installation, visit
from tests.support.browser_passkeys import add, authenticator, with_passkey
from tests.support.submitted import submit_request


@pytest.fixture
def named(environment: dict[str, str], tmp_path: Path) -> Iterator[Site]:
    with installation(environment, tmp_path) as running:
        running.address = running.address.replace("127.0.0.1", "localhost")
        yield running


def with_passphrase(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/en/desk/")
    page.get_by_label("Handle").fill("Sam")
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in").click()


def test_a_passkey_opens_the_same_cases_as_the_passphrase_until_it_is_removed(browser: Browser, named: Site) -> None:
    with visit(browser) as page:
        submit_request(named, "milk")
        authenticator(page)
        with_passphrase(page, named)
        add(page)
        page.get_by_role("button", name="Sign out").click()
        with_passkey(page, named)
        expect(page.get_by_role("listitem").get_by_text("milk")).to_be_visible()
        page.get_by_role("button", name="My keys").click()
        page.locator("#passkey-proof").fill(PASSPHRASE)
        page.get_by_text("Passkey 1").get_by_role("button", name="Remove").click()
        expect(page.get_by_text("The passkey is removed.")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        with_passkey(page, named)
        expect(page.get_by_role("alert")).to_be_visible()
        with_passphrase(page, named)
        expect(page.get_by_role("listitem").get_by_text("milk")).to_be_visible()


def test_a_passkey_as_second_factor_is_required_with_the_passphrase(browser: Browser, named: Site) -> None:
    with visit(browser) as page, visit(browser) as thief:
        authenticator(page)
        with_passphrase(page, named)
        add(page)
        page.locator("#passkey-proof").fill(PASSPHRASE)
        page.get_by_label("Ask for a passkey beside the passphrase").click()  # the box is ticked once the change is stored
        expect(page.get_by_text("It is kept.").first).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        with_passphrase(page, named)
        expect(page.get_by_role("heading", name="Your cases")).to_be_visible()
        authenticator(thief)  # another key than Sam's
        with_passphrase(thief, named)
        expect(thief.get_by_role("alert")).to_be_visible()
        expect(thief.get_by_role("heading", name="Your cases")).to_have_count(0)


def test_the_secrets_that_open_the_keyring_are_never_sent(browser: Browser, named: Site) -> None:
    with visit(browser) as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.post_data or ""))
        authenticator(page)
        with_passphrase(page, named)
        add(page)
        page.get_by_role("button", name="Sign out").click()
        with_passkey(page, named)
        expect(page.get_by_role("heading", name="Your cases")).to_be_visible()
        shown = [body for body in sent if '"authenticatorData"' in body]
        assert shown
        assert not any('"prf"' in body or '"results"' in body for body in sent)
