"""A follow-up that one coordinator sets is due at a colleague's desk. The server sees neither its day nor its words."""

import datetime as dt

from playwright.sync_api import Browser, Locator, Page, expect

from intake.cli.clocks import local_day
from tests.support.browser import Site, listed, sign_in, to_list, visit
from tests.support.submitted import submit_request


def test_a_colleague_sees_what_is_due_and_ends_it(browser: Browser, of_three: Site) -> None:
    submit_request(of_three, "milk for two")
    first, second = [handle for handle in ("Sam", "kim", "lee") if "milk for two" in listed(of_three, handle)]
    with visit(browser) as desk, visit(browser) as colleague:
        sent: list[str] = []
        desk.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
        sign_in(desk, of_three, first)
        row(desk).click()
        desk.get_by_label("What to do").fill("Call back, door code 7")
        desk.get_by_role("button", name="Tomorrow").click()
        expect(desk.locator("#follow-up")).to_contain_text("Tomorrow · Call back, door code 7")
        desk.get_by_text("Change the follow-up").click()
        desk.locator("summary", has_text="On another day").click()
        desk.get_by_label("On another day").fill("2099-01-01")
        desk.get_by_role("button", name="Set this day").click()
        expect(desk.get_by_role("alert").filter(has_text="This case is deleted on")).to_be_visible()
        desk.get_by_role("button", name="Today").click()
        expect(desk.locator("#follow-up")).to_contain_text("Due today")
        assert not [body for body in sent if "door code" in body or local_day().isoformat() in body]

        sign_in(colleague, of_three, second)
        expect(row(colleague)).to_contain_text("Due today · Call back, door code 7")
        colleague.get_by_role("button", name="Due 1").click()
        expect(colleague.get_by_label("Sort by")).to_have_value("follow-up")
        row(colleague).click()
        colleague.get_by_role("button", name="Follow-up done", exact=True).click()
        expect(colleague.locator("#follow-up")).to_be_hidden()
        to_list(colleague)
        expect(colleague.get_by_role("button", name="Due 0")).to_be_visible()
        expect(row(colleague)).to_be_hidden()

        to_list(desk)
        expect(row(desk)).to_be_visible()
        expect(row(desk)).not_to_contain_text("Call back, door code")


def test_a_weekday_is_one_press_away_and_half_written_words_of_a_follow_up_wait_in_their_case(
    browser: Browser, site: Site
) -> None:
    submit_request(site, "milk for two")
    submit_request(site, "bread for three")
    weekday = f"{local_day() + dt.timedelta(3):%A}"
    with visit(browser) as desk:
        sign_in(desk, site)
        row(desk).click()
        with desk.expect_response(lambda answer: answer.url.endswith("/draft")):
            desk.get_by_label("What to do").fill("Ask for the door code")
        desk.get_by_role("button", name="Cases").click()
        desk.locator("ul.cases li", has_text="bread for three").click()
        expect(desk.get_by_label("What to do")).to_have_value("Call back")
        desk.reload()
        sign_in(desk, site)
        row(desk).click()
        expect(desk.get_by_label("What to do")).to_have_value("Ask for the door code")
        desk.get_by_role("button", name=weekday).click()
        expect(desk.locator("#follow-up")).to_contain_text(f"{weekday} · Ask for the door code")


def test_a_note_about_a_call_that_was_due_ends_the_follow_up_at_the_same_press(browser: Browser, site: Site) -> None:
    submit_request(site, "milk for two")
    with visit(browser) as desk:
        sign_in(desk, site)
        row(desk).click()
        desk.get_by_role("button", name="Tomorrow").click()
        expect(desk.locator("#follow-up")).to_be_visible()
        expect(desk.get_by_role("button", name="Keep it, follow-up done")).to_be_hidden()
        desk.get_by_text("Change the follow-up").click()
        desk.get_by_role("button", name="Today").click()
        desk.get_by_label("A new note").fill("They need nothing else.")
        desk.get_by_role("button", name="Keep it, follow-up done").click()
        expect(desk.get_by_text("The note is kept, and the follow-up is done.")).to_be_visible()
        expect(desk.locator("section.entry", has_text="They need nothing else.")).to_be_visible()
        expect(desk.locator("#follow-up")).to_be_hidden()


def row(page: Page) -> Locator:
    return page.locator("ul.cases li", has_text="milk for two")
