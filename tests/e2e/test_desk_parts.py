"""The desk loads the code of the group's page and of the member's keys when one of them is opened."""

from playwright.sync_api import Browser, expect

from tests.support.browser import Site, sign_in, to_group, visit
from tests.support.submitted import submit_request

LAZY_VIEWS = "**/s/desk_lazy_views.*.js"


def test_a_coordinator_who_works_on_cases_does_not_load_the_code_of_the_groups_page(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/s/desk_lazy_views." in request.url else None)
        sign_in(page, site)
        page.locator("#cases button").click()
        expect(page.get_by_label("Reply")).to_be_visible()
        assert asked == []
        to_group(page)
        assert len(asked) == 1


def test_a_group_page_whose_code_does_not_load_says_so_and_opens_at_the_next_press(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        sign_in(page, site)
        page.route(LAZY_VIEWS, lambda route: route.abort())
        page.get_by_role("button", name="Group").click()
        expect(page.get_by_role("alert")).to_contain_text("This part of the desk could not be loaded. Nothing was changed.")
        expect(page.get_by_role("heading", name="Your cases")).to_be_visible()
        page.unroute(LAZY_VIEWS)
        to_group(page)
