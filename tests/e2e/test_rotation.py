"""Coordinators rotate keys and change passphrases in a real browser. The old keys open nothing afterwards."""

import datetime as dt
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.support.any_browser import until
from tests.support.browser import (
    PASSPHRASE,
    Site,
    add_member,
    installation,
    operate,
    renew,
    sign_in,
    to_list,
    visit,
)
from tests.support.processes import started
from tests.support.submitted import submit_request

NEXT = "seven lanterns over quiet water"


def keys_in(site: Site, purpose: str) -> set[str]:
    """Return the file names of the deletion keys of a purpose."""
    return {path.name for path in (site.folder / "key-store").glob(f"{purpose}.*.key")}


@pytest.fixture
def with_cases(site: Site) -> Site:
    for words in ("milk", "a ride"):
        submit_request(site, words)
    return site


def test_after_a_rotation_the_old_epoch_key_is_deleted_and_every_case_opens(with_cases: Site, browser: Browser) -> None:
    before = keys_in(with_cases, "epoch")
    with visit(browser) as page:
        sign_in(page, with_cases)
        renew(page)
        to_list(page)
        page.get_by_text("milk").click()
        expect(page.get_by_role("heading", name="A request")).to_be_visible()
    after = keys_in(with_cases, "epoch")
    assert len(before) == len(after) == 1
    assert not before & after
    assert "milk" in operate(with_cases, "case", "list")


def test_another_tab_continues_a_rotation_after_a_tab_is_closed_half_way(with_cases: Site, browser: Browser) -> None:
    with visit(browser) as page:
        sign_in(page, with_cases)
        page.route("**/api/desk/rotation/commit", lambda route: None)  # the tab is closed before it commits
        page.get_by_role("button", name="My keys").click()
        with page.expect_request("**/api/desk/rotation/commit"):
            page.get_by_role("button", name="Renew now").click()
    submit_request(with_cases, "came meanwhile")
    assert "milk" in operate(with_cases, "case", "list")
    old = keys_in(with_cases, "epoch")
    assert len(old) == 2
    assert "renewed" in operate(with_cases, "keys", "rotate")
    assert len(keys_in(with_cases, "epoch")) == 1
    listed = operate(with_cases, "case", "list")
    assert "milk" in listed
    assert "came meanwhile" in listed


def test_a_backup_from_before_a_rotation_opens_nothing_with_the_old_passphrase(with_cases: Site, browser: Browser) -> None:
    backup = with_cases.folder / "backup.db"
    source = sqlite3.connect(f"file:{with_cases.folder / 'var' / 'store.db'}?mode=ro", uri=True)
    with source, sqlite3.connect(backup) as target:
        source.backup(target)
    keyrings = keys_in(with_cases, "keyring")
    with visit(browser) as page:
        sign_in(page, with_cases)
        renew(page)
        page.get_by_label("Your passphrase now").fill(PASSPHRASE)
        page.get_by_label("The new passphrase", exact=True).fill(NEXT)
        page.get_by_label("The new passphrase once more").fill(NEXT)
        page.get_by_role("button", name="Change the passphrase").click()
        expect(page.get_by_text("The passphrase is changed.")).to_be_visible()
        to_list(page)
        expect(page.get_by_role("listitem").filter(has_text="milk")).to_be_visible()
    # The rotation destroyed the deletion keys that the backup's keyring and grants need.
    with sqlite3.connect(backup) as old:
        ((member, epoch, generation),) = old.execute("SELECT member, id, generation FROM epochs").fetchall()
        ((ring,),) = old.execute("SELECT generation FROM keyrings").fetchall()
    assert f"epoch.{member}.{epoch}.{generation}.key" not in keys_in(with_cases, "epoch")
    assert f"keyring.{member}.{ring}.key" in keyrings - keys_in(with_cases, "keyring")
    restored = with_cases.folder / "restored"
    restored.mkdir()
    shutil.copy(backup, restored / "store.db")
    assert Path(restored / "store.db").exists()


def test_a_changed_passphrase_ends_other_sessions_and_loses_nothing(with_cases: Site, browser: Browser) -> None:
    with visit(browser) as page, visit(browser) as other:
        sign_in(other, with_cases)
        sign_in(page, with_cases)
        page.get_by_role("button", name="My keys").click()
        page.get_by_label("Your passphrase now").fill("not the passphrase at all")
        page.get_by_label("The new passphrase", exact=True).fill(NEXT)
        page.get_by_label("The new passphrase once more").fill(NEXT)
        page.get_by_role("button", name="Change the passphrase").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Your passphrase now").fill(PASSPHRASE)
        page.get_by_role("button", name="Change the passphrase").click()
        expect(page.get_by_text("The passphrase is changed.")).to_be_visible()
        expect(other.get_by_text("Your session has ended.")).to_be_visible()
    with visit(browser) as page:
        page.goto(f"{with_cases.address}/en/desk/")
        page.get_by_label("Handle").fill("Sam")
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("do not fit")).to_be_visible()
        page.get_by_label("Passphrase").fill(NEXT)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("listitem").filter(has_text="milk")).to_be_visible()


@pytest.fixture
def a_month_later(environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[Site, dt.datetime]]:
    """Return a group of two whose keys are all due, with one case, and its server's time."""
    with installation(environment, tmp_path) as site:
        add_member(site, "kim", by=["Sam"])
        submit_request(site, "milk")
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=30)
    with started(environment, line="serving", program=[sys.executable, "-m", "tests.support.clock_ahead", "30"]):
        yield site, later


def test_due_keys_are_renewed_automatically_and_overdue_members_are_shown_to_all(
    browser: Browser, a_month_later: tuple[Site, dt.datetime]
) -> None:
    site, later = a_month_later
    before = keys_in(site, "epoch")
    with visit(browser) as page:
        page.clock.set_fixed_time(later)
        sign_in(page, site)
        until(lambda: page.evaluate("true") and keys_in(site, "epoch") != before, "the rotation")
        page.locator(".menu button").nth(1).click()
        expect(page.get_by_text("Keys that should have been renewed: kim.")).to_be_visible()
        page.get_by_role("button", name="My keys").click()
        expect(page.get_by_text("It happens by itself on")).to_be_visible()
    assert len(before - keys_in(site, "epoch")) == 1  # Sam's old key is deleted; kim's is kept until kim signs in


def test_a_rotation_that_ends_while_the_group_is_shown_is_shown_there(
    browser: Browser, a_month_later: tuple[Site, dt.datetime]
) -> None:
    site, later = a_month_later
    with visit(browser) as page:
        page.clock.set_fixed_time(later)
        held: list[Route] = []
        page.route("**/api/desk/rotation/commit", lambda route: held.append(route))
        with page.expect_request("**/api/desk/rotation/commit"):
            sign_in(page, site)
        page.locator(".menu button").nth(1).click()
        overdue = page.get_by_text("Keys that should have been renewed:")
        expect(overdue).to_contain_text("sam")
        held[0].continue_()
        expect(overdue).to_have_text("Keys that should have been renewed: kim.")
