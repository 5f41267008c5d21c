"""Passkeys in a browser, with an authenticator in software."""

from playwright.sync_api import CDPSession, Page, expect

from tests.support.browser import PASSPHRASE, Site


def authenticator(page: Page) -> tuple[CDPSession, str]:
    """Attach an authenticator that has PRF and verifies its owner to this page; return its session and id."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "ctap2Version": "ctap2_1",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "hasPrf": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def add(page: Page) -> None:
    page.get_by_role("button", name="My keys").click()
    page.get_by_role("heading", name="Passkeys").wait_for()
    page.locator("#passkey-proof").fill(PASSPHRASE)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("The passkey is added.")).to_be_visible()


def with_passkey(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/en/desk/")
    page.get_by_role("button", name="Use my passkey").click()
    page.get_by_label("Handle").fill("Sam")
    page.get_by_role("button", name="Sign in").click()
