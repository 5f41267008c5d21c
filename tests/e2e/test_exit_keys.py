"""Three taps of Shift alone leave the page, and ordinary use of Shift does not. Real keys, in each browser."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.support.any_browser import NAMES, AnyBrowser, any_browser, until
from tests.support.browser import Site, installation, places
from tests.support.exit_keys import LEAVES, NOT_IN_WEBKIT, STAYS
from tests.support.exit_page import exit_page

LEFT_AFTER = 0.4  # seconds in which the page would have been left


@pytest.fixture(scope="module")
def site_with_exit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("exit")
    with exit_page() as elsewhere:
        environment = {**os.environ, **places(folder), "INTAKE_EXIT": elsewhere}
        with installation(environment, folder, enrolled=False) as site:
            yield site


def focused(browser: AnyBrowser, site: Site) -> None:
    """Load the return page with the focus in its field."""
    browser.open(f"{site.address}/en/return/")
    browser.wait("#open-actions button")
    browser.click("#code")


@pytest.mark.parametrize("name", NAMES)
def test_shift_leaves_by_three_lone_taps_only(engine: Playwright, site_with_exit: Site, tmp_path: Path, name: str) -> None:
    stayed, left = [], []
    with any_browser(name, engine, tmp_path / "profile") as browser:
        focused(browser, site_with_exit)
        for sequence, steps in STAYS.items():
            if name == "webkit" and NOT_IN_WEBKIT & set(steps):
                continue
            for step in steps:
                browser.do(step)
            time.sleep(LEFT_AFTER)
            if browser.script("document.title") == "Elsewhere" or not browser.visible("#code"):
                left.append(sequence)
            focused(browser, site_with_exit)
        for sequence, steps in LEAVES.items():
            for step in steps:
                browser.do(step)
            try:
                until(lambda: browser.script("document.title") == "Elsewhere", sequence)
            except AssertionError:
                stayed.append(sequence)
            focused(browser, site_with_exit)
    assert (left, stayed) == ([], [])
