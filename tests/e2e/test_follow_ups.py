"""A follow-up that one coordinator sets is due at a colleague's desk. The server sees neither its day nor its words."""

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
        desk.get_by_text("Set a follow-up").click()
        desk.get_by_label("What to do").fill("Call back, door code 7")
        desk.get_by_role("button", name="Tomorrow").click()
        expect(desk.locator("#follow-up")).to_contain_text("Tomorrow · Call back, door code 7")
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
        colleague.get_by_role("button", name="Follow-up done").click()
        expect(colleague.locator("#follow-up")).to_be_hidden()
        to_list(colleague)
        expect(colleague.get_by_role("button", name="Due 0")).to_be_visible()
        expect(row(colleague)).to_be_hidden()

        to_list(desk)
        expect(row(desk)).to_be_visible()
        expect(row(desk)).not_to_contain_text("Call back, door code")


def row(page: Page) -> Locator:
    return page.locator("ul.cases li", has_text="milk for two")
