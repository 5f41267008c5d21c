"""An earlier version made a browser's passkey and case. Both work before and after the upgrade."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import PASSPHRASE, Site, ask_for_help, come_back, places, sign_in, visit
from tests.support.browser_passkeys import add, authenticator, with_passkey
from tests.support.processes import INTAKE, enrol_at, started
from tests.upgrade import old_code


@pytest.fixture(scope="module")
def earlier_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("earlier")
    old_code.extract(folder)
    return folder


@contextmanager
def earlier(code: Path, environment: dict[str, str]) -> Iterator[tuple[Site, str]]:
    """Run the earlier version's server at an address that has a name; yield it with the link that founds its group."""
    with started(old_code.environment_for(code, environment)) as (client, link):
        address = str(client.base_url).rstrip("/").replace("127.0.0.1", "localhost")
        yield Site(address, environment, Path(), ""), link.replace("127.0.0.1", "localhost")


def test_after_an_upgrade_passkey_passphrase_and_receipt_open_what_they_opened_before(
    browser: Browser, earlier_code: Path, tmp_path: Path
) -> None:
    environment = {**os.environ, **places(tmp_path)}
    with visit(browser) as page, visit(browser) as person:
        authenticator(page)
        with earlier(earlier_code, environment) as (site, link):
            enrolled = enrol_at(old_code.environment_for(earlier_code, environment), link, PASSPHRASE)
            assert enrolled.returncode == 0, enrolled.stderr
            opened, unopened = (ask_for_help(person, site, words) for words in ("milk", "nappies"))
            sign_in(page, site)
            page.get_by_text("milk").click()
            page.get_by_label("Reply").fill("Tomorrow at six.")
            page.get_by_role("button", name="Send the reply").click()
            expect(page.locator("main").get_by_text("Tomorrow at six.")).to_be_visible()
            add(page)
            page.get_by_role("button", name="Sign out").click()
        with started(environment, program=(str(INTAKE), "run"), line="serving"):
            with_passkey(page, site)
            page.get_by_role("listitem").get_by_text("nappies").click()
            expect(page.get_by_role("heading", name="A request")).to_be_visible()
            expect(page.locator("main").get_by_text("nappies").first).to_be_visible()
            page.get_by_role("button", name="Sign out").click()
            sign_in(page, site)
            page.get_by_role("listitem").get_by_text("milk").click()
            expect(page.locator("main").get_by_text("Tomorrow at six.")).to_be_visible()
            come_back(person, site, opened)
            expect(person.get_by_text("Tomorrow at six.")).to_be_visible()
            come_back(person, site, unopened)
            expect(person.get_by_text("nappies").first).to_be_visible()
