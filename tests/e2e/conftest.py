"""Start a real server process with an enrolled coordinator, and a real Chromium that can reach only this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.support.browser import ARGS, CHROMIUM, SHELL, Site, add_member, installation, places
from tests.support.forked_server import started

LONGEST = ("test_working_day.py", "test_upgrade.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest tests. At the end one would run alone for minutes while the other workers wait."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="package")
def engine() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(engine: Playwright) -> Iterator[Browser]:
    launched = engine.chromium.launch(executable_path=SHELL, args=ARGS)
    yield launched
    launched.close()


@pytest.fixture
def chromium(engine: Playwright) -> Iterator[Browser]:
    """Start the full Chromium, for behaviour in which its headless shell differs."""
    launched = engine.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    yield launched
    launched.close()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Make a stopped installation whose first coordinator has enrolled. Tests copy it."""
    folder = tmp_path_factory.mktemp("founded")
    with installation({**os.environ, **places(folder)}, folder) as running:
        pass
    return running


@pytest.fixture(scope="session")
def founded_of_three(tmp_path_factory: pytest.TempPathFactory, founded: Site) -> Site:
    """The same with three coordinators."""
    folder = tmp_path_factory.mktemp("three")
    with copied(founded, {**os.environ, **places(folder)}, folder) as running:
        add_member(running, "kim", by=["Sam"])
        add_member(running, "lee", by=["Sam", "kim"])
    return running


@contextmanager
def copied(made: Site, environment: dict[str, str], folder: Path) -> Iterator[Site]:
    """A server of its own on a copy of an installation that is stopped."""
    for name in ("INTAKE_DATA", "INTAKE_KEY_STORE"):
        shutil.copytree(made.environment[name], environment[name])
    with started(environment, line="serving") as (client, _):
        yield Site(str(client.base_url).rstrip("/"), environment, folder, made.fingerprint)


@pytest.fixture
def site(environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A server of its own on a copy of a founded installation."""
    made = request.getfixturevalue("founded_of_three" if "of_three" in request.fixturenames else "founded")
    with copied(made, environment, tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Start one installation for all tests of a module that do not change each other's data."""
    folder = tmp_path_factory.mktemp("shared")
    with installation({**os.environ, **places(folder)}, folder) as running:
        yield running


@pytest.fixture
def of_three(site: Site) -> Site:
    """The same with three coordinators."""
    return site
