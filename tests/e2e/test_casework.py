"""Coordinators at the desk work in the same case, match, filter, hand over, and take requests down by phone."""

import datetime as dt
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.support.browser import (
    FORM_BUTTON,
    Site,
    add_member,
    begin,
    installation,
    listed,
    reach,
    sign_in,
    to_check,
    to_group,
    to_list,
    visit,
)
from tests.support.processes import started
from tests.support.submitted import submit_request


def test_two_coordinators_in_one_case_see_each_other_within_five_seconds_and_overwrite_nothing(
    browser: Browser, of_three: Site
) -> None:
    with visit(browser) as first, visit(browser) as second:
        submit_request(of_three, "milk")
        with_it = [handle for handle in ("Sam", "kim", "lee") if "milk" in listed(of_three, handle)]
        for page, handle in zip((first, second), with_it, strict=True):
            sign_in(page, of_three, handle)
            page.get_by_role("listitem").get_by_text("milk").click()
            page.get_by_role("heading", name="A request").wait_for()
        second.get_by_label("A new note").fill("half written")
        first.get_by_label("A new note").fill("I will call them")
        first.get_by_role("button", name="Keep the note").click()
        expect(second.get_by_text("I will call them")).to_be_visible(timeout=5_000)
        expect(second.get_by_label("A new note")).to_have_value("half written")
        second.get_by_role("button", name="Keep the note").click()
        expect(first.get_by_text("half written")).to_be_visible(timeout=5_000)
        expect(first.get_by_text("I will call them")).to_be_visible()


def test_the_browser_matches_offers_with_needs_and_links_both_cases(browser: Browser, site: Site) -> None:
    with visit(browser) as sam:
        submit_request(site, "milk for two", kinds=["Groceries"])
        submit_request(site, "a crate of milk", kinds=["Groceries"], form="offer")
        submit_request(site, "milk for two please", kinds=["Groceries"])
        sent: list[str] = []
        sam.on("request", lambda request: sent.append(request.post_data or ""))
        sign_in(sam, site)
        sam.get_by_text("More filters").click()
        sam.get_by_label("Needs and offers side by side").check()
        expect(sam.get_by_text("a crate of milk")).to_be_visible()
        to_list(sam)
        sam.get_by_role("listitem").get_by_text("milk for two", exact=True).click()
        expect(sam.get_by_text("Offers that may help")).to_be_visible()
        sam.get_by_role("button", name="Link the two").click()
        expect(sam.get_by_text("Goes with")).to_be_visible()
        to_list(sam)
        sam.get_by_role("listitem").get_by_text("a crate of milk").click()
        expect(sam.get_by_text("Goes with")).to_be_visible()
        expect(sam.locator("ul.cases li").get_by_text("milk for two", exact=True)).to_be_visible()
        assert not any("milk" in body for body in sent)


def test_requests_that_may_be_by_the_same_person_are_marked(browser: Browser, site: Site) -> None:
    with visit(browser) as sam:
        for _ in range(2):
            submit_request(site, "we need milk and bread for five people", kinds=["Groceries"])
        sign_in(sam, site)
        sam.get_by_role("listitem").get_by_text("we need milk").first.click()
        expect(sam.get_by_text("Perhaps the same person")).to_be_visible()


def test_a_filter_is_kept_in_the_keyring_and_the_server_does_not_learn_it(browser: Browser, site: Site) -> None:
    with visit(browser) as sam:
        submit_request(site, "milk", kinds=["Groceries"])
        submit_request(site, "a seat in a car", kinds=["A ride"], days=1)
        bodies: list[str] = []
        sam.on("request", lambda request: bodies.append(request.url + (request.post_data or "")))
        sign_in(sam, site)
        expect(sam.locator("ul.cases li")).to_have_count(2)
        sam.get_by_text("More filters").click()
        sam.get_by_label("Goes").select_option(label="in 3 days or sooner")
        expect(sam.locator("ul.cases li")).to_have_count(1)
        sam.get_by_label("Kind").select_option(label="A ride")
        expect(sam.locator("ul.cases li")).to_have_count(1)
        sam.get_by_label("Keep this filter as").fill("rides soon")
        sam.get_by_role("button", name="Keep", exact=True).click()
        expect(sam.get_by_role("button", name="rides soon", exact=True)).to_be_visible()
        assert not any("rides soon" in body for body in bodies)
    with visit(browser) as sam:
        sign_in(sam, site)
        sam.get_by_text("More filters").click()
        sam.get_by_role("button", name="rides soon", exact=True).click()
        expect(sam.locator("ul.cases li")).to_have_count(1)


def test_i_can_no_longer_help_hands_the_case_over_to_a_named_colleague(browser: Browser, of_three: Site) -> None:
    with visit(browser) as page:
        submit_request(of_three, "milk")
        with_it = [handle for handle in ("Sam", "kim", "lee") if "milk" in listed(of_three, handle)]
        sign_in(page, of_three, with_it[0])
        page.get_by_role("listitem").get_by_text("milk").click()
        page.get_by_role("button", name="I can no longer help").click()
        expect(page.get_by_text("These colleagues will have it")).to_contain_text(with_it[1])
        page.get_by_role("button", name="Yes, give it up").click()
        expect(page.get_by_text("No case is assigned to you.")).to_be_visible()
        after = [handle for handle in ("Sam", "kim", "lee") if "milk" in listed(of_three, handle)]
        assert with_it[0] not in after
        assert with_it[1] in after


def test_a_request_taken_by_phone_names_its_writer_and_its_receipt_is_read_out(browser: Browser, site: Site) -> None:
    with visit(browser) as sam:
        sign_in(sam, site)
        with sam.expect_popup() as opened:
            sam.get_by_role("link", name="Fill in the form for someone").click()
        form = opened.value
        form.locator("html.ready").wait_for()
        form.locator(".form > summary").first.click()
        expect(form.get_by_role("alert")).to_have_text("Choose how the request reached you.")
        form.get_by_label("By phone").check()
        mark = "Written down by sam, by phone"
        expect(form.get_by_text(f"Colleagues will read: {mark}")).to_be_visible()
        form.get_by_label("Language of the form").select_option(label="Français")
        form.locator("html[lang=fr]").wait_for()
        form.locator(".form > summary").first.click()
        form.locator(FORM_BUTTON).first.wait_for()
        reach(form, "words").fill("pain et lait")
        to_check(form)
        form.locator("#send button").first.click()
        expect(form.locator("#code span")).to_have_count(6)
        form.locator("#leave button").first.click()
        form.locator("#more button").first.click()
        form.locator("html.ready[lang=en]").wait_for()
        assert "pain et lait" not in form.content()
        expect(form.get_by_label("By phone")).not_to_be_checked()
        # The desk was open all the time. Its session goes on, and the case arrives by itself.
        row = sam.get_by_role("listitem").filter(has_text="pain et lait")
        expect(row).to_contain_text(mark)
        row.click()
        expect(sam.get_by_role("heading", name="A request")).to_be_visible()
        expect(sam.get_by_text(mark)).to_be_visible()
        sam.get_by_role("button", name="Sign out").click()
        sam.get_by_role("button", name="Sign in").wait_for()
        form.get_by_label("At the door").check()
        expect(form.get_by_text("The desk does not answer")).to_be_visible()


def test_a_case_unopened_for_two_days_is_shared_with_one_more_colleague_and_stays_marked(
    browser: Browser, environment: dict[str, str], tmp_path: Path
) -> None:
    with installation(environment, tmp_path) as site:
        add_member(site, "kim", by=["Sam"])
        add_member(site, "lee", by=["Sam", "kim"])
        submit_request(site, "milk")
        holders = [handle for handle in ("Sam", "kim", "lee") if "milk" in listed(site, handle)]
        third = next(handle for handle in ("Sam", "kim", "lee") if handle not in holders)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    command = [sys.executable, "-m", "tests.support.clock_ahead", "2"]
    with started(environment, line="serving", program=command), visit(browser) as page, visit(browser) as other:
        page.clock.set_fixed_time(later)
        other.clock.set_fixed_time(later)
        sign_in(other, site, third)
        expect(other.get_by_text("No case is assigned to you.")).to_be_visible()
        sign_in(page, site, holders[0])
        # The holder's client shares the case by itself. It arrives while the other coordinator watches.
        expect(other.locator("ul.cases li").get_by_text("milk")).to_be_visible()
        to_group(other)
        expect(other.get_by_text("Cases that nobody has opened for two days: 1.")).to_be_visible()
        to_list(other)
        other.locator("ul.cases li").get_by_text("milk").click()
        other.get_by_role("heading", name="A request").wait_for()
        to_group(other)
        expect(other.get_by_text("Cases that nobody has opened")).to_have_count(0)


def test_the_browser_assigns_a_request_to_a_member_who_speaks_its_language(
    browser: Browser, environment: dict[str, str], tmp_path: Path
) -> None:
    with (
        installation({**environment, "INTAKE_ASSIGNMENT": "language"}, tmp_path) as site,
        visit(browser) as person,
        visit(browser) as lee,
    ):
        add_member(site, "kim", by=["Sam"])
        add_member(site, "lee", by=["Sam", "kim"])
        add_member(site, "noor", by=["Sam", "kim"])
        for handle in ("lee", "noor"):
            with visit(browser) as page:
                sign_in(page, site, handle)
                page.get_by_role("button", name="My keys").click()
                page.get_by_label("العربية").click()  # the box is ticked once the change is stored
                expect(page.get_by_text("It is kept.")).to_be_visible()
        asked: list[str] = []
        person.on("request", lambda request: asked.append(f"{request.url} {request.post_data_buffer!r}"))
        for number in range(4):
            person.goto("about:blank")
            person.goto(f"{site.address}/ar/#{site.fingerprint}")
            begin(person, "أحتاج إلى شيء")
            reach(person, "words").fill(f"حليب {number}")
            to_check(person)
            person.locator("#send button").first.click()
            person.locator("#leave button").click()
        assert len(listed(site, "lee")) == len(listed(site, "noor")) == 4
        assert listed(site, "Sam") == listed(site, "kim") == []
        # The server learns whom the browser chose, because the grants name them, but not why.
        assert sum("/api/form/seats" in request for request in asked) == 4
        assert not any("lang" in request.partition(" ")[2] for request in asked)
        sign_in(lee, site, "lee")
        expect(lee.locator("ul.cases li")).to_have_count(4)
