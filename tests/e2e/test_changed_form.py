"""A page stays open while the group changes its form and its days. Nothing typed is lost, and the person can continue."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from intake.site.form_file import FORMS
from tests.support.browser import Site, begin, choose, installation, only, reach, shown, to_check, visit
from tests.support.forked_server import started


@pytest.fixture
def form_file(environment: dict[str, str], tmp_path: Path) -> Path:
    """Return the path of the group's form, which the test changes."""
    folder = tmp_path / "forms"
    folder.mkdir()
    environment["INTAKE_FORMS"] = str(folder)
    path = folder / "need.toml"
    path.write_text((FORMS / "need.toml").read_text("utf-8"), "utf-8")
    return path


def test_a_page_opened_before_the_form_changed_moves_its_answers_into_the_new_one(
    browser: Browser, environment: dict[str, str], form_file: Path, tmp_path: Path
) -> None:
    with installation(environment, tmp_path) as site:
        pass
    with visit(browser) as page:
        with started(environment, line="serving"):
            page.goto(f"{site.address}/en/#{site.fingerprint}")
            begin(page)
            choose(page, "A ride")
            reach(page, "words").fill("to the clinic")
            reach(page, "area").fill("by the bridge")
            reach(page, "contact")
            page.locator("#need-contact-how").fill("555 0100")
            reach(page, "days")
            shown(page).get_by_label("After 14 days").check()
            to_check(page)
        text = form_file.read_text("utf-8")
        text = re.sub(r"default_days = \d+", "default_days = 5", text)
        text = re.sub(r"maximum_days = \d+", "maximum_days = 6", text)
        text = re.sub(r"(closed|grace)_days = \d+", r"\1_days = 2", text)
        text = re.sub(r'\[\[questions\]\]\nid = "area".*?\n\n', "", text, flags=re.DOTALL)
        form_file.write_text(text, "utf-8")
        with started(environment, line="serving"):
            page.get_by_role("button", name="Lock and send").click()
            expect(page.locator("#send-problem")).to_contain_text("The group has changed its form")
            expect(page.locator("#send-problem")).to_contain_text("What you wrote is still here.")
            page.get_by_role("button", name="Open the new form with my answers").click()
            notice = page.locator("#problem")
            expect(notice).to_contain_text("This is the group's new form, with your answers.")
            expect(notice).to_contain_text("by the bridge")
            expect(notice).to_contain_text("Which part of town?")
            expect(notice).not_to_contain_text("to the clinic")
            expect(page.locator("#need-kinds-ride")).to_be_checked()
            expect(page.locator("#need-words")).to_have_value("to the clinic")
            expect(page.locator("#need-days-5")).to_be_checked()
            to_check(page)
            expect(page.locator("#answers")).to_contain_text("555 0100")
            page.get_by_role("button", name="Lock and send").click()
            page.get_by_role("button", name="I have written it down").click()
            request = only(Site(site.address, environment, tmp_path, site.fingerprint))
    assert request["answers"]["words"] == ["to the clinic"]  # type: ignore[index]
    assert request["answers"]["kinds"] == ["ride"]  # type: ignore[index]
